/** Markdown to HTML, not yet safe to show: `sanitize.ts` comes after. */
import { Lexer, Marked, Parser, type Token, type TokensList } from "marked";
import { escapeHtml } from "./html-tree.ts";

export type Links = TokensList["links"];

/** Footnotes are shown where they stand, with their label: no ids, no jumping. */
const footnotes = [
  {
    name: "footnoteDefinition",
    level: "block" as const,
    start: (source: string) => /^\[\^/m.exec(source)?.index,
    tokenizer(this: { lexer: Lexer }, source: string) {
      const match = /^\[\^([^\]\s]+)\]:[ \t]*([^\n]*(?:\n(?!\n|\[\^)[^\n]+)*)\n*/.exec(source);
      if (!match) return undefined;
      const tokens = this.lexer.inline(match[2]!, []);
      return { type: "footnoteDefinition", raw: match[0], label: match[1]!, tokens };
    },
    renderer(this: { parser: Parser }, token: Token) {
      const { label, tokens } = token as unknown as { label: string; tokens: Token[] };
      return `<p><sup>${escapeHtml(label)}</sup> ${this.parser.parseInline(tokens)}</p>\n`;
    },
  },
  {
    name: "footnoteReference",
    level: "inline" as const,
    start: (source: string) => /\[\^/.exec(source)?.index,
    tokenizer(source: string) {
      const match = /^\[\^([^\]\s]+)\](?!\()/.exec(source);
      return match ? { type: "footnoteReference", raw: match[0], label: match[1]! } : undefined;
    },
    renderer: (token: Token) =>
      `<sup>[${escapeHtml((token as unknown as { label: string }).label)}]</sup>`,
  },
];

const marked = new Marked({
  gfm: true,
  extensions: footnotes,
  renderer: {
    // A form control would not pass the sanitiser, and there is nothing to tick.
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** Top-level tokens; joined, their `raw` is the source. `links` are definitions from elsewhere. */
export function lexMarkdown(source: string, links: Links = {}): TokensList {
  const lexer = new Lexer(marked.defaults);
  Object.assign(lexer.tokens.links, links);
  return lexer.lex(source);
}

export function renderMarkdown(source: string, links: Links = {}): string {
  return Parser.parse(lexMarkdown(source, links), marked.defaults);
}
