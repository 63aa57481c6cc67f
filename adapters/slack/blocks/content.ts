/** What a message is shown as. Pure. */
import type { ChatContent } from "../../../src/chat/card.ts";
import { neutraliseSlackMarkdown, neutraliseSlackText } from "../../../src/rendering/neutralise.ts";
import { LIMITS, plain } from "./block.ts";
import type { Block, Rendered } from "./block.ts";
import { renderCardList } from "./card-list.ts";
import { renderCard } from "./card.ts";
import { renderMergeCard } from "./merge-card.ts";

export function renderContent(content: ChatContent): Rendered {
  switch (content.kind) {
    case "text":
    case "remark":
      return renderMarkdown(content.markdown);
    case "note":
      return renderNote(content.markdown);
    case "card":
      return escapedText(renderCard(content.card));
    case "list":
      return escapedText(renderCardList(content.list));
    case "merge":
      return escapedText(renderMergeCard(content.merge));
  }
}

/** A blank message is none to Slack. */
const BLANK = "…";

export function renderMarkdown(markdown: string): Rendered {
  const shown = neutraliseSlackMarkdown(markdown);
  const text = shown.trim() === "" ? BLANK : fitted(shown);
  return { blocks: [{ type: "markdown", text }], text: fallback(markdown) };
}

/** Small print where it is one plain sentence. */
function renderNote(markdown: string): Rendered {
  const isPlain = markdown.length <= LIMITS.context - 200 && !/[*_`~[\]<>#|\\\n]/u.test(markdown);
  if (!isPlain) return renderMarkdown(markdown);
  const block: Block = { type: "context", elements: [plain(markdown.trim())] };
  return { blocks: [block], text: fallback(markdown) };
}

function fitted(text: string): string {
  if (text.length <= LIMITS.markdown) return text;
  const shown = text.slice(0, LIMITS.markdown - 200).toWellFormed();
  const left = text.length - shown.length;
  return `${shown}\n\n… ${left} more characters are longer than Slack takes; they are in the console.`;
}

const escapedText = ({ blocks, text }: Rendered): Rendered => ({ blocks, text: fallback(text) });

/** The content without blocks, for where Slack refuses them; at most `most` characters. */
export function renderPlain(content: ChatContent, most: number): string {
  if ("markdown" in content) return fallback(content.markdown, most);
  return renderContent(content).text;
}

/** Mrkdwn, harmless. Notifications show its beginning. */
function fallback(text: string, most: number = LIMITS.text): string {
  const whole = neutraliseSlackText(text.slice(0, most));
  if (whole.trim() === "") return BLANK;
  if (text.length <= most && whole.length <= most) return whole;
  const shown = whole
    .slice(0, most - 100)
    .toWellFormed()
    .replace(/&[a-z]*$/u, "");
  return `${shown}\n… (there is more of it in the console)`;
}
