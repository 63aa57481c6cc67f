/** Where a review comment may be put in a pull request's diff, and where it stands now. */
import { diffHunkOf, followLines, hunkAt, lineAtPosition, positionOf } from "./diff.ts";
import type { FileDiff, Side } from "./diff.ts";
import type { Anchor, Pull } from "./model.ts";
import { commitsOf, filesOf, mergeBaseOf } from "./pulls.ts";

/** What a request says of a comment's place. */
export interface PlaceRequest {
  path: string;
  subject?: string | undefined;
  position?: number | undefined;
  line?: number | undefined;
  side?: string | undefined;
  startLine?: number | undefined;
  startSide?: string | undefined;
}

/** A refused place: `field` and `message` of GitHub's 422. */
export interface Refused {
  field: string;
  message: string;
}

/**
 * Holds a place against the three-dot diff of `commitId`: every line must be in it, both ends in one hunk,
 * and the first before the last.
 */
export async function anchorOf(
  pull: Pull,
  commitId: string,
  request: PlaceRequest,
): Promise<Anchor | Refused> {
  const files = await filesOf(pull, commitId);
  const file = files.find(({ path }) => path === request.path);
  if (!file)
    return { field: "pull_request_review_thread.path", message: "Path could not be resolved" };
  const mergeBase = await mergeBaseOf(pull, commitId);
  const common = { path: file.path, commitId, mergeBase };
  if (request.subject === "file") {
    return {
      ...common,
      subject: "file",
      side: "RIGHT",
      startSide: null,
      line: 1,
      startLine: null,
      diffHunk: "",
      position: 1,
    };
  }
  const place = placeOf(file, request);
  if ("message" in place) return place;
  return {
    ...common,
    ...place,
    subject: "line",
    diffHunk: diffHunkOf(file, place.side, place.line),
    position: positionOf(file, place.side, place.line) ?? 1,
  };
}

type Place = Pick<Anchor, "side" | "startSide" | "line" | "startLine">;

function placeOf(file: FileDiff, request: PlaceRequest): Place | Refused {
  if (request.line === undefined) {
    const found = lineAtPosition(file, request.position ?? 0);
    if (!found) return refusedLine("line", "must be part of the diff");
    return { ...found, startSide: null, startLine: null };
  }
  const side: Side = request.side === "LEFT" ? "LEFT" : "RIGHT";
  const { line, startLine } = request;
  const hunk = hunkAt(file, side, line);
  if (!hunk) return refusedLine("line", "must be part of the diff");
  if (startLine === undefined) return { side, startSide: null, line, startLine: null };
  const startSide: Side =
    request.startSide === "LEFT" || request.startSide === "RIGHT" ? request.startSide : side;
  if (startSide === side && startLine >= line) {
    return refusedLine("start_line", "must precede the end line.");
  }
  const startHunk = hunkAt(file, startSide, startLine);
  if (!startHunk) return refusedLine("start_line", "must be part of the diff");
  if (startHunk !== hunk)
    return refusedLine("start_line", "must be part of the same hunk as the line.");
  return { side, startSide, line, startLine };
}

const refusedLine = (which: string, rule: string): Refused => ({
  field: `pull_request_review_thread.${which}`,
  message: `pull_request_review_thread.${which} ${rule}`,
});

/** Whether a sha is one of the pull request's commits; what was pushed away by force is none. */
export async function isCommitOf(pull: Pull, sha: string): Promise<boolean> {
  return sha === pull.headSha || (await commitsOf(pull)).includes(sha);
}

/** A comment's place at the pull request's present head; all null once it is outdated. */
export interface Standing {
  commitId: string;
  line: number | null;
  startLine: number | null;
  position: number | null;
}

/**
 * Follows the commented lines from the commit they were put on to the present head. Outdated: one of them
 * changed, something came between them, the file is gone or renamed, or the diff no longer shows them.
 */
export async function standingOf(pull: Pull, anchor: Anchor): Promise<Standing> {
  const { path, side, startSide } = anchor;
  const outdated = { commitId: pull.headSha, line: null, startLine: null, position: null };
  const file = (await filesOf(pull)).find((one) => one.path === path);
  if (!file) return outdated;
  if (anchor.subject === "file") {
    return { commitId: pull.headSha, line: 1, startLine: null, position: 1 };
  }
  const mixed = startSide !== null && startSide !== side;
  const [from, to] =
    side === "RIGHT"
      ? [anchor.commitId, pull.headSha]
      : [anchor.mergeBase, await mergeBaseOf(pull)];
  const oldPath = side === "LEFT" ? (file.previousPath ?? path) : path;
  const hunks = from === to ? [] : await pull.base.store.lineDiff(from, to, oldPath);
  if (hunks === null) return outdated;
  const start = mixed ? anchor.line : (anchor.startLine ?? anchor.line);
  const moved = followLines(hunks, start, anchor.line);
  // A range over both sides is held by its end alone, and only as long as nothing moved it.
  if (!moved || (mixed && hunks.length > 0)) return outdated;
  const hunk = hunkAt(file, side, moved.end);
  const isShown = hunk !== undefined && hunkAt(file, side, moved.start) === hunk;
  if (!isShown) return outdated;
  return {
    commitId: pull.headSha,
    line: moved.end,
    startLine: anchor.startLine === null ? null : mixed ? anchor.startLine : moved.start,
    position: positionOf(file, side, moved.end),
  };
}
