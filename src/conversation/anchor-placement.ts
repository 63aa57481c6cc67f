/** The passage that something said is about, as a person gave it. Pure. */
import type { DocumentIndex } from "../changes/document-index.ts";
import { locateEdit } from "../changes/locate.ts";
import { placeGiven } from "../changes/place-given.ts";
import type { Passage, Placement } from "../changes/placement.ts";
import { isPlaced } from "../changes/placement.ts";
import type { NewThread } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { CurrentDocument } from "../rfcs/documents.ts";
import { assertStorable } from "../storable.ts";

/** @throws UserError place-uncertain, invalid-request */
export function anchorPlacement(
  document: CurrentDocument,
  anchor: NonNullable<NewThread["anchor"]>,
): Placement {
  const { index } = document;
  if ("start" in anchor) {
    const { start, end, blobSha } = anchor;
    if (blobSha !== undefined && blobSha !== document.blobSha) {
      throw new UserError(
        "place-uncertain",
        "The document has changed since the passage was selected; select it again.",
      );
    }
    return placeAnchor(index, { start, end });
  }
  const { text, before = "", after = "" } = anchor;
  assertStorable(text, "anchor");
  const placement = locateEdit(
    index,
    { original: text, proposed: "" },
    before || after ? { context: { before, after } } : {},
  );
  if (!isPlaced(placement) || !placement.passage) {
    const why =
      placement.certainty === "none" ? "is not in the document" : "stands in several places";
    throw new UserError("place-uncertain", `The passage ${why}; select it in the document.`);
  }
  return placeAnchor(index, placement.passage);
}

/** An anchor is placed like a change that nobody has written yet. @throws UserError invalid-request */
export function placeAnchor(index: DocumentIndex, passage: Passage): Placement {
  if (passage.start === passage.end) {
    throw new UserError("invalid-request", "The anchor is empty; it must be a passage.");
  }
  const original = index.text.slice(passage.start, passage.end);
  return placeGiven(index, { original, proposed: original }, passage, "anchor");
}
