/** How the changes of a branch are to be shown on one head of its pull request. Pure. */
import type { Change } from "../changes/change.ts";
import { findOverlaps } from "../changes/overlap.ts";
import { isPlaced } from "../changes/placement.ts";
import type { ChangedFile, MinimizeReason, PullRequest } from "../ports.ts";
import type { CurrentDocument } from "../rfcs/documents.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { ReviewedChange } from "../store/branch-changes.ts";
import type { Suggestion, SuggestionForm } from "./suggestion.ts";
import { isOpen } from "./suggestion.ts";
import type { Ending, WhyDiff } from "./comment-body.ts";
import { commitUrl, discussedIn, repositoryUrl } from "./addresses.ts";
import type { ChangeLink } from "./phrases.ts";
import { closedBody, diffBody, suggestionBody } from "./comment-body.ts";
import type { Marker } from "./comment-marker.ts";
import { diffHunks, parseHunks } from "./hunks.ts";
import { fencedBlock } from "../rendering/fenced-block.ts";
import type { TextEdit } from "./line-edit.ts";
import type { Links } from "./links.ts";
import type { Commentable, Mapping } from "./map-suggestion.ts";
import { mapAll } from "./map-suggestion.ts";
import type { Shape, Want, WantingChange } from "./plan.ts";
import { proposalDiff } from "./proposal-diff.ts";

export interface PresenterInput {
  rfc: Rfc;
  pull: PullRequest;
  path: string;
  links: Links;
  document: Pick<CurrentDocument, "blobSha" | "index">;
  /** Whether changes are shown without being asked for. */
  isAutomatic: boolean;
  rows: readonly Suggestion[];
}

/** A change that can be shown as an edit of the head. */
interface Placed {
  reviewed: ReviewedChange;
  edit: TextEdit;
  mapping: Mapping;
  /** An earlier change of which this one cannot be taken as well. */
  rival: Change | null;
}

export class Presenter {
  private readonly given: PresenterInput;
  /** What of the file the host takes comments on; null where the file is not in the diff. */
  private commentable: Commentable | null = null;
  private placed = new Map<string, Placed>();

  constructor(given: PresenterInput) {
    this.given = given;
  }

  /** Whether anything is to be mapped on the diff. */
  needsDiff(changes: readonly ReviewedChange[]): boolean {
    return changes.some((reviewed) => this.isShowable(reviewed));
  }

  /** @param base the file at the merge base, for where the host tells no patch of it */
  setDiff(file: ChangedFile | null, base: string | null): void {
    if (file === null) this.commentable = null;
    else if (file.status === "added") this.commentable = "whole file";
    else if (file.patch !== null) this.commentable = parseHunks(file.patch);
    else this.commentable = diffHunks(base, this.given.document.index.text);
  }

  wants(changes: readonly ReviewedChange[]): WantingChange[] {
    this.place(changes);
    return changes.map((reviewed) => ({
      changeId: reviewed.change.id,
      askedAt: reviewed.suggestionAskedAt,
      want: this.want(reviewed),
    }));
  }

  /** How a change is shown whose suggestion the host refused. */
  fallback(changeId: string): Shape {
    const placed = this.placed.get(changeId);
    if (!placed) throw new Error(`change ${changeId} is not placed on this head`);
    return this.diffShape(placed, "refused", this.commentable === null ? "conversation" : "file");
  }

  /** Pending, and to be written into this very version as it stands. */
  private isShowable({ change, isReady }: ReviewedChange): boolean {
    return (
      isReady &&
      change.state === "pending" &&
      change.drift === "fresh" &&
      isPlaced(change.placement) &&
      change.baseBlobSha === this.given.document.blobSha
    );
  }

  private mayPost({ suggestionAskedAt }: ReviewedChange): boolean {
    return this.given.isAutomatic || suggestionAskedAt !== null;
  }

  /** Shown already, or about to be; what nobody sees takes no place from others. */
  private isOffered(reviewed: ReviewedChange): boolean {
    const isShown = this.given.rows.some(
      (row) => row.changeId === reviewed.change.id && isOpen(row),
    );
    return isShown || this.mayPost(reviewed);
  }

  private place(changes: readonly ReviewedChange[]): void {
    const shown = changes
      .filter((reviewed) => this.isShowable(reviewed))
      .map((reviewed) => ({ reviewed, edit: textEdit(reviewed.change) }));
    const head = this.given.document.index.text;
    const edits = shown.map(({ edit }) => edit);
    const mappings = mapAll(head, edits, this.commentable ?? []);
    const rivals = rivalsOf(
      shown
        .filter(({ reviewed }) => this.isOffered(reviewed))
        .map(({ reviewed }) => reviewed.change),
    );
    this.placed = new Map(
      shown.map(({ reviewed, edit }, at) => {
        const rival = rivals.get(reviewed.change.id) ?? null;
        return [reviewed.change.id, { reviewed, edit, rival, mapping: mappings[at]! }];
      }),
    );
  }

  private want(reviewed: ReviewedChange): Want {
    const { change, isReady } = reviewed;
    const placed = this.placed.get(change.id);
    if (placed && placed.mapping.kind !== "unchanged") {
      return { kind: "shown", shape: this.shape(placed), mayPost: this.mayPost(reviewed) };
    }
    if (change.state === "accepting" || !isReady) return { kind: "kept" };
    // It was brought to another head in this moment, where the next look finds it.
    const isBehind = change.baseBlobSha !== this.given.document.blobSha;
    if (change.state === "pending" && isBehind) return { kind: "kept" };
    const reason: MinimizeReason = change.state === "pending" ? "OUTDATED" : "RESOLVED";
    const ending = this.ending(reviewed);
    return { kind: "ended", reason, body: (revision) => this.closed(reviewed, ending, revision) };
  }

  private shape(placed: Placed): Shape {
    const { mapping, reviewed } = placed;
    const rival = placed.rival && { conflictsWith: this.link(placed.rival) };
    if (this.commentable === null) {
      return this.diffShape(placed, rival ?? "outside_diff", "conversation");
    }
    const taken = this.formTaken(reviewed.change.id);
    if (mapping.kind === "suggestion") {
      if (taken) return this.diffShape(placed, "refused", taken);
      if (rival) return this.diffShape(placed, rival, "line");
      const { lines, line, startLine } = mapping;
      return {
        form: "suggestion",
        block: `${fencedBlock("suggestion", lines)}\n`,
        lines: { line, startLine },
        body: (revision) => suggestionBody({ ...this.comment(reviewed, revision), lines }),
        replaced: (revision) => this.closed(reviewed, { kind: "replaced", url: null }, revision),
      };
    }
    const why = mapping.kind === "fallback" ? mapping.why : "outside_diff";
    return this.diffShape(placed, rival ?? why, taken ?? "file");
  }

  /** The form that the host took on this head in place of another: it would refuse that one again. */
  private formTaken(changeId: string): "file" | "conversation" | null {
    const row = this.given.rows.find(
      (one) =>
        one.changeId === changeId &&
        one.state === "live" &&
        one.headSha === this.given.pull.headSha,
    );
    return row?.form === "file" || row?.form === "conversation" ? row.form : null;
  }

  private diffShape(
    { reviewed, edit, mapping }: Placed,
    why: WhyDiff,
    form: SuggestionForm,
  ): Shape {
    const { change } = reviewed;
    const range = mapping.kind === "unchanged" ? null : mapping;
    const diff = proposalDiff(this.given.document.index.text, edit);
    const { section } = change.placement;
    return {
      form,
      block: null,
      lines: form === "line" && range ? { line: range.line, startLine: range.startLine } : null,
      body: (revision, headSha) =>
        diffBody({
          ...this.comment(reviewed, revision),
          diff,
          why,
          section,
          lines: range && {
            line: range.line,
            startLine: range.startLine,
            url: this.linesUrl(headSha, range),
          },
        }),
      replaced: (revision) => this.closed(reviewed, { kind: "replaced", url: null }, revision),
    };
  }

  private closed(reviewed: ReviewedChange, ending: Ending, revision: number): string {
    const { change } = reviewed;
    const { slice, replacement } = change.placement;
    const diff =
      ending.kind === "replaced"
        ? []
        : proposalDiff(slice, { start: 0, end: slice.length, replacement });
    return closedBody({ ...this.comment(reviewed, revision), ending, diff });
  }

  private ending({ change, decidedBy, declineReason }: ReviewedChange): Ending {
    switch (change.state) {
      case "accepted": {
        const sha = change.commitSha!;
        const commit = { sha, url: commitUrl(this.given.pull, sha) };
        return { kind: "accepted", by: decidedBy ?? "somebody", commit };
      }
      case "declined":
        return { kind: "declined", by: decidedBy ?? "somebody", reason: declineReason };
      case "withdrawn": {
        const { state } = this.given.pull;
        const why =
          state === "open" ? "it is not proposed any more" : `the pull request was ${state}`;
        return { kind: "withdrawn", why };
      }
      case "pending":
      case "accepting":
        return waiting(change);
    }
  }

  private comment(reviewed: ReviewedChange, revision: number) {
    const { id: changeId, number: changeNumber, reason } = reviewed.change;
    const marker: Marker = { kind: "change", changeId, revision };
    return {
      changeNumber,
      reason,
      discussed: discussedIn(this.given.rfc, this.given.links, reviewed),
      marker,
    };
  }

  private link({ id, number }: Change): ChangeLink {
    const row = this.given.rows.findLast((one) => one.changeId === id && one.state === "live");
    return { number, url: row?.url ?? null };
  }

  private linesUrl(
    sha: string,
    { startLine, line }: { startLine: number | null; line: number },
  ): string {
    const path = this.given.path.split("/").map(encodeURIComponent).join("/");
    const lines = startLine === null ? `L${line}` : `L${startLine}-L${line}`;
    return `${repositoryUrl(this.given.pull)}/blob/${sha}/${path}?plain=1#${lines}`;
  }
}

function textEdit({ placement }: Change): TextEdit {
  const { start, end } = placement.passage!;
  return { start, end, replacement: placement.replacement };
}

/** By change: the first of those that exclude each other, for all the others of them. */
function rivalsOf(changes: readonly Change[]): Map<string, Change> {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const groups = findOverlaps(
    changes.map(({ id, placement }) => ({ id, passage: placement.passage! })),
  );
  const rivals = new Map<string, Change>();
  for (const { ids, kind } of groups) {
    if (kind !== "exclusive") continue;
    const [first, ...others] = ids
      .map((id) => byId.get(id)!)
      .toSorted((a, b) => a.number - b.number);
    for (const other of others) rivals.set(other.id, first!);
  }
  return rivals;
}

/** Why a pending change cannot be shown as an edit of this head. */
function waiting({ drift, placement }: Change): Ending {
  switch (drift) {
    case "stale":
      return { kind: "stale" };
    case "conflict":
      return { kind: "waits", why: "it conflicts with a newer edit of the same passage" };
    case "moved":
      return { kind: "waits", why: "its passage has moved, and its new place is to be confirmed" };
    case "rebased":
      return { kind: "waits", why: "it was merged with a newer edit, which is to be confirmed" };
    case "fresh":
      return placement.certainty === "none"
        ? { kind: "stale" }
        : { kind: "waits", why: "its place is to be chosen" };
  }
}
