/** The difference of two texts, line by line. */
import { createTwoFilesPatch, diffLines } from "diff";

/** Beyond this many edits, all of one text and then all of the other is as good, and quick. */
const MAX_EDITS = 1_500;

/** Every line with `- `, `+ ` or two blanks before it. */
export function asDiff(original: string, proposed: string): string {
  const [before, after] = [withNewline(original), withNewline(proposed)];
  const parts = diffLines(before, after, { maxEditLength: MAX_EDITS });
  if (!parts) return `${marked(before, "- ")}\n${marked(after, "+ ")}`;
  return parts
    .map(({ value, added, removed }) => marked(value, added ? "+ " : removed ? "- " : "  "))
    .join("\n");
}

/** The same as a patch, for a file. */
export function asPatch(title: string, original: string, proposed: string): string {
  const [before, after] = [withNewline(original), withNewline(proposed)];
  const options = { context: 3, maxEditLength: MAX_EDITS };
  const names = ["original", "proposed"] as const;
  const patch = createTwoFilesPatch(...names, before, after, title, title, options);
  if (patch !== undefined) return patch;
  const [old, now] = [linesOf(before), linesOf(after)];
  const head = `--- original\t${title}\n+++ proposed\t${title}\n@@ -1,${old.length} +1,${now.length} @@`;
  return [head, ...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`), ""].join("\n");
}

const linesOf = (text: string): string[] => text.replace(/\n$/u, "").split("\n");

const marked = (text: string, mark: string): string =>
  linesOf(text)
    .map((line) => mark + line)
    .join("\n");

/** Nothing at all is no empty line. */
const withNewline = (text: string): string =>
  text === "" || text.endsWith("\n") ? text : `${text}\n`;
