import { UserError } from "../errors.ts";
import type { DocumentIndex } from "./document-index.ts";
import type { ProposedEdit } from "./locate.ts";
import { placeAt } from "./locate.ts";
import type { Passage, Placement } from "./placement.ts";

/**
 * The placement at a passage that somebody gave. Pure.
 *
 * @param what the passage is for, as the sentence of the refusal calls it
 * @throws UserError invalid-request for what is no passage of the document
 */
export function placeGiven(
  index: DocumentIndex,
  edit: ProposedEdit,
  passage: Passage,
  what: string,
): Placement {
  try {
    if (!Number.isInteger(passage.start) || !Number.isInteger(passage.end)) {
      throw new RangeError(`offsets are whole numbers: ${passage.start} to ${passage.end}`);
    }
    return placeAt(index, edit, passage);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const length = index.text.length;
    throw new UserError(
      "invalid-request",
      `The ${what} must be a passage within the document's ${length} characters, and cut none of them.`,
      { cause: error },
    );
  }
}
