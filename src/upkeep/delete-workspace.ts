/**
 * Deletes a workspace with everything in it, while others go on. Each step is a transaction of its own that finds
 * by itself what is left to do: whoever is killed midway is followed by a repeated call.
 */
import type { FollowDeps } from "../conversation/followed-messages.ts";
import { followDeletion } from "../conversation/followed-messages.ts";
import { transact } from "../conversation/transact.ts";
import { append, bringUpIn } from "../record/bring-up.ts";
import { forgetPerson } from "../record/forget.ts";
import type { Tx } from "../store/database.ts";
import { askForLooks } from "../store/looks.ts";
import { lockRecord } from "../store/record.ts";
import { lockThreads } from "../store/threads.ts";
import type { HeldThread } from "../store/workspace-deletion.ts";
import {
  beginDeletion,
  countShown,
  deleteEvents,
  deleteIdentities,
  deleteIdleRecord,
  deleteLinks,
  deletePerson,
  deleteRows,
  deleteThread,
  emptyThread,
  endDeletion,
  eraseThread,
  hasCommits,
  isHeldElsewhere,
  isKnownElsewhere,
  listHeldThreads,
  listPeopleOf,
  listSaidIn,
  lockPerson,
  withdrawPending,
} from "../store/workspace-deletion.ts";
import type { WorkspaceKey } from "../store/workspaces.ts";

export interface DeletionDeps extends FollowDeps {
  /** Gives back what lets Redline into the workspace, as far as it can. Must not reject. */
  leave(): Promise<void>;
  pause(ms: number): Promise<void>;
  /** What was left for the operator to look at. */
  warn(says: string): void;
}

/** Of one look at what is left. */
const BATCH = 100;
const MS = {
  look: 250,
  /** So long an event may be worked on whose worker has died. */
  events: 90_000,
  /** So long comments on pull requests are waited for, which workers close. */
  comments: 30_000,
};

/** Resolves when nothing of it is left. Repeated it goes on. */
export async function deleteWorkspace(deps: DeletionDeps, at: WorkspaceKey): Promise<void> {
  const { sql } = deps;
  await beginDeletion(sql, at);
  await deps.leave();
  await waitFor(deps, MS.events, async () => (await deleteEvents(sql, at)) === 0);
  await withdrawChanges(deps, at);
  let left: number;
  do {
    // Whoever was in the middle of something may have left more.
    await deleteThreads(deps, at);
    await deletePeople(deps, at);
    left = (await deleteRows(sql, at)) + (await deleteEvents(sql, at));
  } while (left > 0);
  await endDeletion(sql, at);
}

async function waitFor(
  deps: Pick<DeletionDeps, "pause">,
  ms: number,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  const until = performance.now() + ms;
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() > until) return false;
    await deps.pause(MS.look);
  }
}

/** So that workers take back what is shown of them on pull requests. */
async function withdrawChanges(deps: DeletionDeps, at: WorkspaceKey): Promise<void> {
  const { sql, relay } = deps;
  for (const { id, isShared } of await listHeldThreads(sql, at, Number.MAX_SAFE_INTEGER)) {
    if (isShared) continue;
    await transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, [id]);
      if (await isHeldElsewhere(tx, at, id)) return;
      for (const changeId of await withdrawPending(tx, id)) {
        await emit(id, { kind: "change_state", changeId });
      }
    });
  }
  const isClosed = await waitFor(deps, MS.comments, async () => (await countShown(sql, at)) === 0);
  if (isClosed) return;
  deps.warn(
    "Some suggestions on pull requests could not be closed, for no worker did it in time: look for them on GitHub.",
  );
}

async function deleteThreads(deps: DeletionDeps, at: WorkspaceKey): Promise<void> {
  const { sql } = deps;
  for (;;) {
    const threads = await listHeldThreads(sql, at, BATCH);
    for (const thread of threads) {
      if (thread.isShared || !(await removeThread(deps, at, thread))) {
        await leaveThread(deps, at, thread.id);
      }
    }
    if (threads.length < BATCH) return;
  }
}

/** What was said there goes everywhere, as where somebody deletes it; marks stay, and so does the rest. */
async function leaveThread(deps: DeletionDeps, at: WorkspaceKey, threadId: string): Promise<void> {
  for (const messageId of await listSaidIn(deps.sql, at, threadId)) {
    await followDeletion(deps, messageId);
  }
  await deleteLinks(deps.sql, at, threadId);
}

/** False where it has come to be held elsewhere meanwhile: then nothing was done. */
async function removeThread(
  { sql, relay }: DeletionDeps,
  at: WorkspaceKey,
  { id, rfcSlug }: HeldThread,
): Promise<boolean> {
  const isRemoved = await transact(sql, relay, async (tx) => {
    await lockThreads(tx, [id]);
    if (await isHeldElsewhere(tx, at, id)) return false;
    // What pull requests show of its concerns is written anew.
    await askForLooks(tx, [id]);
    if (await hasCommits(tx, id)) await emptyThread(tx, id);
    else await deleteThread(tx, id);
    await eraseFromRecord(tx, rfcSlug, id);
    return true;
  });
  // Of one that is empty, its places are the last to go: by them it would be found again.
  if (isRemoved) await deleteLinks(sql, at, id);
  return isRemoved;
}

async function eraseFromRecord(tx: Tx, rfcSlug: string, threadId: string): Promise<void> {
  await lockRecord(tx, rfcSlug);
  if (await deleteIdleRecord(tx, rfcSlug)) return;
  const seqs = await eraseThread(tx, rfcSlug, threadId);
  if (seqs.length === 0) return;
  await append(tx, rfcSlug, [
    { kind: "erased", subject: rfcSlug, personId: null, at: new Date(), content: { seqs } },
  ]);
  await bringUpIn(tx, rfcSlug);
}

/** Who is known nowhere else is forgotten; others lose the account there. */
async function deletePeople(deps: DeletionDeps, at: WorkspaceKey): Promise<void> {
  const { sql } = deps;
  for (;;) {
    const people = await listPeopleOf(sql, at, BATCH);
    if (people.length === 0) return;
    for (const userId of people) {
      const isLeft = await isKnownElsewhere(sql, at, userId);
      if (!isLeft) await forgetPerson(deps, userId);
      await sql.begin(async (tx) => {
        await lockPerson(tx, userId);
        // Forgetting takes its time: they may have connected another account.
        const isForgotten = !isLeft && !(await isKnownElsewhere(tx, at, userId));
        await deleteIdentities(tx, at, userId);
        if (isForgotten) await deletePerson(tx, userId);
      });
    }
  }
}
