/** What a message is shown as. Pure. */
import type { ChatContent } from "../../../src/chat/card.ts";
import { escapeDiscord, neutraliseDiscord } from "../../../src/rendering/neutralise.ts";
import { renderCardList } from "./card-list.ts";
import { renderCard } from "./card.ts";
import { renderMergeCard } from "./merge-card.ts";
import { LIMITS, textDisplay } from "./component.ts";
import type { Component, Rendered } from "./component.ts";

export function renderContent(content: ChatContent): Rendered {
  switch (content.kind) {
    case "text":
    case "remark":
      return { content: renderMarkdown(content.markdown), files: [] };
    case "note":
      return { content: renderNote(content.markdown), files: [] };
    case "card":
      return renderCard(content.card);
    case "list":
      return renderCardList(content.list);
    case "merge":
      return renderMergeCard(content.merge);
  }
}

/** A blank message is none to Discord. */
const BLANK = "…";

export function renderMarkdown(markdown: string, most: number = LIMITS.content): string {
  const shown = neutraliseDiscord(markdown);
  return shown.trim() === "" ? BLANK : fitted(shown, most);
}

/** Small print where it is one plain sentence. */
function renderNote(markdown: string): string {
  const isPlain = markdown.length <= 500 && !/[*_`~[\]<>#|\\\n]/u.test(markdown);
  const line = markdown.trim();
  return isPlain && line !== "" ? `-# ${escapeDiscord(line)}` : renderMarkdown(markdown);
}

/** One text as a component; its number is kept, as `content` has none. */
export function textComponent(markdown: string, id: number | null): Component {
  const shown = textDisplay(renderMarkdown(markdown, LIMITS.texts - 500));
  return id === null ? shown : { ...shown, id };
}

function fitted(shown: string, most: number): string {
  if (shown.length <= most) return shown;
  const cut = shown.slice(0, most - 120).toWellFormed();
  const left = shown.length - cut.length;
  return `${cut}\n… ${left} more characters are longer than Discord takes; they are in the console.`;
}
