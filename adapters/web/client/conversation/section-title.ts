import { splitDocument } from "../markdown/document-blocks.ts";

const known = new Map<string, string>();

/** The section that a passage stands in, as plain text: titles come as they are written, in Markdown. */
export function sectionTitle(section: readonly string[]): string | null {
  const source = section.at(-1);
  if (source === undefined) return null;
  let title = known.get(source);
  if (title === undefined) {
    title = splitDocument(`# ${source}`).blocks[0]?.heading?.text.trim() ?? source;
    known.set(source, title);
  }
  return title === "" ? null : title;
}
