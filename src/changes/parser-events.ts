/**
 * What the parser of change blocks says, and its limits.
 */

/** The fields of a change block. `after` and `before` hold the passage that an insertion hangs on. */
export type FieldName = "original" | "proposed" | "reason" | "after" | "before";

/** The bodies of a block, character for character. */
export type BlockFields = Partial<Record<FieldName, string>>;

/** The bodies of a block that proposes something. */
export type WholeFields = BlockFields & { original: string; proposed: string };

/** How the stream ended: all said, the token limit, a failure of the provider, a cancel. */
export type StreamEnd = "complete" | "max_tokens" | "error" | "abort";

/**
 * Why a live block is no change. Where several apply, the first that showed.
 * - `unclosed_…`: the tag is missing that closes the block or the field.
 * - `duplicate_…`: the field stands twice.
 * - `noop`: original and proposed are the same.
 * - `insertion_without_anchor`: an empty original, and neither `after` nor `before` holds a passage.
 * - `limit_…`: see `ParserLimits`. There is none for `hold`: beyond it a closing tag is text, with a warning.
 */
export type MalformedCode =
  | "unclosed_change"
  | `unclosed_${FieldName}`
  | `duplicate_${FieldName}`
  | "missing_original"
  | "missing_proposed"
  | "noop"
  | "insertion_without_anchor"
  | "limit_blocks"
  | "limit_field"
  | "limit_reply"
  | "limit_tag";

/**
 * What is odd about a block that is whole all the same. After `literal_close_tag`, `literal_open_tag` and
 * `opened_inside_field` it may have been meant differently: a person has to look.
 * - `missing_reason`: there is no reason field.
 * - `literal_close_tag`, `literal_open_tag`: a body holds a tag of this grammar, taken for text.
 * - `stray_text`, `stray_close_tag`: between the fields stands what does not belong there.
 * - `opened_inside_field`: the block began before the one before it had closed its field.
 */
export type ParserWarning =
  | "missing_reason"
  | "literal_close_tag"
  | "literal_open_tag"
  | "stray_text"
  | "stray_close_tag"
  | "opened_inside_field";

/** Upper bounds, inclusive. All lengths are in UTF-16 units. */
export interface ParserLimits {
  /** Live blocks in a reply. */
  blocks: number;
  /** Length of one field's body. */
  field: number;
  /** Length of the part of a reply in which blocks are looked for. */
  reply: number;
  /** Length of one tag, angle brackets included. */
  tag: number;
  /** White space after a field's closing tag, within which it must show that it does close. */
  hold: number;
}

export const DEFAULT_LIMITS: ParserLimits = {
  blocks: 50,
  field: 65_536,
  reply: 524_288,
  tag: 128,
  hold: 1_024,
};

/**
 * `ordinal` counts the live blocks of a reply from 0; each has one `open` and then one `change` or
 * `malformed`. `at` and `end` are UTF-16 offsets in the whole reply. All `text` and all live blocks'
 * `[at, end)`, in order, are the reply.
 */
export type ParserEvent =
  /** Prose for the reader, never empty. */
  | { type: "text"; text: string }
  /** A live block began. */
  | { type: "open"; ordinal: number; at: number }
  /** The next piece of a live block's field, never empty; together they are the field's body. */
  | { type: "delta"; ordinal: number; field: FieldName; text: string }
  | {
      type: "change";
      ordinal: number;
      fields: WholeFields;
      warnings: ParserWarning[];
      at: number;
      end: number;
    }
  /** `ended` is set where the end of the stream ended the block. */
  | {
      type: "malformed";
      ordinal: number;
      code: MalformedCode;
      ended?: StreamEnd;
      partial: BlockFields;
      warnings: ParserWarning[];
      at: number;
      end: number;
    }
  /** A whole block that is not live: inside a code fence, or without the turn's mark. It was shown as text. */
  | {
      type: "quoted";
      why: "fenced" | "unmarked";
      fields: WholeFields;
      warnings: ParserWarning[];
      at: number;
      end: number;
    };
