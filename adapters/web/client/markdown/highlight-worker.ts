/**
 * Splits code into tokens, in a worker: it is loaded with the first code block, never holds the page up, and
 * can be ended when some code takes too long.
 */
import { tokenizeWith, type ShjLanguageData } from "@speed-highlight/core/tokenize";
import * as grammars from "@speed-highlight/core/languages";
import type { CodeToken } from "./highlighted.ts";

export interface HighlightRequest {
  language: string;
  code: string;
}

/** `ready` once, when it can be asked; then one answer for each request, in order. */
export type HighlightAnswer = "ready" | CodeToken[] | null;

/** Names that people write behind a fence, where they are not the grammar's own. */
const ALIASES: Record<string, keyof typeof grammars> = {
  "c++": "c",
  cc: "c",
  console: "bash",
  cpp: "c",
  dockerfile: "docker",
  h: "c",
  javascript: "js",
  jsonc: "json",
  json5: "json",
  jsx: "js",
  makefile: "make",
  markdown: "md",
  mjs: "js",
  patch: "diff",
  perl: "pl",
  python: "py",
  rust: "rs",
  sh: "bash",
  shell: "bash",
  svg: "xml",
  tsx: "ts",
  typescript: "ts",
  yml: "yaml",
  zsh: "bash",
};
const languages = grammars as Record<string, ShjLanguageData>;

function tokens({ language, code }: HighlightRequest): CodeToken[] | null {
  const name = Object.hasOwn(ALIASES, language) ? ALIASES[language]! : language;
  if (!Object.hasOwn(languages, name)) return null;
  const found: CodeToken[] = [];
  tokenizeWith(
    code,
    name,
    (text, kind) => {
      if (text !== "") found.push({ text, kind: kind ?? null });
    },
    { languages },
  );
  // Colours never cost a character.
  return found.map((token) => token.text).join("") === code ? found : null;
}

function answer(message: HighlightAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- goes to the page that made it
  self.postMessage(message);
}

self.addEventListener("message", (event: MessageEvent<HighlightRequest>) => {
  answer(tokens(event.data));
});
answer("ready");
