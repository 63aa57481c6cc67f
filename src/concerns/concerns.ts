import type { Placement } from "../changes/placement.ts";
import { anchorPlacement, placeAnchor } from "../conversation/anchor-placement.ts";
import type { Emit } from "../conversation/transact.ts";
import { transact } from "../conversation/transact.ts";
import type { Thread } from "../conversation/thread.ts";
import { UserError } from "../errors.ts";
import type { StreamRelay } from "../ports.ts";
import type { CurrentDocument, Documents } from "../rfcs/documents.ts";
import { assertStorable } from "../storable.ts";
import { findBranch, isVersionOf } from "../store/branches.ts";
import {
  findConcern,
  findConcernByKey,
  insertConcern,
  isSettledBy,
  listConcerns,
  settleConcern,
} from "../store/concerns.ts";
import type { Sql, Tx } from "../store/database.ts";
import { askForLook } from "../store/looks.ts";
import { insertKeyedSystemMessage } from "../store/messages.ts";
import { insertNotifications } from "../store/notifications.ts";
import { askForPlacesOf } from "../store/place-looks.ts";
import { findRfc } from "../store/rfcs.ts";
import type { Sight } from "../store/sight.ts";
import { threadsInSight } from "../store/sight.ts";
import { findThread, lockThreads } from "../store/threads.ts";
import type { Actor, Concern, ConcernDesk, NewConcern } from "./concern.ts";
import { describeRaised, describeSettled } from "./describe.ts";

export interface ConcernDeps {
  sql: Sql;
  relay: StreamRelay;
  documents: Documents;
  /** The document at the tip, with everything that hangs on it brought there. */
  currentDocument(rfcSlug: string, branchName: string): Promise<CurrentDocument>;
}

const MAX_CONCERN = 4_000;
const MAX_KEY = 200;

type Settled = { state: "resolved"; why: string | null } | { state: "withdrawn"; why: null };

/** What people hold against an RFC as it is. */
export class Concerns implements ConcernDesk {
  private readonly deps: ConcernDeps;

  constructor(deps: ConcernDeps) {
    this.deps = deps;
  }

  async list(rfcSlug: string, sight: Sight = null): Promise<Concern[]> {
    const { sql } = this.deps;
    if (!(await findRfc(sql, rfcSlug))) {
      throw new UserError("not-found", `There is no RFC “${rfcSlug}”.`);
    }
    const [sees, concerns] = await Promise.all([
      threadsInSight(sql, sight, rfcSlug),
      listConcerns(sql, rfcSlug),
    ]);
    return concerns.filter(({ threadId }) => sees(threadId));
  }

  async raise(threadId: string, given: NewConcern, by: Actor): Promise<Concern> {
    const { sql, relay } = this.deps;
    const text = given.text.trim();
    assertConcern(text, given.dedupKey);
    const thread = await this.openThread(threadId);
    const key = given.dedupKey ?? null;
    const known = key === null ? null : await findConcernByKey(sql, threadId, key);
    if (known) return known;
    const anchor = given.passage && (await this.anchorOf(thread, given.passage));
    return transact(sql, relay, async (tx, emit) => {
      await lockFor(tx, thread);
      const first = key === null ? null : await findConcernByKey(tx, threadId, key);
      if (first) return first;
      const row = { threadId, authorId: by.id, text, anchor, dedupKey: key };
      const concern = (await findConcern(tx, await insertConcern(tx, row)))!;
      await tell(tx, emit, concern, describeRaised(concern));
      return concern;
    });
  }

  async resolve(concernId: string, why: string | undefined, by: Actor): Promise<Concern> {
    const reason = why?.trim() ?? "";
    assertStorable(reason, "reason");
    if (reason.length > MAX_CONCERN) {
      throw new UserError("too-large", `A reason has at most ${MAX_CONCERN} characters.`);
    }
    const concern = await this.get(concernId);
    return this.settle(concern, { state: "resolved", why: reason || null }, by);
  }

  async withdraw(concernId: string, by: Actor): Promise<Concern> {
    const concern = await this.get(concernId);
    if (concern.authorId !== by.id) {
      throw new UserError(
        "forbidden",
        `Only ${concern.author} withdraws concern #${concern.number}; who may decide on the RFC can resolve it.`,
      );
    }
    return this.settle(concern, { state: "withdrawn", why: null }, by);
  }

  /** The same person doing the same again finds it done. */
  private settle(seen: Concern, settled: Settled, by: Actor): Promise<Concern> {
    const { sql, relay } = this.deps;
    return transact(sql, relay, async (tx, emit) => {
      await lockFor(tx, { ...seen, id: seen.threadId });
      if (await settleConcern(tx, seen.id, { ...settled, by: by.id })) {
        const concern = (await findConcern(tx, seen.id))!;
        await tell(tx, emit, concern, describeSettled(concern));
        if (concern.authorId !== by.id) await tellAuthor(tx, concern);
        return concern;
      }
      const now = (await findConcern(tx, seen.id))!;
      if (await isSettledBy(tx, seen.id, { state: settled.state, by: by.id })) return now;
      throw new UserError("already-decided", `Concern #${now.number} was ${now.state} already.`);
    });
  }

  private async anchorOf(
    { rfcSlug, branchName }: Thread,
    passage: NonNullable<NewConcern["passage"]>,
  ): Promise<{ placement: Placement; blobSha: string }> {
    const { sql, documents } = this.deps;
    const document = await this.deps.currentDocument(rfcSlug, branchName);
    if ("text" in passage || passage.blobSha === document.blobSha) {
      return { placement: anchorPlacement(document, passage), blobSha: document.blobSha };
    }
    const { blobSha, ...at } = passage;
    if (!(await isVersionOf(sql, { rfcSlug, branchName }, blobSha))) {
      throw new UserError(
        "place-uncertain",
        "The passage is none of this document's; select it again.",
      );
    }
    // It stands where the person saw it, and is moved on from there as every other is.
    return { placement: placeAnchor(await documents.version(blobSha), at), blobSha };
  }

  async get(concernId: string): Promise<Concern> {
    const concern = await findConcern(this.deps.sql, concernId);
    if (concern) return concern;
    throw new UserError("not-found", "There is no such concern.");
  }

  private async openThread(threadId: string): Promise<Thread> {
    const thread = await findThread(this.deps.sql, threadId);
    if (!thread) throw new UserError("not-found", "There is no such thread.");
    if (thread.state === "closed") {
      throw new UserError("thread-closed", "This thread is closed; reopen it to raise a concern.");
    }
    return thread;
  }
}

/** With the branch, so that no merge is agreed on beside it. */
async function lockFor(
  tx: Tx,
  { id, rfcSlug, branchName }: Pick<Thread, "id" | "rfcSlug" | "branchName">,
): Promise<void> {
  await findBranch(tx, rfcSlug, branchName, "lock");
  await lockThreads(tx, [id]);
}

/** What the thread says of it; what shows concerns elsewhere is looked at again. */
async function tell(tx: Tx, emit: Emit, concern: Concern, text: string): Promise<void> {
  const { id, state, threadId, rfcSlug, branchName } = concern;
  // The key tells what is said in somebody's words, for when these are to be erased.
  const messageId = await insertKeyedSystemMessage(tx, threadId, text, `concern:${id}:${state}`);
  if (messageId !== null) await emit(threadId, { kind: "message", messageId, role: "system" });
  await askForLook(tx, { rfcSlug, branchName });
  await askForPlacesOf(tx, rfcSlug, branchName);
}

function tellAuthor(tx: Tx, { id, authorId, rfcSlug, threadId }: Concern): Promise<void> {
  const about = { rfcSlug, threadId, subject: id };
  return insertNotifications(tx, [
    { userId: authorId, kind: "concern_settled", category: "personal-direct", ...about },
  ]);
}

function assertConcern(text: string, key: string | undefined): void {
  if (text === "") {
    throw new UserError("invalid-request", "The concern is empty; say what it is.");
  }
  if (text.length > MAX_CONCERN) {
    const most = MAX_CONCERN.toLocaleString("en");
    throw new UserError("too-large", `A concern has at most ${most} characters; shorten it.`);
  }
  assertStorable(text, "concern");
  if ((key ?? "").length > MAX_KEY) {
    throw new UserError("invalid-request", `An idempotency key has at most ${MAX_KEY} characters.`);
  }
  assertStorable(key ?? "", "idempotency key");
}
