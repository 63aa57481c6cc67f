import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DocumentBlocks } from "../markdown/document-blocks.ts";
import { NOTE, NOTE_REFERENCE } from "../markdown/footnotes.ts";
import type { Edit } from "../redline/composite.ts";
import { planUnits, type ThreadPlace, type Unit } from "../redline/layout.ts";
import { keepUnits, UnitCache } from "../redline/unit-cache.ts";
import { memo } from "../ui/memo.ts";
import { Margin, marginRows } from "./flags.tsx";
import type { Painter } from "./painter.ts";
import { scrollTo } from "./reveal.ts";
import { SegmentView } from "./segments.tsx";
import { estimatedHeight } from "./unit-height.ts";

interface Props {
  document: DocumentBlocks;
  edits: readonly Edit[];
  /** Ids of changes to draw where several overlap, the last choice first. */
  chosen: readonly string[];
  threads: readonly ThreadPlace[];
  /** Draws what is not drawn yet. */
  painter: Painter;
}

/** Height of one mark in the margin. */
const MARK_REM = 1.3;

/** Units drawn at once: what fits a tall window. The others follow while the page can be used. */
const FIRST = 24;

/** The document as Markdown, its redlines in place. */
export function RenderedDocument({ document, edits, chosen, threads, painter }: Props) {
  const linksKey = JSON.stringify(document.links);
  const cache = useMemo(() => new UnitCache(document.links), [linksKey]);
  const known = useRef<Unit[]>([]);
  const units = useMemo(
    () =>
      (known.current = keepUnits(known.current, planUnits(document, edits, { chosen, threads }))),
    [document, edits, chosen, threads],
  );
  return (
    <article class="prose document" onClick={follow}>
      {units.map((unit, index) => (
        <UnitView
          key={unit.key}
          unit={unit}
          cache={cache}
          painter={painter}
          atOnce={index < FIRST}
        />
      ))}
    </article>
  );
}

/** Links to headings and notes lead to these. */
function follow(event: MouseEvent & { currentTarget: HTMLElement }): void {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest("a")?.getAttribute("href");
  if (!link?.startsWith("#")) return;
  event.preventDefault();
  const found = noteTarget(event.currentTarget, link) ?? headingTarget(link);
  if (found) scrollTo(found, "start");
}

/** A note and what refers to it lead to each other. */
function noteTarget(root: HTMLElement, link: string): Element | null {
  const to = (address: string): Element | null =>
    root.querySelector(`a[href="${CSS.escape(address)}"]`)?.closest("p, li, td, th, div") ?? null;
  if (link.startsWith(NOTE)) return to(NOTE_REFERENCE + link.slice(NOTE.length));
  if (link.startsWith(NOTE_REFERENCE)) return to(NOTE + link.slice(NOTE_REFERENCE.length));
  return null;
}

function headingTarget(link: string): Element | null {
  return document.getElementById(headingId(decodeFragment(link.slice(1))));
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function headingId(slug: string): string {
  return `section-${slug}`;
}

interface UnitProps {
  unit: Unit;
  cache: UnitCache;
  painter: Painter;
  atOnce: boolean;
}

const UnitView = memo(function UnitView({ unit, cache, painter, atOnce }: UnitProps) {
  const drawn = useRef(atOnce);
  const [, redraw] = useState(0);
  drawn.current ||= cache.has(unit);
  useLayoutEffect(() => {
    if (drawn.current) return undefined;
    return painter.add(() => {
      drawn.current = true;
      cache.segments(unit);
      redraw((count) => count + 1);
    });
  }, [unit, cache]);
  const { start, end, heading, edits, threads = [] } = unit;
  // A thread on several blocks has its mark at the first of them.
  const begun = threads.filter((place) => place.start >= start);
  const height = estimatedHeight(unit);
  const place = {
    id: heading ? headingId(heading.slug) : undefined,
    "data-start": start,
    "data-end": end,
  };
  if (!drawn.current) {
    return <div class="document-block" {...place} style={{ minHeight: height }} />;
  }
  const segments = cache.segments(unit);
  const marks = marginRows(edits.length, begun.length);
  // A block cuts off what stands out of it: one line has room for one mark.
  const style = {
    containIntrinsicBlockSize: `auto ${height}`,
    minHeight: marks > 1 ? `${marks * MARK_REM}rem` : undefined,
  };
  return (
    <div
      class={edits.length > 0 ? "document-block document-block-edited" : "document-block"}
      {...place}
      style={style}
    >
      {edits.length + begun.length > 0 && <Margin edits={edits} threads={begun} />}
      {segments.map((segment) => (
        <SegmentView key={segment.key} segment={segment} />
      ))}
    </div>
  );
});
