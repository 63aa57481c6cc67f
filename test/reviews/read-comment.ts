/** Reads comments as GitHub does, with a CommonMark parser that shares no code with what wrote them. */
import { Parser } from "commonmark";
import type { Node } from "commonmark";

/** All nodes in the order of the text. */
export function nodesOf(body: string): Node[] {
  const walker = new Parser().parse(body).walker();
  const nodes: Node[] = [];
  for (let step = walker.next(); step !== null; step = walker.next()) {
    if (step.entering) nodes.push(step.node);
  }
  return nodes;
}

/** What each block holds that GitHub would offer to commit. */
export function suggestionsIn(body: string): string[] {
  return nodesOf(body)
    .filter(({ type, info }) => type === "code_block" && /^suggestion/i.test(info?.trim() ?? ""))
    .map(({ literal }) => literal ?? "");
}

const ADDRESS = /(?<![a-z])https?:\/\/[a-z\d-]+(\.[a-z\d-]+)+(\/[^\s<]*)?/gi;

/**
 * Prose, one entry for each stretch that nothing interrupts. Left out is what is code, and what GitHub links
 * by itself.
 */
export function proseIn(body: string): string[] {
  const result: string[] = [];
  let previous: Node | null = null;
  for (const node of nodesOf(body)) {
    if (node.type === "text") {
      if (previous?.type === "text" && previous.next === node)
        result.push(result.pop()! + node.literal!);
      else result.push(node.literal!);
    }
    previous = node;
  }
  return result.map((text) => text.replace(ADDRESS, "https"));
}

/** The names that a text would notify, by GitHub's own pattern and somewhat beyond. */
export function mentionsIn(prose: readonly string[]): string[] {
  return prose.flatMap((text) => text.match(/(?<![A-Za-z0-9_])@[A-Za-z0-9][\w/-]*/g) ?? []);
}

/** References to issues that GitHub would link, and note there. */
export function referencesIn(prose: readonly string[]): string[] {
  return prose.flatMap((text) => text.match(/#\d+|(?<![A-Za-z0-9])GH-\d+/gi) ?? []);
}

/** The file after the first suggestion of a comment on these lines is committed on GitHub. */
export function applySuggestion(
  head: string,
  { startLine, line }: { startLine: number | null; line: number },
  body: string,
): string {
  const [literal] = suggestionsIn(body);
  if (literal === undefined) throw new Error("no suggestion");
  const lineBreak = head.includes("\r\n") ? "\r\n" : "\n";
  const endsInBreak = head.endsWith("\n");
  const lines = head.split(/\r?\n/);
  if (endsInBreak) lines.pop();
  const added = literal === "" ? [] : literal.replace(/\n$/, "").split("\n");
  const first = startLine ?? line;
  if (first < 1 || line < first || line > lines.length) throw new Error("no such lines");
  lines.splice(first - 1, line - first + 1, ...added);
  return lines.join(lineBreak) + (endsInBreak ? lineBreak : "");
}
