/** The difference of two texts as people read it: words kept, struck and added. */
import { diffWordsWithSpace } from "diff";

export interface DiffPart {
  kind: "equal" | "removed" | "added";
  text: string;
}

/** Beyond this many edits a word by word view helps nobody. */
const MAX_EDITS = 1500;
/** Share of the shorter text that must be kept for words to be told apart. */
const MIN_KEPT = 0.3;

/**
 * Parts in reading order, removed before added. Joining the equal and removed ones gives `before`, the
 * equal and added ones `after`.
 */
export function diffWords(before: string, after: string): DiffPart[] {
  if (before === after) return parts([["equal", before]]);
  const whole = replaceMiddle(before, after);
  if (before === "" || after === "") return whole;
  const changes = diffWordsWithSpace(before, after, { maxEditLength: MAX_EDITS });
  if (!changes) return whole;
  const raw: DiffPart[] = changes.map(({ value, added, removed }) => ({
    kind: added ? "added" : removed ? "removed" : "equal",
    text: value,
  }));
  const joined = joinIslands(raw);
  return keptShare(joined, before, after) < MIN_KEPT ? whole : joined;
}

/** One edit, without the words that both texts begin and end with. */
function replaceMiddle(before: string, after: string): DiffPart[] {
  const [old, now] = [tokens(before), tokens(after)];
  const most = Math.min(old.length, now.length);
  let head = 0;
  while (head < most && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  return parts([
    ["equal", old.slice(0, head).join("")],
    ["removed", old.slice(head, old.length - tail).join("")],
    ["added", now.slice(head, now.length - tail).join("")],
    ["equal", old.slice(old.length - tail).join("")],
  ]);
}

/** Words, blanks, and each other character by itself. */
function tokens(text: string): string[] {
  return text.match(/[\p{L}\p{N}\p{M}_]+|\s+|[^]/gu) ?? [];
}

/** A blank alone between two edits is no landmark: "one two" → "three four" reads better as one edit. */
function joinIslands(raw: readonly DiffPart[]): DiffPart[] {
  const out: DiffPart[] = [];
  let removed = "";
  let added = "";
  const flush = (): void => {
    out.push(
      ...parts([
        ["removed", removed],
        ["added", added],
      ]),
    );
    removed = "";
    added = "";
  };
  raw.forEach((part, index) => {
    if (part.kind === "removed") removed += part.text;
    else if (part.kind === "added") added += part.text;
    else if (isIsland(part.text) && removed + added !== "" && index < raw.length - 1) {
      removed += part.text;
      added += part.text;
    } else {
      flush();
      out.push(part);
    }
  });
  flush();
  return out;
}

/** Line breaks are landmarks: blocks and lines stay apart. */
function isIsland(text: string): boolean {
  return /^[^\S\n]+$/.test(text);
}

function keptShare(all: readonly DiffPart[], before: string, after: string): number {
  const kept = all
    .filter((part) => part.kind === "equal")
    .reduce((sum, part) => sum + part.text.replace(/\s+/g, "").length, 0);
  return kept / Math.max(1, Math.min(before.length, after.length));
}

function parts(entries: readonly [DiffPart["kind"], string][]): DiffPart[] {
  return entries.filter(([, text]) => text !== "").map(([kind, text]) => ({ kind, text }));
}
