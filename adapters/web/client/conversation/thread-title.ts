import type { ThreadJson } from "../../views/thread-view.ts";

const LONGEST = 80;

/** What a thread is called: its title, or what it is about. Pure. */
export function threadTitle(thread: ThreadJson): string {
  if (thread.title) return thread.title;
  const passage = excerpt(thread.anchor?.slice ?? "");
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

/** The first line with words in it, cut at a word. */
export function excerpt(text: string, longest = LONGEST): string {
  const line = text.trim().split(/\s*\n\s*/)[0] ?? "";
  if (line.length <= longest) return line;
  const cut = line.slice(0, longest);
  const space = cut.lastIndexOf(" ");
  return `${space > longest / 2 ? cut.slice(0, space) : cut}…`;
}
