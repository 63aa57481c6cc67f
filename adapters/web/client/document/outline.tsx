import { useMemo, useState } from "preact/hooks";
import type { Block } from "../markdown/document-blocks.ts";
import type { Edit } from "../redline/composite.ts";
import { headings, type OutlineEntry } from "./headings.ts";
import type { Painter } from "./painter.ts";
import { scrollTo } from "./reveal.ts";

interface Props {
  blocks: readonly Block[];
  edits: readonly Edit[];
  root: { current: HTMLElement | null };
  painter: Painter;
}

/** Where the outline stands beside the document (see `document.css`); above it, it begins folded. */
const BESIDE = "(min-width: 75rem)";

/** The document's sections, with the number of pending changes in each. */
export function Outline({ blocks, edits, root, painter }: Props) {
  const entries = useMemo(() => headings(blocks, edits), [blocks, edits]);
  const [wide] = useState(() => matchMedia(BESIDE).matches);
  if (entries.length < 2) return null;
  const go = (entry: OutlineEntry): void => {
    painter.flush();
    const placed = [...(root.current?.querySelectorAll<HTMLElement>("[data-start]") ?? [])];
    const target = placed.findLast((one) => Number(one.dataset["start"]) <= entry.start);
    if (target) scrollTo(target, "start");
  };
  return (
    <details class="outline" open={wide}>
      <summary>Outline</summary>
      <nav aria-label="Sections">
        <ol>
          {entries.map((entry) => (
            <li key={entry.slug} class={`outline-${entry.depth}`}>
              <button type="button" onClick={() => go(entry)}>
                <span>{entry.text}</span>
                {entry.pending > 0 && (
                  <span class="badge" aria-label={`${entry.pending} pending`}>
                    {entry.pending}
                  </span>
                )}
              </button>
            </li>
          ))}
        </ol>
      </nav>
    </details>
  );
}
