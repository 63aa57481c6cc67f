import { useMemo } from "preact/hooks";
import { diffWords, type DiffPart } from "../redline/word-diff.ts";

/** Two texts as one: what goes struck, what comes underlined. */
export function RedlineText({ before, after }: { before: string; after: string }) {
  const parts = useMemo(() => diffWords(before, after), [before, after]);
  return <DiffParts parts={parts} />;
}

export function DiffParts({ parts }: { parts: readonly DiffPart[] }) {
  return (
    <div class="redline-text">
      {parts.map((part, index) => {
        if (part.kind === "equal") return <span key={index}>{part.text}</span>;
        const Tag = part.kind === "removed" ? "del" : "ins";
        return (
          <Tag key={index} class={`redline redline-${part.kind}`}>
            {showBlanks(part.text)}
          </Tag>
        );
      })}
    </div>
  );
}

/** A change of white space alone would be invisible. */
function showBlanks(text: string): string {
  return text.trim() === "" ? text.replaceAll(" ", "·").replaceAll("\n", "↵\n") : text;
}
