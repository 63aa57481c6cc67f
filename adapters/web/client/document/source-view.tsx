import { useMemo } from "preact/hooks";
import type { Edit } from "../redline/composite.ts";
import { sourceRuns, type SourceRun } from "../redline/source-runs.ts";
import { Flag } from "./flags.tsx";

interface Props {
  body: string;
  edits: readonly Edit[];
}

/** The document's source, with exact redlines. */
export function SourceView({ body, edits }: Props) {
  const runs = useMemo(() => sourceRuns(body, edits), [body, edits]);
  return (
    <pre class="document source-view">
      {runs.map((run, index) => (
        <Run key={index} run={run} />
      ))}
    </pre>
  );
}

function Run({ run: { kind, text, start, edit, flags } }: { run: SourceRun }) {
  const numbers = flags.map((one) => <Flag key={one.changeId} edit={one} />);
  if (kind === "equal") {
    return (
      <>
        <span data-start={start} data-end={start + text.length}>
          {text}
        </span>
        {numbers}
      </>
    );
  }
  const Tag = kind === "removed" ? "del" : "ins";
  const place = kind === "removed" ? { "data-start": start, "data-end": start + text.length } : {};
  return (
    <>
      <Tag class={`redline redline-${kind}`} data-change={edit?.changeId} {...place}>
        {text}
      </Tag>
      {numbers}
    </>
  );
}
