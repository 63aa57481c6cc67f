import type { ThreadJson } from "../../views/thread-view.ts";
import { parseHtml, textOf } from "../markdown/html-tree.ts";
import { renderMarkdown } from "../markdown/markdown.ts";

const LONGEST = 80;

/** What a thread is called: its title, or what it is about. Pure. */
export function threadTitle(thread: ThreadJson): string {
  if (thread.title) return thread.title;
  const passage = passageWords(thread);
  if (passage !== "") return `On “${passage}”`;
  return thread.thread_kind === "review" ? "Review of the pull request" : "On the whole document";
}

/** What it is about, beside a title of its own. */
export function threadScope(thread: ThreadJson): string {
  switch (thread.thread_kind) {
    case "discussion":
      return "Whole document";
    case "range":
      return "A passage";
    case "paragraph":
      return "A paragraph";
    case "review":
      return "Pull request";
  }
}

/** By slice: every list of threads asks, and a passage may be long. */
const knownWords = new Map<string, string>();
const MOST_KNOWN = 500;

/** The beginning of the passage that it is about, as it reads in the document; empty without one. */
export function passageWords({ anchor }: ThreadJson): string {
  return sliceWords(anchor?.slice ?? "");
}

/** The beginning of a stretch of the document's source, as it reads in the document. */
export function sliceWords(slice: string): string {
  let known = knownWords.get(slice);
  if (known === undefined) {
    if (knownWords.size >= MOST_KNOWN) knownWords.clear();
    known = excerpt(plainWords(slice.slice(0, LONGEST_READ)));
    knownWords.set(slice, known);
  }
  return known;
}

const LONGEST_READ = 2000;

function plainWords(source: string): string {
  const tree = parseHtml(renderMarkdown(source));
  const text = (tree ? textOf(tree) : source).replace(/\s+/g, " ").trim();
  // A row without its table is no table.
  const row = /^\|(.*)\|$/.exec(text)?.[1];
  const words = row === undefined ? text : row.trim().replace(/\s*\|\s*/g, " · ");
  return words === "" ? source.replace(/\s+/g, " ") : words;
}

/** The first line with words in it, cut at a word. */
export function excerpt(text: string, longest = LONGEST): string {
  const line = text.trim().split(/\s*\n\s*/)[0] ?? "";
  if (line.length <= longest) return line;
  const cut = line.slice(0, longest);
  const space = cut.lastIndexOf(" ");
  return `${space > longest / 2 ? cut.slice(0, space) : cut}…`;
}
