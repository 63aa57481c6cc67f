/**
 * One change block, from after its opening tag to its end.
 */
import { isSpace, LESS_THAN, type Tag } from "./parser-tags.ts";
import type {
  BlockFields,
  FieldName,
  MalformedCode,
  ParserLimits,
  ParserWarning,
  WholeFields,
} from "./parser-events.ts";

/** What a tag did: it belongs to the block; it is the block's last; the block ended before it. */
export type TagEffect = "inside" | "closed" | "broken";

/** What became of a block. */
export type Verdict =
  | { kind: "change"; fields: WholeFields }
  | { kind: "malformed"; code: MalformedCode; partial: BlockFields };

type State =
  /** Between the fields. */
  | "between"
  /** In a field's body. */
  | "body"
  /** After a body's closing tag, which what follows has to confirm. */
  | "closing";

/** Whether all is white space; the time is that of the white space it begins with. */
function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isSpace(text.charCodeAt(i))) return false;
  return true;
}

/** Why a block with these fields proposes nothing that can be done; null if it does. */
function findFault({ original, proposed, after, before }: BlockFields): MalformedCode | null {
  if (original === undefined) return "missing_original";
  if (proposed === undefined) return "missing_proposed";
  if (original === "" && !after && !before) return "insertion_without_anchor";
  return original === proposed ? "noop" : null;
}

/**
 * The body of a field: takes away the newline after the opening tag and, if there was one, that before the
 * closing tag. The latter is why a body's last newline is kept back until it is known what follows.
 */
class Body {
  text = "";
  /** `\n` or `\r\n` that may be the last of the body, or a `\r` that may begin one. */
  #kept = "";
  /** Whether a newline followed the opening tag; null as long as that is open. */
  #block: boolean | null = null;

  /** @returns what is now known to belong to the body, of `text` and what was kept back. */
  take(text: string): string {
    let known = this.#kept === "" ? text : this.#kept + text;
    this.#kept = "";
    if (this.#block === null) {
      if (known === "\r") {
        this.#kept = known;
        return "";
      }
      const newline = known.startsWith("\n") ? 1 : known.startsWith("\r\n") ? 2 : 0;
      this.#block = newline > 0;
      known = known.slice(newline);
    }
    if (!this.#block) return known;
    const last = known.charCodeAt(known.length - 1);
    if (last !== 10 && last !== 13) return known;
    const length = last === 10 && known.charCodeAt(known.length - 2) === 13 ? 2 : 1;
    this.#kept = known.slice(-length);
    return known.slice(0, -length);
  }

  /** @returns what still belongs to the body, now that its closing tag follows. */
  finish(): string {
    return this.#kept === "\r" ? this.#kept : "";
  }
}

export interface ChangeBlockOptions {
  /** Offset of its opening tag. */
  at: number;
  limits: ParserLimits;
  /** Is told each piece of a body that is kept. */
  onDelta: ((field: FieldName, text: string) => void) | null;
}

/**
 * The state machine of a block: takes text and tags in order, never looks back further than a tag. Text may
 * come in any pieces. Once something is wrong, it goes on to the block's end all the same: so nothing of the
 * block is taken for prose, and the fields that follow can still be shown.
 *
 * A body may speak of change blocks itself. In it,
 * - an opening `<change>` that is not the beginning of a block (`breaks` is false) is text; when a field's
 *   opening tag follows it, a nested block has begun, and no tag closes anything before the nested block's
 *   own `</change>`;
 * - `</change>` is text when other text touches it on both sides, as in `` `</change>` ``; otherwise, or
 *   right after a field's closing tag, it ends the nested block, or the block;
 * - the field's closing tag closes when white space and then a field's opening tag, a `<change>`, a
 *   `</change>` or the end follow.
 */
export class ChangeBlock {
  readonly at: number;
  readonly warnings: ParserWarning[] = [];
  readonly #limits: ParserLimits;
  readonly #onDelta: ((field: FieldName, text: string) => void) | null;
  readonly #fields: BlockFields = {};
  #failure: MalformedCode | null = null;
  #state: State = "between";
  /** Nothing more of the block is kept. */
  #frozen = false;

  #field: FieldName = "original";
  #body = new Body();
  #text = "";
  /** Nothing more of this body is kept. */
  #muted = false;
  /** This body is not the field's: the field stood before. */
  #discarded = false;

  /** The closing tag, and the white space after it, that wait for confirmation. */
  #held = "";
  #heldSpace = 0;
  /** A `</change>` that the next character tells to be the end or text. */
  #undecided: string | null = null;
  /** Nested blocks that are open in the body. */
  #depth = 0;
  /** A `<change>` stood in the body, with nothing but white space since. */
  #maybeNested = false;
  /** A field's closing tag stood in the body, with nothing but white space since. */
  #afterClose = false;
  /** The body's last character is white space, or there is none. */
  #afterSpace = true;

  constructor(options: ChangeBlockOptions) {
    this.at = options.at;
    this.#limits = options.limits;
    this.#onDelta = options.onDelta;
  }

  get inBody(): boolean {
    return this.#state === "body";
  }

  /** Whether `decide` must be asked before the next character is read. */
  get undecided(): boolean {
    return this.#undecided !== null;
  }

  warn(warning: ParserWarning): void {
    if (!this.warnings.includes(warning)) this.warnings.push(warning);
  }

  /** Notes what is wrong; the first stays. */
  fail(code: MalformedCode): void {
    this.#failure ??= code;
  }

  /** From now on nothing is kept. */
  freeze(): void {
    this.#frozen = true;
    this.#muted = true;
  }

  text(text: string): void {
    if (this.#state === "between") {
      if (!isBlank(text)) this.warn("stray_text");
      return;
    }
    if (this.#state === "closing") {
      const space = isBlank(text) ? this.#heldSpace + text.length : Infinity;
      if (space <= this.#limits.hold) {
        this.#heldSpace = space;
        this.#held += text;
        return;
      }
      this.#reopen();
    }
    if (this.#maybeNested) this.#maybeNested = isBlank(text);
    if (this.#afterClose) this.#afterClose = isBlank(text);
    this.#afterSpace = isSpace(text.charCodeAt(text.length - 1));
    this.#append(text);
  }

  /** A tag that is longer than tags may be; `raw` is as much of it as a tag may have. */
  overlongTag(raw: string): void {
    if (this.#state === "between") this.fail("limit_tag");
    else this.text(raw);
  }

  /** `breaks`: whether an opening `<change>` in a body ends this block. */
  tag(tag: Tag, breaks: boolean): TagEffect {
    if (this.#state === "closing") {
      if (!tag.closing || tag.name === "change") this.#closeField();
      else this.#reopen();
    }
    return this.#state === "between" ? this.#tagBetween(tag) : this.#tagInBody(tag, breaks);
  }

  /** @returns whether the block ended before the character `code`, which follows a `</change>`. */
  decide(code: number): boolean {
    const raw = this.#undecided;
    if (raw === null) return false;
    this.#undecided = null;
    const ends = isSpace(code) || code === LESS_THAN;
    if (ends) return this.#changeCloses(raw) === "closed";
    if (this.#depth === 0) this.warn("literal_close_tag");
    this.#appendTag(raw);
    return false;
  }

  /** The stream ends. @returns whether that, rather than a tag, ended the block. */
  end(): boolean {
    if (this.#undecided !== null && this.#changeCloses(this.#undecided) === "closed") return false;
    if (this.#state === "closing") this.#closeField();
    this.fail(this.#state === "between" ? "unclosed_change" : `unclosed_${this.#field}`);
    return true;
  }

  /** What became of the block, once it has ended. */
  verdict(): Verdict {
    const fields = this.#fields;
    const code = this.#failure ?? findFault(fields);
    if (code === null) {
      if (fields.reason === undefined) this.warn("missing_reason");
      return { kind: "change", fields: fields as WholeFields };
    }
    if (this.#state !== "between" && !this.#discarded) fields[this.#field] = this.#text;
    return { kind: "malformed", code, partial: fields };
  }

  #tagBetween(tag: Tag): TagEffect {
    const { name } = tag;
    if (name === "change") {
      if (tag.closing) return "closed";
      this.fail("unclosed_change");
      return "broken";
    }
    if (tag.closing) {
      this.warn("stray_close_tag");
      return "inside";
    }
    const again = this.#fields[name] !== undefined;
    if (again) this.fail(`duplicate_${name}`);
    this.#openField(name, again || this.#frozen);
    return "inside";
  }

  #tagInBody(tag: Tag, breaks: boolean): TagEffect {
    const { name, closing, raw } = tag;
    if (name === "change")
      return closing ? this.#changeTagCloses(raw) : this.#changeTagOpens(raw, breaks);
    if (closing && name === this.#field && this.#depth === 0) {
      this.#state = "closing";
      this.#held = raw;
      this.#heldSpace = 0;
      return "inside";
    }
    if (!closing && this.#maybeNested) this.#depth++;
    else if (this.#depth === 0) this.warn(closing ? "literal_close_tag" : "literal_open_tag");
    this.#appendTag(raw);
    this.#afterClose = closing;
    return "inside";
  }

  #changeTagOpens(raw: string, breaks: boolean): TagEffect {
    if (breaks) {
      this.fail(`unclosed_${this.#field}`);
      return "broken";
    }
    this.#appendTag(raw);
    this.#maybeNested = true;
    return "inside";
  }

  #changeTagCloses(raw: string): TagEffect {
    if (this.#maybeNested) {
      this.#appendTag(raw);
      return "inside";
    }
    if (this.#afterClose || this.#afterSpace) return this.#changeCloses(raw);
    this.#undecided = raw;
    return "inside";
  }

  /** A `</change>` that is one: of a nested block, or else of this one. */
  #changeCloses(raw: string): TagEffect {
    if (this.#depth === 0) {
      this.fail(`unclosed_${this.#field}`);
      return "closed";
    }
    this.#depth--;
    this.#appendTag(raw);
    return "inside";
  }

  #openField(name: FieldName, discarded: boolean): void {
    this.#state = "body";
    this.#field = name;
    this.#body = new Body();
    this.#text = "";
    this.#discarded = discarded;
    this.#muted = discarded;
    this.#depth = 0;
    this.#maybeNested = false;
    this.#afterClose = false;
    this.#afterSpace = true;
  }

  #closeField(): void {
    this.#keep(this.#body.finish());
    if (!this.#discarded) this.#fields[this.#field] = this.#text;
    this.#state = "between";
  }

  /** What looked like the body's closing tag was text. */
  #reopen(): void {
    this.#state = "body";
    this.warn("literal_close_tag");
    this.#appendTag(this.#held);
  }

  /** A tag that is text of the body. */
  #appendTag(raw: string): void {
    this.#append(raw);
    this.#maybeNested = false;
    this.#afterClose = false;
    this.#afterSpace = false;
  }

  #append(text: string): void {
    this.#keep(this.#body.take(text));
  }

  #keep(text: string): void {
    if (text === "" || this.#muted) return;
    const room = this.#limits.field - this.#text.length;
    const kept = text.length > room ? text.slice(0, room) : text;
    this.#text += kept;
    if (kept !== "") this.#onDelta?.(this.#field, kept);
    if (kept !== text) this.fail("limit_field");
  }
}
