import { useMemo } from "preact/hooks";
import type { DocumentBlocks } from "../markdown/document-blocks.ts";
import { renderMarkdown, type Links } from "../markdown/markdown.ts";
import { sanitize } from "../markdown/sanitize.ts";
import type { Edit } from "../redline/composite.ts";
import {
  layOut,
  type BlocksSegment,
  type RenderBlock,
  type Segment,
  type SourceSegment,
} from "../redline/layout.ts";
import { useDesk } from "../state/desk.ts";
import { memo } from "../ui/memo.ts";
import { DiffParts } from "../ui/redline-text.tsx";
import { scrollTo } from "./reveal.ts";

interface Props {
  document: DocumentBlocks;
  edits: readonly Edit[];
}

/** The document as Markdown, its redlines in place. */
export function RenderedDocument({ document, edits }: Props) {
  const desk = useDesk();
  const linksKey = JSON.stringify(document.links);
  const render = useMemo(() => cachedRenderer(document.links), [linksKey]);
  const segments = useMemo(() => layOut(document, edits, render), [document, edits, render]);
  const showCard = (changeId: string): void => {
    const change = desk.rfc.state.get().rfc?.changes.find((one) => one.id === changeId);
    if (change) desk.showCard(change);
  };
  return (
    <article class="prose document" onClick={(event) => follow(event, showCard)}>
      {segments.map((segment) => (
        <SegmentView key={segment.key} segment={segment} />
      ))}
    </article>
  );
}

/** Blocks that stay the same are rendered once for as long as the page shows this document. */
function cachedRenderer(links: Links): RenderBlock {
  const cache = new Map<string, string>();
  return (source) => {
    let html = cache.get(source);
    if (html === undefined) {
      html = sanitize(renderMarkdown(source, links));
      cache.set(source, html);
    }
    return html;
  };
}

/** Clicks on redlines lead to their cards, links to headings to these. */
function follow(event: MouseEvent, showCard: (changeId: string) => void): void {
  const target = event.target instanceof Element ? event.target : null;
  const changeId = target?.closest<HTMLElement>("[data-change]")?.dataset["change"];
  if (changeId !== undefined) {
    // A selection that ends on a redline is a selection, not a click.
    if (window.getSelection()?.isCollapsed ?? true) showCard(changeId);
    return;
  }
  const link = target?.closest("a")?.getAttribute("href");
  if (!link?.startsWith("#")) return;
  event.preventDefault();
  const heading = document.getElementById(headingId(decodeFragment(link.slice(1))));
  if (heading) scrollTo(heading, "start");
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

function SegmentView({ segment }: { segment: Segment }) {
  if (segment.kind === "blocks") return <BlocksView segment={segment} />;
  if (segment.kind === "source") return <SourceStrip segment={segment} />;
  const { html, start, end, heading } = segment;
  return <TextBlock html={html} start={start} end={end} slug={heading?.slug ?? null} />;
}

interface TextBlockProps {
  html: string;
  start: number;
  end: number;
  slug: string | null;
}

const TextBlock = memo(function TextBlock({ html, start, end, slug }: TextBlockProps) {
  return (
    <div
      class="document-block"
      id={slug === null ? undefined : headingId(slug)}
      data-start={start}
      data-end={end}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
});

function BlocksView({ segment: { before, after, edit } }: { segment: BlocksSegment }) {
  return (
    <div class="redline-blocks">
      {before !== "" && (
        <del
          class="redline-block redline-block-removed"
          data-change={edit.changeId}
          dangerouslySetInnerHTML={{ __html: before }}
        />
      )}
      {after !== "" && (
        <ins
          class="redline-block redline-block-added"
          data-change={edit.changeId}
          dangerouslySetInnerHTML={{ __html: after }}
        />
      )}
      <Flag edit={edit} />
    </div>
  );
}

function SourceStrip({ segment: { parts, edit } }: { segment: SourceSegment }) {
  return (
    <div class="source-strip" data-change={edit.changeId}>
      <span class="source-strip-title">
        Change <Flag edit={edit} /> in the source
      </span>
      <DiffParts parts={parts} />
    </div>
  );
}

export function Flag({ edit }: { edit: Edit }) {
  return (
    <button
      type="button"
      class="redline-flag"
      data-change={edit.changeId}
      aria-label={`Change ${edit.number}: show its card`}
    >
      {edit.number}
    </button>
  );
}
