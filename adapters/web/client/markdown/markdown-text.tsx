import { memo } from "../ui/memo.ts";
import { useMemo, useRef } from "preact/hooks";
import { GrowingMarkdown } from "./growing-markdown.ts";
import { renderMarkdown } from "./markdown.ts";
import { sanitize } from "./sanitize.ts";
import { useHighlighted } from "./use-highlighted.ts";
import { useMarkup } from "./use-markup.ts";

/** A whole message as Markdown. */
export const MarkdownText = memo(function MarkdownText({ text }: { text: string }) {
  const html = useMemo(() => sanitize(renderMarkdown(normalise(text))), [text]);
  return <div class="prose" dangerouslySetInnerHTML={useMarkup(useHighlighted(html))} />;
});

/** A message that is still being written: only its last blocks are drawn again. */
export function GrowingMarkdownText({ text }: { text: string }) {
  const growing = useRef<GrowingMarkdown | null>(null);
  growing.current ??= new GrowingMarkdown();
  const blocks = growing.current.blocks(normalise(text));
  return (
    <div class="prose">
      {blocks.map((raw, index) =>
        raw.trim() === "" ? null : (
          <MarkdownBlock key={index} raw={raw} growing={index === blocks.length - 1} />
        ),
      )}
    </div>
  );
}

interface BlockProps {
  raw: string;
  /** The last block: what is not finished is not coloured yet. */
  growing: boolean;
}

const MarkdownBlock = memo(function MarkdownBlock({ raw, growing }: BlockProps) {
  const html = useMemo(() => sanitize(renderMarkdown(raw)), [raw]);
  const coloured = useHighlighted(growing ? "" : html);
  const markup = useMarkup(growing ? html : coloured);
  return <div class="prose-block" dangerouslySetInnerHTML={markup} />;
});

function normalise(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}
