/** YAML front matter, shown as the code that it is: as Markdown it would be a rule and a heading. */
import type { Lexer, Token, TokenizerExtension } from "marked";

/** Lines up to the next `---`, none of them blank, the first with a key. */
const FRONT_MATTER =
  /^---[ \t]*\n(?=[^\n]*:)((?:(?!---[ \t]*(?:\n|$))[^\n]*\S[^\n]*\n)+)---[ \t]*(?:\n|$)/;

export const frontMatter: TokenizerExtension = {
  name: "frontMatter",
  level: "block",
  tokenizer(this: { lexer: Lexer }, source: string, tokens: Token[]) {
    // Only what the whole text begins with, not an item of a list.
    if (tokens.length > 0 || tokens !== this.lexer.tokens) return undefined;
    const match = FRONT_MATTER.exec(source);
    if (!match) return undefined;
    return { type: "code", raw: match[0], lang: "yaml", text: match[1]!.trimEnd() };
  },
};
