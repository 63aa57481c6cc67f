import { splitDocument } from "../markdown/document-blocks.ts";

const known = new Map<string, string>();

/** The section that a passage stands in, as plain text: titles come as they are written, in Markdown. */
export function sectionTitle(section: readonly string[]): string | null {
  const source = section.at(-1);
  return source === undefined ? null : plainTitle(source) || null;
}

/** The same with the section around it. */
export function sectionTrail(section: readonly string[]): string | null {
  const titles = section.slice(-2).map(plainTitle);
  return titles.filter((title) => title !== "").join(" › ") || null;
}

/** A heading's Markdown as it reads. */
export function plainTitle(source: string): string {
  let title = known.get(source);
  if (title === undefined) {
    title = splitDocument(`# ${source}`).blocks[0]?.heading?.text.trim() ?? source;
    known.set(source, title);
  }
  return title;
}
