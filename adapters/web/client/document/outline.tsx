import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Block } from "../markdown/document-blocks.ts";
import type { Edit } from "../redline/composite.ts";
import type { DocumentView } from "./document-toolbar.tsx";
import { headings, type OutlineEntry } from "./headings.ts";
import type { Painter } from "./painter.ts";
import { scrollTo } from "./reveal.ts";
import { useCurrentSection } from "./use-current-section.ts";

interface Props {
  blocks: readonly Block[];
  edits: readonly Edit[];
  root: { current: HTMLElement | null };
  painter: Painter;
  view: DocumentView;
}

/** Where the outline stands beside the document (see `document.css`); above it, it begins folded. */
const BESIDE = "(min-width: 75rem)";

/** The document's sections, with the number of pending changes in each. */
export function Outline({ blocks, edits, root, painter, view }: Props) {
  const entries = useMemo(() => headings(blocks, edits), [blocks, edits]);
  const [wide] = useState(() => matchMedia(BESIDE).matches);
  const [current, goTo] = useCurrentSection(entries, root, view);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const box = list.current?.closest<HTMLElement>(".outline");
    const button = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (box && button) keepInView(box, button);
  }, [current]);
  if (entries.length < 2) return null;
  const go = (entry: OutlineEntry): void => {
    painter.flush();
    const target = placeOf(root.current, entry);
    if (root.current && target) goTo(entry.slug, distance(root.current, target) > 1);
    if (target) scrollTo(target, "start");
  };
  return (
    <details class="outline" open={wide}>
      <summary>Outline</summary>
      <nav aria-label="Sections">
        <ol ref={list}>
          {entries.map((entry) => (
            <li key={entry.slug} class={`outline-${entry.depth}`}>
              <button
                type="button"
                aria-current={entry.slug === current ? "location" : undefined}
                onClick={() => go(entry)}
              >
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

function placeOf(root: HTMLElement | null, entry: OutlineEntry): HTMLElement | undefined {
  const placed = [...(root?.querySelectorAll<HTMLElement>("[data-start]") ?? [])];
  return placed.findLast((one) => Number(one.dataset["start"]) <= entry.start);
}

/** How far the document can be scrolled towards the element, in pixels. */
function distance(scroller: HTMLElement, element: HTMLElement): number {
  const margin = Number.parseFloat(getComputedStyle(element).scrollMarginTop) || 0;
  const wanted =
    element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - margin;
  const { scrollTop, scrollHeight, clientHeight } = scroller;
  const room = wanted < 0 ? scrollTop : scrollHeight - clientHeight - scrollTop;
  return Math.min(Math.abs(wanted), room);
}

/** Scrolls the outline alone, not the document with it. */
function keepInView(box: HTMLElement, button: HTMLElement): void {
  const { top, bottom } = button.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (top < frame.top) box.scrollTop -= frame.top - top;
  else if (bottom > frame.bottom) box.scrollTop += bottom - frame.bottom;
}
