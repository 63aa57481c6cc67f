/** Asks before what cannot be undone. Part of the composition root. */
import { createInterface } from "node:readline/promises";
import { UserError } from "../errors.ts";

/**
 * Whether whoever runs the command writes the word. Who is not there to be asked has to say `--yes` beforehand.
 *
 * @param words what it is asked for, such as `delete it`, and what is so without it, such as `Nothing was deleted`
 * @throws UserError invalid-request where nobody can be asked
 */
export async function isAgreed(
  word: string,
  { to, otherwise }: { to: string; otherwise: string },
): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UserError("invalid-request", `${otherwise}: say --yes to ${to}.`);
  }
  const reading = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await reading.question(`Write ${word} to ${to}: `);
    if (answer.trim() === word) return true;
    process.stdout.write(`${otherwise}.\n`);
    return false;
  } finally {
    reading.close();
  }
}
