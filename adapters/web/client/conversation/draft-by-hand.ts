import { splitDocument } from "../markdown/document-blocks.ts";
import { diffWords } from "../../../../src/rendering/word-diff.ts";
import type { ChangeJson } from "../../views/change-view.ts";
import type { PassageJson } from "../api.ts";

/** What a person begins with who drafts a change anew: a passage of the present document, and a first wording. */
export interface HandDraft {
  passage: PassageJson;
  /** What stands at `passage`. */
  before: string;
  proposed: string;
}

/** Share of a text's words that a paragraph must still have to be taken for it. */
const ALIKE = 0.5;

/**
 * For a change with a place what stands there; for one whose place is gone the paragraph that is most
 * like the text it was written for, with the proposal put in. Null where nothing in the document is like it. Pure.
 */
export function draftByHand(change: ChangeJson, body: string): HandDraft | null {
  const { passage, slice, drift, replacement, original, proposed } = change;
  const { insert_after, insert_before } = change;
  if (passage) {
    const before = drift === "conflict" ? body.slice(passage.start, passage.end) : slice;
    return { passage, before, proposed: replacement };
  }
  const sought = original === "" ? (insert_after ?? insert_before ?? "") : original;
  const found = mostAlike(body, sought);
  if (!found) return null;
  const before = body.slice(found.start, found.end);
  const first =
    original !== ""
      ? putIn(before, original, proposed)
      : insert_after === null
        ? proposed + before
        : before + proposed;
  return { passage: found, before, proposed: first };
}

function mostAlike(body: string, sought: string): PassageJson | null {
  const wanted = words(sought);
  if (wanted.length === 0) return null;
  let best: PassageJson | null = null;
  let most = ALIKE;
  for (const { start, end, type } of splitDocument(body).blocks) {
    if (type === "space") continue;
    const has = new Set(words(body.slice(start, end)));
    const share = wanted.filter((word) => has.has(word)).length / wanted.length;
    if (share < most || (share === most && best)) continue;
    most = share;
    best = { start, end: start + body.slice(start, end).trimEnd().length };
  }
  return best;
}

/** The paragraph with `proposed` in place of what is left of `original`. */
function putIn(paragraph: string, original: string, proposed: string): string {
  const parts = diffWords(original, paragraph);
  const first = parts.findIndex(isLandmark);
  const last = parts.findLastIndex(isLandmark);
  if (first < 0) return proposed;
  const added = (from: number, to: number): string =>
    parts
      .slice(from, to)
      .map(({ kind, text }) => (kind === "added" ? text : ""))
      .join("");
  return added(0, first) + proposed + added(last + 1, parts.length);
}

function isLandmark({ kind, text }: { kind: string; text: string }): boolean {
  return kind === "equal" && text.trim() !== "";
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
