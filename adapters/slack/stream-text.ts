import { seenPart } from "../../src/rendering/invisible.ts";
import { neutraliseSlackMarkdown } from "../../src/rendering/neutralise.ts";

/** What may be the beginning of a control sequence: it depends on what follows. */
const UNDECIDED = /<(?:[@#]|![a-z]{0,9})?$/iu;
const HALF_A_CHARACTER = /[\uD800-\uDBFF]$/u;

/**
 * The text of one stream: made harmless as a whole, sent in parts. The parts together are what the whole gives,
 * wherever it was cut, so that no mention comes into being at a seam.
 */
export class StreamText {
  #raw = "";
  /** Characters of the harmless text that Slack has. */
  #sent = 0;
  #isEnded = false;

  add(text: string): void {
    this.#raw += text;
  }

  /** Nothing follows: what was held back goes too. */
  end(): void {
    this.#isEnded = true;
  }

  /** Characters that can be sent. */
  get waiting(): number {
    return this.#harmless("").length - this.#sent;
  }

  /** The next part, as if `more` had been added; at most `most` characters. */
  next(most: number, more = ""): string {
    const part = this.#harmless(more).slice(this.#sent, this.#sent + most);
    // A call must not end within a character.
    return part.length === most ? part.replace(/[\uD800-\uDBFF]$/u, "") : part;
  }

  sent(part: string): void {
    this.#sent += part.length;
  }

  #harmless(more: string): string {
    const raw = this.#raw + more;
    if (this.#isEnded) return neutraliseSlackMarkdown(raw);
    // What cannot be seen hides no beginning: it is not shown, and what follows joins on.
    const seen = seenPart(raw).replace(HALF_A_CHARACTER, "").toWellFormed();
    return neutraliseSlackMarkdown(seen.replace(UNDECIDED, ""));
  }
}
