/** What commands say to all in a thread: once, however often the command is handled. */
import type { CommandAnswer } from "../commands/command.ts";
import type { Emit } from "../conversation/transact.ts";
import { transact } from "../conversation/transact.ts";
import type { Tx } from "../store/database.ts";
import { findByDedupKey, insertKeyedSystemMessage } from "../store/messages.ts";
import { putOwed } from "../store/owed-answers.ts";
import { lockThreads } from "../store/threads.ts";
import type { CommandContext } from "./command-context.ts";

type Saying = Pick<CommandContext, "services" | "held" | "key">;

/**
 * Does what a command asks for and notes what is said of it in one transaction: handled again after a crash,
 * it finds both or neither. Answers with what is still to be told to the person.
 */
export function doAndSay(
  { services: { sql, relay }, held, key }: Saying,
  work: (tx: Tx) => Promise<CommandAnswer>,
): Promise<CommandAnswer | null> {
  return transact(sql, relay, async (tx, emit) => {
    if (held === null) {
      const answer = await work(tx);
      await putOwed(tx, key, answer.markdown);
      return answer;
    }
    const threadId = held.thread.id;
    await lockThreads(tx, [threadId]);
    if (await findByDedupKey(tx, threadId, noticeKey(key))) return null;
    const answer = await work(tx);
    if (answer.audience === "person") return answer;
    await say(tx, emit, threadId, answer.markdown, noticeKey(key));
    return null;
  });
}

/** Says in a thread what a command did. */
export async function sayToAll(
  { services: { sql, relay }, key }: Saying,
  threadId: string,
  text: string,
): Promise<void> {
  await transact(sql, relay, async (tx, emit) => {
    await lockThreads(tx, [threadId]);
    await say(tx, emit, threadId, text, noticeKey(key));
  });
}

async function say(tx: Tx, emit: Emit, threadId: string, text: string, key: string): Promise<void> {
  const messageId = await insertKeyedSystemMessage(tx, threadId, text, key);
  if (messageId !== null) await emit(threadId, { kind: "message", messageId, role: "system" });
}

function noticeKey(key: string): string {
  return `command:${key}`;
}
