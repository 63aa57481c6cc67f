/**
 * The streaming parser of change blocks: from a model's reply, in deltas of any size, to prose for the reader
 * and proposed changes.
 *
 * ```
 * block := at a line's start, ≤ 3 spaces: "<change" attributes? ">" ( white space | field )* "</change>"
 * field := "<"F attributes? ">" body "</"F">"      F ∈ original | proposed | reason | after | before
 * ```
 *
 * **Tags** are read in any case, the fields in any order. Attributes, in closing tags too, are allowed and,
 * but for `k`, mean nothing; they hold neither `<` nor `>`.
 *
 * **Live or not.** With a nonce, a block is live when its opening tag has it as attribute `k`; without one,
 * every block is. What is not live is prose: a block inside a code fence (see `FenceTracker`), or without
 * the mark. It streams as text, and is reported as `quoted` when it turns out whole. Where a block cannot
 * begin at all (mid-line, indented by more, in a block quote) its tags are plain text. Lines are those of the
 * prose: a live block takes no part in them, so another may begin directly behind it. The fences inside a
 * whole unmarked block are its own and not the prose's.
 *
 * **Bodies** are kept to the letter. `<f>X</f>` has the body X. When a newline (LF or CRLF) follows the
 * opening tag, that newline and the one before the closing tag are layout: `<f>⏎X⏎</f>` has the body X, for
 * every X, be it `line⏎`; if X is empty, one newline is enough. So `<f></f>`, `<f>⏎</f>` and `<f>⏎⏎</f>` are
 * empty, and `<f>⏎⏎⏎</f>` is one newline. Spaces between the newline and a tag belong to the body.
 *
 * **The end of a block** is its `</change>`, or a `<change>` that begins the next (it then lacks its end), or
 * the end of the reply. A `<change>` without the mark that stands between fields ends the block likewise and
 * is itself prose; inside a body it is text: see `ChangeBlock` for how a body may hold whole blocks.
 *
 * **Limits** (`ParserLimits`): a live block that breaks one is malformed, and is read to its end. A tag that
 * is too long is no tag; where it can only have been meant as one, the block is malformed. Beyond the limit
 * of the whole reply, the block that is open there, or else the next to come, is reported as `limit_reply`;
 * after it no block is live, and all is text.
 *
 * One pass: each character is looked at a fixed number of times, whatever the deltas. Kept back are at most
 * a tag (`tag`), and in a body a newline, a closing tag and the white space after it (`hold`).
 */
import { FenceTracker, type Fence } from "./fences.ts";
import { ChangeBlock } from "./parser-block.ts";
import {
  DEFAULT_LIMITS,
  type FieldName,
  type ParserEvent,
  type ParserLimits,
  type StreamEnd,
} from "./parser-events.ts";
import { isMarked, LESS_THAN, MORE, type Tag, TagMatcher, TOO_LONG, WHOLE } from "./parser-tags.ts";

export type {
  BlockFields,
  FieldName,
  ParserEvent,
  ParserLimits,
  StreamEnd,
} from "./parser-events.ts";

export interface ChangeParserOptions {
  /** The turn's mark. Without one, every block at a line's start and outside of fences is live. */
  nonce?: string | undefined;
  limits?: Partial<ParserLimits>;
  /** Called during `write` and `end`, in the order of the reply. Must not throw. */
  emit: (event: ParserEvent) => void;
}

interface LiveBlock {
  ordinal: number;
  block: ChangeBlock;
}

interface QuotedBlock {
  block: ChangeBlock;
  /** The fence in which it stands; null for an unmarked one. */
  fence: Fence | null;
}

export class ChangeParser {
  readonly #nonce: string | undefined;
  readonly #limits: ParserLimits;
  readonly #emit: (event: ParserEvent) => void;
  readonly #lines = new FenceTracker();
  readonly #matcher: TagMatcher;
  /** Offset of the current delta in the reply. */
  #offset = 0;
  /** Offset of the `<` of a possible tag that is being read; -1 if there is none. */
  #tagAt = -1;
  /** What earlier deltas brought of the possible tag. */
  #tagHead = "";
  #live: LiveBlock | null = null;
  #quoted: QuotedBlock | null = null;
  #ordinals = 0;
  /** The limit of the reply is passed. */
  #past = false;
  /** No block is live any more. */
  #spent = false;
  #ended = false;

  constructor(options: ChangeParserOptions) {
    this.#nonce = options.nonce;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#emit = options.emit;
    this.#matcher = new TagMatcher(this.#limits.tag);
  }

  /** The next piece of the reply. After `end` it is ignored. */
  write(delta: string): void {
    if (this.#ended) return;
    const room = this.#limits.reply - this.#offset;
    if (this.#past || delta.length <= room) return this.#read(delta);
    this.#read(delta.slice(0, room));
    this.#past = true;
    this.#quoted = null;
    this.#live?.block.fail("limit_reply");
    this.#live?.block.freeze();
    this.#read(delta.slice(room));
  }

  /** The reply is over; a live block that is still open is reported as malformed. */
  end(how: StreamEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#tagAt >= 0) this.#readNoTag(this.#takeTag("", 0));
    if (this.#live === null) return;
    const cut = this.#live.block.end();
    this.#closeLive(this.#live, this.#offset, cut ? how : undefined);
  }

  #read(delta: string): void {
    let i = 0;
    while (i < delta.length) {
      if (this.#tagAt >= 0) i = this.#readTag(delta, i);
      else if (this.#live !== null) i = this.#readBlock(this.#live, delta, i);
      else i = this.#readProse(delta, i);
    }
    if (this.#tagAt >= 0) this.#tagHead += delta.slice(Math.max(0, this.#tagAt - this.#offset));
    this.#offset += delta.length;
  }

  #readProse(delta: string, from: number): number {
    const quoted = this.#quoted;
    if (quoted !== null && quoted.block.undecided && quoted.block.decide(delta.charCodeAt(from))) {
      this.#quoted = null;
    }
    const to = this.#lines.scan(delta, from, this.#quoted !== null);
    if (to > from) {
      const text = from === 0 && to === delta.length ? delta : delta.slice(from, to);
      this.#emit({ type: "text", text });
      this.#quoted?.block.text(text);
    }
    return to < delta.length ? this.#startTag(to) : to;
  }

  #readBlock(live: LiveBlock, delta: string, from: number): number {
    const { block } = live;
    if (block.undecided && block.decide(delta.charCodeAt(from))) {
      this.#closeLive(live, this.#offset + from);
      return from;
    }
    let to = from;
    while (to < delta.length && delta.charCodeAt(to) !== LESS_THAN) to++;
    if (to > from) block.text(from === 0 && to === delta.length ? delta : delta.slice(from, to));
    return to < delta.length ? this.#startTag(to) : to;
  }

  /** Begins a possible tag at the `<` at index `at` of the delta. @returns the index after it. */
  #startTag(at: number): number {
    this.#tagAt = this.#offset + at;
    this.#matcher.start();
    return at + 1;
  }

  #readTag(delta: string, from: number): number {
    for (let i = from; i < delta.length; i++) {
      const step = this.#matcher.step(delta.charCodeAt(i));
      if (step === MORE) continue;
      const at = this.#tagAt;
      if (step === WHOLE) {
        const { name, closing } = this.#matcher;
        const tag: Tag = { name, closing, raw: this.#takeTag(delta, i + 1) };
        if (this.#live !== null) this.#readBlockTag(this.#live, tag, at);
        else this.#readProseTag(tag, at);
        return i + 1;
      }
      const raw = this.#takeTag(delta, i);
      if (step === TOO_LONG) this.#readLongTag(raw, at);
      else this.#readNoTag(raw);
      return i;
    }
    return delta.length;
  }

  /** @returns what the possible tag was, up to index `to` of the delta. */
  #takeTag(delta: string, to: number): string {
    const raw = this.#tagHead + delta.slice(Math.max(0, this.#tagAt - this.#offset), to);
    this.#tagAt = -1;
    this.#tagHead = "";
    return raw;
  }

  /** What looked like a tag is text. */
  #readNoTag(raw: string): void {
    if (this.#live !== null) return this.#live.block.text(raw);
    this.#showTag(raw);
    this.#quoted?.block.text(raw);
  }

  /** `raw`: as much of a tag as a tag may be long, without its end. */
  #readLongTag(raw: string, at: number): void {
    if (this.#live !== null) return this.#live.block.overlongTag(raw);
    const { name, closing } = this.#matcher;
    // Without a nonce, a line of prose that begins with "<change " would be swallowed.
    const meant = name === "change" && !closing && this.#nonce !== undefined;
    if (meant && this.#lines.atLineStart && this.#isLive(raw)) {
      this.#open(at).block.fail("limit_tag");
      return;
    }
    this.#showTag(raw);
    this.#quoted?.block.overlongTag(raw);
  }

  #readBlockTag(live: LiveBlock, tag: Tag, at: number): void {
    const opens = tag.name === "change" && !tag.closing;
    const breaks = opens && this.#hasMark(tag.raw);
    const { inBody } = live.block;
    const effect = live.block.tag(tag, breaks);
    if (effect === "inside") return;
    if (effect === "closed") return this.#closeLive(live, at + tag.raw.length);
    this.#closeLive(live, at);
    if (!breaks || this.#spent) return this.#readProseTag(tag, at);
    const { block } = this.#open(at);
    if (inBody) block.warn("opened_inside_field");
  }

  #readProseTag(tag: Tag, at: number): void {
    const begins = tag.name === "change" && !tag.closing && this.#lines.atLineStart;
    if (begins && this.#isLive(tag.raw)) {
      this.#open(at);
      return;
    }
    const { fence } = this.#lines;
    this.#showTag(tag.raw);
    if (begins) this.#quoted = this.#past ? null : { block: this.#newBlock(at), fence };
    else if (this.#quoted !== null) this.#readQuotedTag(this.#quoted, tag, at);
  }

  #readQuotedTag(quoted: QuotedBlock, tag: Tag, at: number): void {
    const effect = quoted.block.tag(tag, true);
    if (effect === "inside") return;
    this.#quoted = null;
    if (effect === "broken") return;
    if (quoted.fence !== null && quoted.fence !== this.#lines.fence) return;
    const verdict = quoted.block.verdict();
    if (verdict.kind === "malformed") return;
    if (quoted.fence === null) this.#lines.leaveAll();
    this.#emit({
      type: "quoted",
      why: quoted.fence === null ? "unmarked" : "fenced",
      fields: verdict.fields,
      warnings: quoted.block.warnings,
      at: quoted.block.at,
      end: at + tag.raw.length,
    });
  }

  /** A tag, or what looked like one, is shown as prose. */
  #showTag(raw: string): void {
    this.#lines.read(raw);
    this.#emit({ type: "text", text: raw });
  }

  #hasMark(raw: string): boolean {
    return this.#nonce === undefined || isMarked(raw, this.#nonce);
  }

  /** Whether an opening tag at a line's start begins a live block. */
  #isLive(raw: string): boolean {
    return !this.#spent && this.#lines.fence === null && this.#hasMark(raw);
  }

  #newBlock(at: number, onDelta: ((field: FieldName, text: string) => void) | null = null) {
    return new ChangeBlock({ at, limits: this.#limits, onDelta });
  }

  #open(at: number): LiveBlock {
    const ordinal = this.#ordinals++;
    const emit = this.#emit;
    const block = this.#newBlock(at, (field, text) =>
      emit({ type: "delta", ordinal, field, text }),
    );
    if (this.#past) {
      block.fail("limit_reply");
      block.freeze();
    } else if (ordinal >= this.#limits.blocks) block.fail("limit_blocks");
    this.#quoted = null;
    this.#live = { ordinal, block };
    emit({ type: "open", ordinal, at });
    return this.#live;
  }

  #closeLive(live: LiveBlock, end: number, ended?: StreamEnd): void {
    const { ordinal, block } = live;
    const { at, warnings } = block;
    this.#live = null;
    this.#spent = this.#past;
    const verdict = block.verdict();
    if (verdict.kind === "change") {
      this.#emit({ type: "change", ordinal, fields: verdict.fields, warnings, at, end });
      return;
    }
    const { code, partial } = verdict;
    const why = ended === undefined ? { code } : { code, ended };
    this.#emit({ type: "malformed", ordinal, ...why, partial, warnings, at, end });
  }
}

/**
 * Parses a whole reply.
 *
 * @param how how the stream ended; by default it was complete.
 */
export function parseReply(
  reply: string,
  options: { nonce?: string; how?: StreamEnd; limits?: Partial<ParserLimits> } = {},
): ParserEvent[] {
  const { how = "complete", ...rest } = options;
  const events: ParserEvent[] = [];
  const parser = new ChangeParser({ ...rest, emit: (event) => events.push(event) });
  parser.write(reply);
  parser.end(how);
  return mergeEvents(events);
}

/** Joins neighbouring texts, and neighbouring deltas of one field: the same however the reply was cut. */
export function mergeEvents(events: readonly ParserEvent[]): ParserEvent[] {
  const merged: ParserEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (last?.type === "text" && event.type === "text") {
      merged[merged.length - 1] = { ...last, text: last.text + event.text };
    } else if (
      last?.type === "delta" &&
      event.type === "delta" &&
      last.ordinal === event.ordinal &&
      last.field === event.field
    ) {
      merged[merged.length - 1] = { ...last, text: last.text + event.text };
    } else merged.push(event);
  }
  return merged;
}
