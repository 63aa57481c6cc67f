import type { Block } from "../markdown/document-blocks.ts";
import type { Edit } from "../redline/composite.ts";

export interface OutlineEntry {
  slug: string;
  text: string;
  /** From 1: the document's own top level, whatever depth that has. */
  depth: number;
  /** Offset in the document. */
  start: number;
  /** Changes between this heading and the next one. */
  pending: number;
}

const DEEPEST = 3;

export function headings(blocks: readonly Block[], edits: readonly Edit[]): OutlineEntry[] {
  const found = blocks.flatMap((block) =>
    block.heading ? [{ ...block.heading, start: block.start }] : [],
  );
  const top = Math.min(...found.map((heading) => heading.depth));
  const shown = found.filter((heading) => heading.depth - top < DEEPEST);
  return shown.map((heading, index) => {
    const end = shown[index + 1]?.start ?? Infinity;
    const pending = edits.filter((edit) => edit.start >= heading.start && edit.start < end).length;
    const { slug, text, start } = heading;
    return { slug, text, depth: heading.depth - top + 1, start, pending };
  });
}
