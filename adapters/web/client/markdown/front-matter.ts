/** YAML front matter, shown as the code that it is: as Markdown it would be a rule and a heading. */
import type { Lexer, Token, TokenizerExtension } from "marked";
import { readFrontMatter } from "../../../../src/changes/front-matter.ts";

export const frontMatter: TokenizerExtension = {
  name: "frontMatter",
  level: "block",
  tokenizer(this: { lexer: Lexer }, source: string, tokens: Token[]) {
    // Only what the whole text begins with, not an item of a list.
    if (tokens.length > 0 || tokens !== this.lexer.tokens) return undefined;
    const match = readFrontMatter(source);
    if (!match) return undefined;
    return { type: "code", raw: match.raw, lang: "yaml", text: match.yaml.trimEnd() };
  },
};
