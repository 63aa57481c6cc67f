import { useMemo } from "preact/hooks";
import type { DocumentBlocks } from "../markdown/document-blocks.ts";
import type { Edit } from "../redline/composite.ts";
import type { ThreadPlace } from "../redline/layout.ts";
import { cutRuns, sourceRuns, type SourceRun } from "../redline/source-runs.ts";
import { Chip, Flag } from "./flags.tsx";

interface Props {
  document: DocumentBlocks;
  edits: readonly Edit[];
  /** Ids of changes to draw where several overlap, the last choice first. */
  chosen: readonly string[];
  threads: readonly ThreadPlace[];
}

/** The document's source, with exact redlines. */
export function SourceView({ document: { body, blocks }, edits, chosen, threads }: Props) {
  const runs = useMemo(() => {
    // Sections begin runs of their own, so that one can go there.
    const sections = blocks.filter((block) => block.heading).map((block) => block.start);
    const passages = threads.flatMap(({ start, end }) => [start, end]);
    return cutRuns(sourceRuns(body, edits, chosen), [...sections, ...passages]);
  }, [body, blocks, edits, chosen, threads]);
  return (
    <pre class="document source-view">
      {runs.map((run, index) => (
        <Run key={index} run={run} threads={threads} />
      ))}
    </pre>
  );
}

function Run({ run, threads }: { run: SourceRun; threads: readonly ThreadPlace[] }) {
  const { kind, text, start, edit, flags, hidden } = run;
  const numbers = (
    <>
      {flags.map((one) => (
        <Flag key={one.changeId} edit={one} />
      ))}
      {hidden.map((one) => (
        <Chip key={one.changeId} edit={one} isDrawn={false} />
      ))}
    </>
  );
  const end = start + text.length;
  const ids = threads
    .filter((place) => kind !== "added" && place.start <= start && place.end >= end)
    .map((place) => place.threadId);
  const passage = ids.length === 0 ? {} : { "data-thread": ids.join(" ") };
  const marked = ids.length === 0 ? "" : ids.length > 1 ? "passage passage-several" : "passage";
  if (kind === "equal") {
    return (
      <>
        <span class={marked || undefined} data-start={start} data-end={end} {...passage}>
          {text}
        </span>
        {numbers}
      </>
    );
  }
  const Tag = kind === "removed" ? "del" : "ins";
  const place = kind === "removed" ? { "data-start": start, "data-end": end } : {};
  return (
    <>
      <Tag
        class={`redline redline-${kind} ${marked}`.trim()}
        data-change={edit?.changeId}
        {...place}
        {...passage}
      >
        {text}
      </Tag>
      {numbers}
    </>
  );
}
