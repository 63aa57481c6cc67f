/** Markdown to HTML, not yet safe to show: `sanitize.ts` comes after. */
import { Lexer, Marked, Parser, type Token, type TokensList } from "marked";
import { footnotes } from "./footnotes.ts";
import { frontMatter } from "./front-matter.ts";
import { escapeHtml } from "./html-tree.ts";

/** What is defined anywhere in a document and used all over it: link targets, and which footnotes there are. */
export type Links = TokensList["links"];

const marked = new Marked({
  gfm: true,
  extensions: [frontMatter, ...footnotes],
  renderer: {
    // A form control would not pass the sanitiser, and there is nothing to tick.
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** Top-level tokens; joined, their `raw` is the source. `links` are definitions from elsewhere. */
export function lexMarkdown(source: string, links: Links = {}): TokensList {
  return orParagraphs(source, () => lexerWith(links).lex(source));
}

/** The same without what is inside the blocks: a long document takes a tenth of the time. */
export function lexBlocks(source: string): TokensList {
  return orParagraphs(source, () => {
    const lexer = lexerWith({});
    lexer.blockTokens(source, lexer.tokens);
    return lexer.tokens;
  });
}

export function lexInline(source: string, links: Links = {}): Token[] {
  return lexerWith(links).inlineTokens(source);
}

export function renderMarkdown(source: string, links: Links = {}): string {
  try {
    return Parser.parse(lexerWith(links).lex(source), marked.defaults);
  } catch (error) {
    if (!isTooDeep(error)) throw error;
    return `<pre><code>${escapeHtml(source)}</code></pre>`;
  }
}

function lexerWith(links: Links): Lexer {
  const lexer = new Lexer(marked.defaults);
  Object.assign(lexer.tokens.links, links);
  return lexer;
}

/** Thousands of nested quotations or lists: the parser calls itself for each. */
function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError;
}

/** A text that cannot be parsed is shown all the same, in pieces between blank lines. */
function orParagraphs(source: string, lex: () => TokensList): TokensList {
  try {
    return lex();
  } catch (error) {
    if (!isTooDeep(error)) throw error;
    const tokens = source.split(/(?<=\n[ \t]*\n)(?![^\S\n]*\n)/).map((raw): Token => {
      return { type: "paragraph", raw, text: raw, tokens: [] };
    });
    return Object.assign(tokens, { links: {} });
  }
}
