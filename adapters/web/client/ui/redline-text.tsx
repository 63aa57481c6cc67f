import { useMemo } from "preact/hooks";
import { diffWords, type DiffPart } from "../../../../src/rendering/word-diff.ts";

interface Props {
  before: string;
  after: string;
  /** What stands on either side of it. */
  context?: { before: string; after: string } | null;
  /** Whether it is source, which is read in columns. */
  code?: boolean;
}

/** Two texts as one: what goes struck, what comes underlined. */
export function RedlineText({ before, after, context = null, code = false }: Props) {
  const parts = useMemo(() => diffWords(before, after), [before, after]);
  return (
    <div class={code ? "redline-text redline-source" : "redline-text"}>
      {context && <span class="redline-context">{context.before}</span>}
      <Parts parts={context ? parts : trimEdges(parts)} />
      {context && <span class="redline-context">{context.after}</span>}
    </div>
  );
}

/** Line breaks around an insertion or a deletion are part of it, but would only push it down the card. */
function trimEdges(parts: readonly DiffPart[]): DiffPart[] {
  return parts.map((part, index) => {
    if (part.text.trim() === "") return part;
    let { text } = part;
    if (index === 0) text = text.replace(/^\n+/, "");
    if (index === parts.length - 1) text = text.replace(/(?<!\n)\n+$/, "");
    return { ...part, text };
  });
}

function Parts({ parts }: { parts: readonly DiffPart[] }) {
  return (
    <>
      {parts.map((part, index) => {
        if (part.kind === "equal") return <span key={index}>{part.text}</span>;
        const Tag = part.kind === "removed" ? "del" : "ins";
        return (
          <Tag key={index} class={`redline redline-${part.kind}`}>
            {showBlanks(part.text)}
          </Tag>
        );
      })}
    </>
  );
}

/** A change of white space alone would be invisible. */
export function showBlanks(text: string): string {
  return text.trim() === "" ? text.replaceAll(" ", "·").replaceAll("\n", "↵\n") : text;
}
