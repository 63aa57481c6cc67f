import { useMemo } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import { SegmentView } from "../document/segments.tsx";
import { splitDocument } from "../markdown/document-blocks.ts";
import { planUnits } from "../redline/layout.ts";
import { UnitCache } from "../redline/unit-cache.ts";
import { RedlineText } from "../ui/redline-text.tsx";
import { cardExcerpt, isMarkup, type CardExcerpt } from "./card-excerpt.ts";
import { excerpt } from "./thread-title.ts";

interface Props {
  change: ChangeJson;
  body: string;
}

/** Once located, the document's own characters and what stands around; before that, the author's. */
export function CardRedline({ change, body }: Props) {
  const { passage, state, candidates, slice, replacement } = change;
  const located = passage !== null && candidates.length <= 1;
  const before = located ? slice : change.original;
  const after = located ? replacement : change.proposed;
  const stands = located && body.slice(passage.start, passage.end) === before;
  const open = state === "pending" || state === "accepting";
  const shown = useMemo((): CardExcerpt | null => {
    if (!stands || !open) return null;
    return cardExcerpt(body, {
      changeId: change.id,
      number: change.number,
      ...passage,
      replacement,
    });
  }, [body, stands, open, passage?.start, passage?.end, replacement]);
  if (shown?.kind === "rendered") return <Rendered shown={shown} />;
  return (
    <>
      {!shown && <InsertionPlace change={change} />}
      <RedlineText
        before={before}
        after={after}
        context={shown?.context ?? null}
        code={isMarkup(before) || isMarkup(after)}
      />
    </>
  );
}

/** What Markdown's source would hide: the rows of a table as rows, the lines of code as code. */
function Rendered({ shown }: { shown: Extract<CardExcerpt, { kind: "rendered" }> }) {
  const { source, edit, links, partOf } = shown;
  const segments = useMemo(() => {
    const cache = new UnitCache(links);
    const units = planUnits(splitDocument(source), [edit]);
    const all = units.flatMap((unit) => cache.segments(unit));
    // What only the source can show is shown with what stands around it.
    const inSource = all.filter(({ kind }) => kind === "source");
    return inSource.length > 0 ? inSource : all;
  }, [shown]);
  return (
    <div class="card-rendered prose" tabIndex={0} role="group" aria-label="The change in its place">
      {partOf && (
        <p class="quiet card-part">Part of {partOf === "table" ? "a table" : "a code block"}</p>
      )}
      {segments.map((segment) => (
        <SegmentView key={segment.key} segment={segment} />
      ))}
    </div>
  );
}

function InsertionPlace({ change }: { change: ChangeJson }) {
  const hook = change.insert_after ?? change.insert_before;
  if (change.original !== "" || hook === null) return null;
  const side = change.insert_after === null ? "Before" : "After";
  const text = change.insert_after === null ? excerpt(hook) : excerpt(lastLine(hook));
  return (
    <p class="quiet card-hook">
      {side} “{text}”
    </p>
  );
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
