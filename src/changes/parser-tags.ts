/**
 * Tags of the change grammar, read one character at a time.
 */
import type { FieldName } from "./parser-events.ts";

type TagName = FieldName | "change";

/** A tag as it was written; `raw` is all of it. */
export interface Tag {
  name: TagName;
  closing: boolean;
  raw: string;
}

/** What a character made of a possible tag: nothing yet, its end, no tag at all, no tag for its length. */
type TagStep = typeof MORE | typeof WHOLE | typeof NO_TAG | typeof TOO_LONG;
export const MORE = 0;
export const WHOLE = 1;
const NO_TAG = 2;
export const TOO_LONG = 3;

export const LESS_THAN = 60;
const GREATER_THAN = 62;
const SLASH = 47;

/** The white space of HTML: what may separate attributes, and fields. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** The only tag name that begins with this letter, in any case. */
function nameByInitial(code: number): TagName | null {
  switch (code | 32) {
    case 99:
      return "change";
    case 111:
      return "original";
    case 112:
      return "proposed";
    case 114:
      return "reason";
    case 97:
      return "after";
    case 98:
      return "before";
    default:
      return null;
  }
}

/**
 * Follows one possible tag from its `<` on: `<name …>` or `</name …>`, the name in any case, then white
 * space and attributes without `<` and `>`. Says as early as can be known that it is none, so what is not
 * known to be text or tag stays short.
 */
export class TagMatcher {
  name: TagName = "change";
  closing = false;
  readonly #limit: number;
  #length = 0;
  /** Letters of the name that are read; -1 once attributes follow. */
  #letters = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Begins after a `<`. */
  start(): void {
    this.closing = false;
    this.#length = 1;
    this.#letters = 0;
  }

  /** The next character. With `NO_TAG` and `TOO_LONG` it does not belong to what was read so far. */
  step(code: number): TagStep {
    if (this.#length >= this.#limit) return TOO_LONG;
    this.#length++;
    if (this.#letters < 0) {
      return code === GREATER_THAN ? WHOLE : code === LESS_THAN ? NO_TAG : MORE;
    }
    if (this.#letters === 0) return this.#initial(code);
    const name = this.name;
    if (this.#letters < name.length) {
      // No other code than a letter's two cases gives the letter when its 32 is set.
      if ((code | 32) !== name.charCodeAt(this.#letters)) return NO_TAG;
      this.#letters++;
      return MORE;
    }
    if (code === GREATER_THAN) return WHOLE;
    if (!isSpace(code)) return NO_TAG;
    this.#letters = -1;
    return MORE;
  }

  #initial(code: number): TagStep {
    if (code === SLASH && !this.closing) {
      this.closing = true;
      return MORE;
    }
    const name = nameByInitial(code);
    if (name === null) return NO_TAG;
    this.name = name;
    this.#letters = 1;
    return MORE;
  }
}

const ATTRIBUTE = /([^\s=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/g;

/** Whether an opening tag (or its beginning) has the attribute `k` with this value; as in HTML, the first `k` counts. */
export function isMarked(raw: string, nonce: string): boolean {
  const attributes = raw.slice("<change".length);
  for (const [, name, double, single, bare] of attributes.matchAll(ATTRIBUTE)) {
    if (name === "k" || name === "K") return (double ?? single ?? bare) === nonce;
  }
  return false;
}
