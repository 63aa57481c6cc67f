/**
 * Takes out what somebody wrote, everywhere: messages by the way of any deletion, so that every place follows;
 * then what they gave as reasons and concerns, the copies of it, and what the records hold. That something was
 * there stays to be seen. Repeated, or gone on with after a crash, it finds only what is left.
 */
import type { FollowDeps } from "../conversation/followed-messages.ts";
import { followDeletion } from "../conversation/followed-messages.ts";
import type { Emit } from "../conversation/transact.ts";
import { transact } from "../conversation/transact.ts";
import type { Tx } from "../store/database.ts";
import {
  eraseConcern,
  eraseCopies,
  eraseReasons,
  listConcernsOf,
  listReasonsOf,
  listSaidBy,
  takeBackUntold,
} from "../store/person-words.ts";
import {
  eraseMessage,
  eraseWords,
  listIdsOf,
  listRecordedWith,
  lockRecord,
} from "../store/record.ts";
import { reopenNotes } from "../store/deliveries.ts";
import { askForLooks } from "../store/looks.ts";
import { askForMergePlaces } from "../store/place-looks.ts";
import { reopenSummaries } from "../store/pull-requests.ts";
import { reopenLast } from "../store/suggestions.ts";
import { lockThreads } from "../store/threads.ts";
import { append, bringUpIn } from "./bring-up.ts";

/** Answers with how many messages were erased. */
export async function forgetPerson(deps: FollowDeps, userId: string): Promise<number> {
  const { sql } = deps;
  const said = await listSaidBy(sql, userId);
  for (const messageId of said) await followDeletion(deps, messageId);
  await forgetReasons(deps, userId);
  await forgetConcerns(deps, userId);
  await sql.begin(async (tx) => {
    await eraseCopies(tx, userId);
    await takeBackUntold(tx, userId);
  });
  const ids = await listIdsOf(sql, userId);
  for (const rfcSlug of await listRecordedWith(sql, ids)) {
    await sql.begin(async (tx) => {
      await lockRecord(tx, rfcSlug);
      await noteErased(tx, rfcSlug, await eraseWords(tx, rfcSlug, ids));
    });
  }
  return said.length;
}

async function forgetReasons({ sql, relay }: FollowDeps, userId: string): Promise<void> {
  for (const { changeId, threadId } of await listReasonsOf(sql, userId)) {
    await transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, [threadId]);
      const notices = await eraseReasons(tx, userId, changeId);
      // Comments that tell of its end, and summaries, repeat them.
      await reopenLast(tx, changeId);
      await reopenSummaries(tx, threadId);
      await emit(threadId, { kind: "change_state", changeId });
      await followNotices(tx, emit, threadId, notices);
    });
  }
}

async function forgetConcerns({ sql, relay }: FollowDeps, userId: string): Promise<void> {
  for (const { id, threadId } of await listConcernsOf(sql, userId)) {
    await transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, [threadId]);
      const notices = await eraseConcern(tx, userId, id);
      await emit(threadId, { kind: "thread" });
      await followNotices(tx, emit, threadId, notices);
      await askForLooks(tx, [threadId]);
      await askForMergePlaces(tx, [threadId]);
    });
  }
}

/** What Redline itself said of it reads otherwise now, here and in the record. */
async function followNotices(
  tx: Tx,
  emit: Emit,
  threadId: string,
  notices: readonly { messageId: string; rfcSlug: string }[],
): Promise<void> {
  const [first] = notices;
  if (!first) return;
  await reopenNotes(
    tx,
    notices.map(({ messageId }) => messageId),
  );
  const { rfcSlug } = first;
  await lockRecord(tx, rfcSlug);
  const seqs: number[] = [];
  for (const { messageId } of notices) {
    await emit(threadId, { kind: "message", messageId, role: "system" });
    seqs.push(...(await eraseMessage(tx, rfcSlug, messageId)));
  }
  await noteErased(tx, rfcSlug, seqs);
}

/** Says in the chain which entries were emptied, and writes down anew what is left of them. */
async function noteErased(tx: Tx, rfcSlug: string, seqs: readonly number[]): Promise<void> {
  if (seqs.length === 0) return;
  await append(tx, rfcSlug, [
    { kind: "erased", subject: rfcSlug, personId: null, at: new Date(), content: { seqs } },
  ]);
  await bringUpIn(tx, rfcSlug);
}
