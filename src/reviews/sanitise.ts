/**
 * Text of people and of the model inside a comment on GitHub: it pings nobody, hides and forges nothing, and
 * whatever it leaves open ends with it.
 *
 * Not by parsing Markdown as GitHub does, which nobody else can do exactly, but by writing text that leaves
 * nothing to interpretation: code fences stand at the margin and are always closed; every other backtick is
 * either one of a pair that encloses code within one line, or an entity. So each line begins and ends outside
 * of code, whatever paragraphs, lists or cells the lines form. What is code stays as it is; the rest loses
 * HTML, mentions, references to issues, link definitions, and links elsewhere than to the web.
 */
import { fencedBlock } from "../rendering/fenced-block.ts";
import { withoutInvisible } from "../rendering/invisible.ts";

/** Separators of Unicode too: Markdown does not break lines at them, but some of its parsers stumble. */
export const LINE_BREAK = /\r\n?|[\n\u2028\u2029]/;

const FENCE = /^([ \t]*)(`{3,}|~{3,})(.*)$/s;

/** Several lines of Markdown; ends without a line break. */
export function sanitiseMarkdown(text: string): string {
  const lines = withoutInvisible(text).split(LINE_BREAK);
  const inTable = lines.some(isTableRule);
  const result: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const fence = openingFence(line);
    if (fence === null) {
      result.push(new ProseReader(line, inTable).read());
      continue;
    }
    let end = at + 1;
    while (end < lines.length && !fence.closes(lines[end]!)) end++;
    const indent = new RegExp(`^[ \\t]{0,${fence.indent}}`);
    const code = lines.slice(at + 1, end).map((one) => one.replace(indent, ""));
    result.push(fencedBlock(fence.info, code));
    at = end;
  }
  return result
    .join("\n")
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
}

interface OpeningFence {
  /** Characters of white space before it. */
  indent: number;
  info: string;
  closes(line: string): boolean;
}

/** At any indentation: in a list it may be deep, and what is written in its place decides. */
function openingFence(line: string): OpeningFence | null {
  const match = FENCE.exec(line);
  if (match === null) return null;
  const [, indent = "", fence = "", rest = ""] = match;
  const mark = fence.charAt(0);
  if (mark === "`" && rest.includes("`")) return null;
  const closing = new RegExp(`^[ \\t]*${mark}{${fence.length},}[ \\t]*$`);
  return { indent: indent.length, info: harmlessInfo(rest), closes: (one) => closing.test(one) };
}

/** A suggestion would have a button that commits it; what GitHub makes of mathematics is not code any more. */
function harmlessInfo(info: string): string {
  const word = /^[A-Za-z][\w+#.-]{0,30}$/.exec(info.trim())?.[0] ?? "";
  return /^(?:suggestion|math)/i.test(word) ? "text" : word;
}

/** What can make a table of the line before; then a `|` within code divides cells. */
function isTableRule(line: string): boolean {
  return line.includes("|") && line.includes("-") && /^[\s|:>*+\-\d.)]*$/.test(line);
}

const HOST = /https?:\/\/[a-z\d-]+(?:\.[a-z\d-]+)+(?::\d+)?/.source;

/** An address that GitHub links by itself; it begins no later than here, and may end later. */
const ADDRESS = `(?<![a-z])${HOST}(?:[/?#](?:&(?![#a-z\\d]+;)|[^\\s<>()\`"'\\\\|[\\]*~&])*)?`;

const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]*);/;

const TOKEN = new RegExp(
  `${ADDRESS}|${ENTITY.source}|` +
    /`+|\\[!-/:-@[-`{-~]|[ \t]+|:\/\/|www\.|[<@]|#(?=\d)|(?<![a-z\d])GH-(?=\d)|~{3,}|!(?=\[)|\]\(/
      .source,
  "gi",
);

/** Entities that GitHub reads as what they stand for, and that then mean nothing. */
const HARMLESS_ENTITY = /^&(?:amp|lt|gt|quot|nbsp);$/;

/** A link whose address leaves no doubt where it ends. */
const WEB_LINK = new RegExp(`\\]\\((${HOST}(?:[/?#][^\\s()<>\`"'\\\\|]*)?)\\)`, "iy");

/** What may stand before a block's own text; more than needed does no harm. */
const CONTAINERS = /^[\s>*+\-\d.)]*/;

/** Brackets that close in their line and define nothing. */
const PLAIN_BRACKETS = /\[[^[\]\\`]*\](?!:)/y;

const BREAK = "&#8203;";

/** Rewrites one line that is not in a fence. */
class ProseReader {
  readonly #line: string;
  readonly #inTable: boolean;
  #result = "";
  #at = 0;
  /** Behind the beginning of what GitHub may link by itself: a backtick may belong to the address. */
  #inAddress = false;
  /** Whether there was an at sign since the last blank. */
  #hasAt = false;
  /** Lengths of runs of backticks that occur no more in the rest of the line. */
  readonly #unmatched = new Set<number>();

  constructor(line: string, inTable: boolean) {
    this.#line = line;
    this.#inTable = inTable;
  }

  read(): string {
    this.#head();
    const token = new RegExp(TOKEN);
    for (;;) {
      token.lastIndex = this.#at;
      const match = token.exec(this.#line);
      if (match === null) return this.#result + this.#line.slice(this.#at);
      this.#result += this.#line.slice(this.#at, match.index);
      this.#at = match.index;
      this.#result += this.#token(match[0]);
    }
  }

  /** A bracket that begins the text could define a link or a footnote, which would hide the line. */
  #head(): void {
    const start = CONTAINERS.exec(this.#line)![0].length;
    if (this.#line[start] !== "[") return;
    PLAIN_BRACKETS.lastIndex = start;
    if (PLAIN_BRACKETS.test(this.#line)) return;
    this.#result = `${this.#line.slice(0, start)}&#91;`;
    this.#at = start + 1;
  }

  /** What is written for the token, which is then behind. */
  #token(token: string): string {
    const start = this.#at;
    if (token.startsWith("`")) return this.#code(token);
    if (token === "](") return this.#link();
    this.#at += token.length;
    switch (token.charAt(0)) {
      case " ":
      case "\t":
        this.#inAddress = false;
        this.#hasAt = false;
        return token;
      case "\\":
        return this.#escaped(token);
      case "<":
        return "&lt;";
      case "@":
        return this.#atSign(start);
      case "&":
        if (HARMLESS_ENTITY.test(token)) return token;
        this.#at = start + 1;
        return "&amp;";
      case "~":
        return "&#126;".repeat(token.length);
      case "!":
        // The picture becomes a link: what it shows could look like words of ours.
        return "&#33;";
      case "#":
      case "G":
      case "g":
        return token + BREAK;
      default:
        this.#inAddress = true;
        return withoutMention(token);
    }
  }

  #code(fence: string): string {
    const start = this.#at;
    const end = this.#inAddress || this.#line[start - 1] === "$" ? -1 : this.#closing(fence);
    const code = end < 0 ? "" : this.#line.slice(start, end);
    if (end < 0 || (this.#inTable && code.includes("|"))) {
      this.#at = start + fence.length;
      return "&#96;".repeat(fence.length);
    }
    this.#at = end;
    return code;
  }

  /** Where the code ends that the run of backticks opens; -1 where nothing closes it. */
  #closing(fence: string): number {
    if (this.#unmatched.has(fence.length)) return -1;
    const run = /`+/g;
    run.lastIndex = this.#at + fence.length;
    for (let match = run.exec(this.#line); match !== null; match = run.exec(this.#line)) {
      if (match[0].length === fence.length) return run.lastIndex;
    }
    this.#unmatched.add(fence.length);
    return -1;
  }

  #link(): string {
    WEB_LINK.lastIndex = this.#at;
    const link = WEB_LINK.exec(this.#line);
    this.#at += link?.[0].length ?? 2;
    if (link === null) return "]&#40;";
    this.#inAddress = true;
    return `](${withoutMention(link[1]!)})`;
  }

  #escaped(token: string): string {
    const mark = token.charAt(1);
    if (mark === "@" || mark === "<" || mark === "&" || mark === "`" || mark === "~") {
      if (mark === "@") return this.#atSign(this.#at - 1);
      return `&#${mark.charCodeAt(0)};`;
    }
    return mark === "#" && /^\d/.test(this.#line.slice(this.#at)) ? token + BREAK : token;
  }

  /**
   * GitHub sees a mention where no letter or digit precedes it: in an address of mail none, but where that is
   * linked, what follows stands alone.
   */
  #atSign(at: number): string {
    const inMail = !this.#hasAt && /[a-z\d]/i.test(this.#line[at - 1] ?? "");
    this.#hasAt = true;
    return !inMail && /[a-z\d]/i.test(this.#line[at + 1] ?? "") ? `@${BREAK}` : "@";
  }
}

/** An address that means the same, and is no mention where it is not linked after all. */
function withoutMention(address: string): string {
  return address.replaceAll("@", "%40");
}

/** Characters that a name keeps. */
const MAX_LINE = 200;

/**
 * A name or a title as plain text in the middle of a line: nothing in it is Markdown. Beyond 200 characters it
 * ends in an ellipsis.
 */
export function sanitiseLine(text: string): string {
  const line = withoutInvisible(text.replace(/\s+/g, " ")).trim();
  const shown = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1).toWellFormed()}…` : line;
  return shown
    .replace(/@(?=[a-z\d])|#(?=\d)|(?<![a-z\d])GH-(?=\d)/gi, `$&\u200B`)
    .replace(/[&<>]/g, (mark) => `&#${mark.charCodeAt(0)};`)
    .replace(/[\\`*_[\]|~!$]/g, "\\$&")
    .replaceAll("\u200B", BREAK);
}

/** @param url an address of ours; what could end it is encoded */
export function markdownLink(label: string, url: string): string {
  const address = url.replace(/[ \t\r\n()<>\\`"'|@]/g, (mark) => {
    return `%${mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `[${sanitiseLine(label)}](${address})`;
}
