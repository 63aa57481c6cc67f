import type { ChosenPlace, NewEdit, NewVersion, User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { transact } from "../conversation/transact.ts";
import type { Metrics } from "../metrics.ts";
import type { StreamRelay } from "../ports.ts";
import type { CurrentDocument } from "../rfcs/documents.ts";
import type { NewChange } from "../store/changes.ts";
import {
  findByKey,
  findChange,
  insertChange,
  lockChange,
  moveState,
  replaceChange,
} from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { insertDecision } from "../store/decisions.ts";
import { tellOfDecisions } from "../store/fan-out.ts";
import { findLooseBlock, settleLooseBlock } from "../store/loose-blocks.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { findThread, lockThreads } from "../store/threads.ts";
import type { Thread } from "../conversation/thread.ts";
import { assertPending } from "./acceptable.ts";
import type { Change } from "./change.ts";
import { noSuchChange } from "./decisions.ts";
import { editOf } from "./edit.ts";
import { locateEdit } from "./locate.ts";
import type { LooseBlock } from "./loose-block.ts";
import { placeGiven } from "./place-given.ts";
import type { Placement } from "./placement.ts";
import { confirmPlacement } from "./placement.ts";
import { DEFAULT_LIMITS } from "./parser-events.ts";
import { oneLine } from "../one-line.ts";
import { assertStorable } from "../storable.ts";

export interface ProposalDeps {
  sql: Sql;
  relay: StreamRelay;
  metrics: Metrics;
  /** The document at the tip, with its pending changes brought to it. */
  currentDocument(rfcSlug: string, branchName: string): Promise<CurrentDocument>;
}

/** Changes that people propose, promote, or give a place. */
export class Proposals {
  private readonly deps: ProposalDeps;

  constructor(deps: ProposalDeps) {
    this.deps = deps;
  }

  /** A change proposed by hand. @throws UserError */
  async propose(threadId: string, given: NewEdit, by: User): Promise<Change> {
    const { dedupKey = null, ...edit } = given;
    assertEdit(edit);
    const thread = await this.openThread(threadId);
    const document = await this.deps.currentDocument(thread.rfcSlug, thread.branchName);
    const within = thread.anchorStaleSince ? null : (thread.anchor?.passage ?? null);
    const placement = locateEdit(document.index, edit, within ? { within } : {});
    const change = newChange(thread.id, edit, placement, document.blobSha);
    const { sql, relay } = this.deps;
    let isNew = true;
    const proposed = await transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, [thread.id]);
      const known = dedupKey === null ? null : await findByKey(tx, thread.id, dedupKey);
      isNew = known === null;
      if (known) return known;
      const source = { kind: "manual", authorUserId: by.id, dedupKey } as const;
      const changeId = await insertChange(tx, change, source);
      await emit(thread.id, { kind: "change", changeId, turnId: null, at: 0 });
      return (await findChange(tx, changeId))!;
    });
    if (isNew) this.count("pending");
    return proposed;
  }

  private count(state: "pending" | "declined"): void {
    this.deps.metrics.count("changes_total", { state });
  }

  /** Makes a block that was shown as text a change, which always asks for its place. @throws UserError */
  async promote(blockId: string): Promise<Change> {
    const { sql, relay } = this.deps;
    const block = await findLooseBlock(sql, blockId);
    if (!block) throw new UserError("not-found", "There is no such block.");
    const edit = assertPromotable(block);
    const thread = await this.openThread(block.threadId);
    const document = await this.deps.currentDocument(thread.rfcSlug, thread.branchName);
    const placement = locateEdit(document.index, edit, { atMost: "ask" });
    const change = newChange(thread.id, edit, placement, document.blobSha);
    const promoted = await transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, [thread.id]);
      assertPromotable((await findLooseBlock(tx, blockId, "lock"))!);
      const source = { kind: "ai" as const, turnId: block.turnId, messageId: block.messageId };
      const changeId = await insertChange(tx, change, source);
      await settleLooseBlock(tx, blockId, { state: "promoted", changeId });
      await emit(thread.id, { kind: "change", changeId, turnId: null, at: 0 });
      return (await findChange(tx, changeId))!;
    });
    this.count("pending");
    return promoted;
  }

  /**
   * A person's own version of a pending change, at the same place; the change itself is declined, so that it
   * stays known who wrote what. @throws UserError
   */
  async revise(changeId: string, version: NewVersion, by: User): Promise<Change> {
    const seen = await findChange(this.deps.sql, changeId);
    if (!seen) throw noSuchChange();
    assertPending(seen);
    const document = await this.deps.currentDocument(seen.rfcSlug, seen.branchName);
    const revised = await transact(this.deps.sql, this.deps.relay, async (tx, emit) => {
      const change = await lockChange(tx, changeId);
      if (!change) throw noSuchChange();
      assertPending(change);
      const { edit, placement } = placeVersion(document, change, version);
      const row = newChange(change.threadId, edit, placement, document.blobSha);
      const madeId = await insertChange(tx, row, { kind: "manual", authorUserId: by.id });
      const made = (await findChange(tx, madeId))!;
      const reason = `Replaced by change #${made.number}, an edited version.`;
      await insertDecision(tx, { changeId, userId: by.id, verdict: "decline", reason });
      await moveState(tx, changeId, ["pending"], "declined");
      await tellOfDecisions(tx, [changeId]);
      await emit(change.threadId, { kind: "change_state", changeId });
      await emit(change.threadId, { kind: "change", changeId: madeId, turnId: null, at: 0 });
      const said = `${oneLine(by.displayName)} edited change #${change.number}; their version is change #${made.number}.`;
      const messageId = await insertSystemMessage(tx, change.threadId, said);
      await emit(change.threadId, { kind: "message", messageId, role: "system" });
      return made;
    });
    this.count("pending");
    this.count("declined");
    return revised;
  }

  /** Settles a place that was uncertain, has moved, or was merged. @throws UserError */
  async choosePlace(changeId: string, place: ChosenPlace): Promise<Change> {
    const seen = await findChange(this.deps.sql, changeId);
    if (!seen) throw noSuchChange();
    assertPending(seen);
    const document = await this.deps.currentDocument(seen.rfcSlug, seen.branchName);
    return transact(this.deps.sql, this.deps.relay, async (tx, emit) => {
      const change = await lockChange(tx, changeId);
      if (!change) throw noSuchChange();
      assertPending(change);
      const { blobSha } = document;
      // A change that was found nowhere is about no version: it may be older than what the person saw.
      const isNowhere = change.placement.certainty === "none";
      if (place.blobSha !== blobSha || (change.baseBlobSha !== blobSha && !isNowhere)) {
        throw new UserError(
          "place-uncertain",
          `The document has changed since you saw it; look at change #${change.number} again.`,
        );
      }
      const placement = isAsShown(change.placement, place)
        ? confirmPlacement(change.placement)
        : placeGiven(document.index, editOf(change), place, "place");
      await replaceChange(tx, changeId, { placement, baseBlobSha: blobSha, drift: "fresh" });
      await emit(change.threadId, { kind: "change_state", changeId });
      return (await findChange(tx, changeId))!;
    });
  }

  private async openThread(threadId: string): Promise<Thread> {
    const thread = await findThread(this.deps.sql, threadId);
    if (!thread) throw new UserError("not-found", "There is no such thread.");
    if (thread.state === "closed") {
      throw new UserError("thread-closed", "This thread is closed; reopen it to propose a change.");
    }
    return thread;
  }
}

/** A version at the place that its change is shown at. @throws UserError */
function placeVersion(
  document: CurrentDocument,
  change: Change,
  { proposed, reason = change.reason }: NewVersion,
): { edit: NewEdit; placement: Placement } {
  const { passage, anchor, replacement, certainty, status, candidateCount } = change.placement;
  const isUnsure = certainty === "ask" && candidateCount > 1;
  const hook = anchor === null ? passage : (anchor.passage ?? passage);
  if (passage === null || hook === null || isUnsure || change.drift === "stale") {
    throw new UserError(
      "place-uncertain",
      `It is not certain where change #${change.number} belongs; choose its place before you edit it.`,
    );
  }
  if (change.baseBlobSha !== document.blobSha) {
    throw new UserError(
      "place-uncertain",
      `The document has changed since you saw it; look at change #${change.number} again.`,
    );
  }
  if (proposed === replacement && status !== "conflict") {
    throw new UserError("nothing-to-do", "The text is as it was proposed; nothing was changed.");
  }
  const { insertAfter, insertBefore } = change;
  const original = document.index.text.slice(passage.start, passage.end);
  const edit = {
    original,
    proposed,
    reason,
    ...(original === "" && insertAfter !== null && { after: insertAfter }),
    ...(original === "" && insertBefore !== null && { before: insertBefore }),
  };
  assertTexts(edit);
  const at = original === "" ? hook : passage;
  return { edit, placement: placeGiven(document.index, edit, at, "place") };
}

/** Whether the place is the one that a merged or moved change is shown at; then what is shown is meant. */
function isAsShown(placement: Placement, place: ChosenPlace): boolean {
  if (placement.status !== "rebased" && placement.status !== "moved") return false;
  return [placement.passage, placement.anchor?.passage].some(
    (passage) => passage?.start === place.start && passage.end === place.end,
  );
}

function newChange(
  threadId: string,
  edit: NewEdit,
  placement: NewChange["placement"],
  baseBlobSha: string,
): NewChange {
  return {
    threadId,
    original: edit.original,
    proposed: edit.proposed,
    reason: edit.reason ?? "",
    insertAfter: edit.after ?? null,
    insertBefore: edit.before ?? null,
    warnings: [],
    placement,
    baseBlobSha,
  };
}

function assertEdit(edit: NewEdit): void {
  assertTexts(edit);
  if (edit.original === "" && !edit.after && !edit.before) {
    throw new UserError(
      "invalid-request",
      "To insert text, say after or before which passage of the document it goes.",
    );
  }
}

function assertTexts(edit: NewEdit): void {
  for (const [name, text] of Object.entries(edit) as [string, string | undefined][]) {
    if (text === undefined) continue;
    assertStorable(text, name);
    if (text.length > DEFAULT_LIMITS.field) {
      throw new UserError(
        "too-large",
        `The field ${name} has at most ${DEFAULT_LIMITS.field} characters.`,
      );
    }
  }
  if (edit.original === edit.proposed) {
    throw new UserError(
      "invalid-request",
      "Original and proposed text are the same; nothing would change.",
    );
  }
}

function assertPromotable(block: LooseBlock): NewEdit {
  if (block.state !== "open") {
    throw new UserError("already-decided", `This block was ${block.state} already.`);
  }
  const { original, proposed } = block.fields;
  if (block.kind === "malformed" || original === undefined || proposed === undefined) {
    throw new UserError("nothing-to-do", "This block is malformed; have it repaired instead.");
  }
  return { ...block.fields, original, proposed };
}
