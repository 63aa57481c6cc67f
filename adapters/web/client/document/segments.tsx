import { useHighlighted } from "../markdown/use-highlighted.ts";
import type { BlocksSegment, Segment, SourceSegment } from "../redline/layout.ts";
import { memo } from "../ui/memo.ts";
import { DiffParts } from "../ui/redline-text.tsx";
import { Flag } from "./flags.tsx";

/** A piece of the rendered document, with the redlines that are in it. */
export function SegmentView({ segment }: { segment: Segment }) {
  switch (segment.kind) {
    case "text":
      return <TextView html={segment.html} />;
    case "blocks":
      return <BlocksView segment={segment} />;
    case "source":
      return <SourceStrip segment={segment} />;
  }
}

const TextView = memo(function TextView({ html }: { html: string }) {
  return <div class="document-text" dangerouslySetInnerHTML={{ __html: useHighlighted(html) }} />;
});

function BlocksView({ segment: { before, after, edit } }: { segment: BlocksSegment }) {
  const gone = useHighlighted(before);
  const come = useHighlighted(after);
  return (
    <div class="redline-blocks">
      {before !== "" && (
        <del
          class="redline-block redline-block-removed"
          data-change={edit.changeId}
          dangerouslySetInnerHTML={{ __html: gone }}
        />
      )}
      {after !== "" && (
        <ins
          class="redline-block redline-block-added"
          data-change={edit.changeId}
          dangerouslySetInnerHTML={{ __html: come }}
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
