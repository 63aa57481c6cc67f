import { useMemo } from "preact/hooks";
import { diffWords, type DiffPart } from "../redline/word-diff.ts";

/** Two texts as one: what goes struck, what comes underlined. */
export function RedlineText({ before, after }: { before: string; after: string }) {
  const parts = useMemo(() => diffWords(before, after), [before, after]);
  return <DiffParts parts={trimEdges(parts)} />;
}

/** Line breaks around an insertion or a deletion are part of it, but would only push it down the card. */
function trimEdges(parts: readonly DiffPart[]): DiffPart[] {
  return parts.map((part, index) => {
    if (part.text.trim() === "") return part;
    let { text } = part;
    if (index === 0) text = text.replace(/^\n+/, "");
    if (index === parts.length - 1) text = text.replace(/\n+$/, "");
    return { ...part, text };
  });
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
