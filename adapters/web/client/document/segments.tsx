import { useHighlighted } from "../markdown/use-highlighted.ts";
import { useMarkup } from "../markdown/use-markup.ts";
import type { Edit } from "../redline/composite.ts";
import type { BlocksSegment, MoreSegment, Segment, SourceSegment } from "../redline/layout.ts";
import { memo } from "../ui/memo.ts";
import { showBlanks } from "../ui/redline-text.tsx";
import { Chip, Flag } from "./flags.tsx";

/** A piece of the rendered document, with the redlines that are in it. */
export function SegmentView({ segment }: { segment: Segment }) {
  switch (segment.kind) {
    case "text":
      return <TextView html={segment.html} />;
    case "blocks":
      return <BlocksView segment={segment} />;
    case "source":
      return <SourceStrip segment={segment} />;
    case "more":
      return <MoreProposals segment={segment} />;
  }
}

const TextView = memo(function TextView({ html }: { html: string }) {
  return <div class="document-text" dangerouslySetInnerHTML={useMarkup(useHighlighted(html))} />;
});

function BlocksView({ segment: { before, after, edit } }: { segment: BlocksSegment }) {
  const gone = useMarkup(useHighlighted(before));
  const come = useMarkup(useHighlighted(after));
  return (
    <div class="redline-blocks">
      {before !== "" && (
        <del
          class="redline-block redline-block-removed"
          data-change={edit.changeId}
          dangerouslySetInnerHTML={gone}
        />
      )}
      {after !== "" && (
        <ins
          class="redline-block redline-block-added"
          data-change={edit.changeId}
          dangerouslySetInnerHTML={come}
        />
      )}
      <Flag edit={edit} />
    </div>
  );
}

function SourceStrip({ segment: { runs, edits } }: { segment: SourceSegment }) {
  return (
    <div class="source-strip">
      <span class="source-strip-title">
        {edits.length === 1 ? "Change" : "Changes"}{" "}
        {edits.map((edit) => (
          <Flag key={edit.changeId} edit={edit} />
        ))}{" "}
        in the source
      </span>
      <div class="redline-text">
        {runs.map(({ kind, text, edit }, index) => {
          if (kind === "equal") return <span key={index}>{text}</span>;
          const Tag = kind === "removed" ? "del" : "ins";
          return (
            <Tag key={index} class={`redline redline-${kind}`} data-change={edit?.changeId}>
              {showBlanks(text)}
            </Tag>
          );
        })}
      </div>
    </div>
  );
}

/** Chips seen at once; older ones are behind a fold. */
const MOST_CHIPS = 6;

/** What else is proposed for the same words: a chip draws its change in the text. */
function MoreProposals({ segment: { edits, hidden, drawn } }: { segment: MoreSegment }) {
  const chip = (edit: Edit) => (
    <Chip key={edit.changeId} edit={edit} isDrawn={drawn.includes(edit)} />
  );
  const label = hidden === 1 ? "1 more proposal here" : `${hidden} more proposals here`;
  const older = edits.slice(MOST_CHIPS);
  return (
    <div class="more-proposals" role="group" aria-label={label}>
      <span class="more-label">{label}</span>
      {edits.slice(0, MOST_CHIPS).map(chip)}
      {older.length > 0 && (
        <details>
          <summary>{older.length} older</summary>
          {older.map(chip)}
        </details>
      )}
    </div>
  );
}
