import { useEffect, useState } from "preact/hooks";
import { hasCode, highlightHtml } from "./highlighted.ts";
import { highlight } from "./highlighter.ts";

/** What was coloured before; a block that comes back has its colours at once. */
const done = new Map<string, string>();
const MOST = 300;

/** Rendered Markdown, with its code in colours as soon as they are known. */
export function useHighlighted(html: string): string {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!hasCode(html) || done.has(html)) return undefined;
    let wanted = true;
    void highlightHtml(html, highlight).then((coloured) => {
      if (done.size >= MOST) done.clear();
      done.set(html, coloured ?? html);
      if (wanted && coloured !== null) redraw((count) => count + 1);
    });
    return () => void (wanted = false);
  }, [html]);
  return done.get(html) ?? html;
}
