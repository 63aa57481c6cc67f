/**
 * Footnotes as `marked` extensions. A document is rendered block by block, so a note is shown where it is
 * defined, and reference and note point at each other by their addresses: nothing here needs an id.
 */
import type { Lexer, Parser, Token, TokenizerAndRendererExtension } from "marked";
import { escapeHtml } from "./html-tree.ts";

interface Definition {
  label: string;
  tokens: Token[];
}

/** A definition's first line (not one that is itself a definition: they would nest without end), the lines that continue its paragraph, and indented ones below it. */
const DEFINITION =
  /^ {0,3}\[\^([^\]\s]+)\]:(?![ \t]*\[\^[^\]\s]+\]:)[ \t]*([^\n]*(?:\n(?! {0,3}(?:\[\^|#|>|[-*+] |\d+[.)] |```|~~~))[ \t]*\S[^\n]*|\n(?:[ \t]*\n)*(?: {4}|\t)[ \t]*\S[^\n]*)*)(?:\n+|$)/;
const REFERENCE = /^\[\^([^\]\s]+)\](?!\()/;

/** The address of a note, and of what refers to it. */
export const NOTE = "#note:";
export const NOTE_REFERENCE = "#note-reference:";

/** Labels are kept among the document's link definitions, under a name that no link can have. */
function key(label: string): string {
  return `[^${label.toLowerCase()}`;
}

function link(address: string, label: string, text: string, title: string): string {
  const href = escapeHtml(address + encodeURIComponent(label.toLowerCase()));
  return `<a href="${href}" title="${title}">${text}</a>`;
}

export const footnotes: TokenizerAndRendererExtension[] = [
  {
    name: "footnoteDefinition",
    level: "block",
    start(source: string) {
      const at = /\n {0,3}\[\^/.exec(source)?.index;
      return at === undefined ? undefined : at + 1;
    },
    tokenizer(this: { lexer: Lexer }, source: string) {
      const match = DEFINITION.exec(source);
      if (!match) return undefined;
      const label = match[1]!;
      this.lexer.tokens.links[key(label)] = { href: "", title: null };
      const tokens = this.lexer.blockTokens(match[2]!.replace(/\n(?: {4}|\t)/g, "\n"), []);
      return { type: "footnoteDefinition", raw: match[0], label, tokens };
    },
    renderer(this: { parser: Parser }, token: Token) {
      const { label, tokens } = token as unknown as Definition;
      const back = link(NOTE_REFERENCE, label, "↩", "Back to the text");
      const body = this.parser.parse(tokens).trimEnd();
      const lead = `<sup>${escapeHtml(label)}</sup> `;
      const opened = body.startsWith("<p>")
        ? `<p>${lead}${body.slice(3)}`
        : `<p>${lead}</p>${body}`;
      return opened.endsWith("</p>")
        ? `${opened.slice(0, -4)} ${back}</p>\n`
        : `${opened}<p>${back}</p>\n`;
    },
  },
  {
    name: "footnoteReference",
    level: "inline",
    start: (source: string) => /\[\^/.exec(source)?.index,
    tokenizer(this: { lexer: Lexer }, source: string) {
      const match = REFERENCE.exec(source);
      if (!match || !(key(match[1]!) in this.lexer.tokens.links)) return undefined;
      return { type: "footnoteReference", raw: match[0], label: match[1]! };
    },
    renderer(token: Token) {
      const { label } = token as unknown as Definition;
      return `<sup>${link(NOTE, label, escapeHtml(label), "To the note")}</sup>`;
    },
  },
];
