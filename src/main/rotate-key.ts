/** `redline rotate-key`: what is sealed in the database gets the key of now. Part of the composition root. */
import { Encryption } from "../encryption.ts";
import { UserError } from "../errors.ts";
import type { SealedCount } from "../key-rotation.ts";
import { countSealed, rotateKey } from "../key-rotation.ts";
import { assertSchema, withDatabase } from "./with-database.ts";

const MOST_NAMED = 10;

/** Ends with 1 while something cannot be read, or is left with an older key. @throws UserError */
export function rotateKeyCommand({ check }: { check: boolean }): Promise<number> {
  return withDatabase(async (sql, _url, secrets) => {
    const keys = secrets.encryptionKeys;
    if (keys === null) {
      throw new UserError("invalid-request", "ENCRYPTION_KEY must be set: it is the key to use.");
    }
    await assertSchema(sql);
    const encryption = new Encryption(keys.current, keys.previous);
    const { moved, counts } = check
      ? { moved: null, counts: await countSealed(sql, encryption) }
      : await rotateKey(sql, encryption);
    process.stdout.write(describeRotation(counts, moved));
    return isDone(counts) ? 0 : 1;
  });
}

const isDone = (counts: readonly SealedCount[]): boolean =>
  counts.every(({ older, unreadable }) => older === 0 && unreadable.length === 0);

/** One line a table, and what to do. Pure. @param moved null: nothing was to be moved */
function describeRotation(counts: readonly SealedCount[], moved: number | null): string {
  const lines = counts.map(
    ({ name, current, older, unreadable }) =>
      `${name}: ${current} with ENCRYPTION_KEY, ${older} with an older key, ${unreadable.length} that cannot be read${named(unreadable)}`,
  );
  if (moved !== null) lines.unshift(`${moved} moved to ENCRYPTION_KEY`);
  return [...lines, "", describeRest(counts, moved), ""].join("\n");
}

function named(labels: readonly string[]): string {
  if (labels.length === 0) return "";
  const more = labels.length - MOST_NAMED;
  return `: ${labels.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function describeRest(counts: readonly SealedCount[], moved: number | null): string {
  if (counts.some(({ unreadable }) => unreadable.length > 0)) {
    return "What cannot be read was encrypted with a key that is not given: add it to ENCRYPTION_KEY_PREVIOUS and try again. If it is lost, have the workspace install the app again, and the person connect their account again.";
  }
  if (isDone(counts)) {
    return "All is encrypted with ENCRYPTION_KEY: once no process has an older ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS can be removed.";
  }
  return moved === null
    ? "Run “redline rotate-key” to move the rest, and keep ENCRYPTION_KEY_PREVIOUS until then."
    : "Some were encrypted with an older key meanwhile: restart the processes that still have it as their ENCRYPTION_KEY, and run this again.";
}
