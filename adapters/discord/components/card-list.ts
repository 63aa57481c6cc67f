/** Many changes of one answer: a row each, and a page at a time. Pure. */
import type { Card, CardList } from "../../../src/chat/card.ts";
import { buttonRow, placeMenu, sectionPath, statusLine } from "./card.ts";
import {
  button,
  container,
  countOf,
  escaped,
  LIMITS,
  link,
  row,
  textDisplay,
} from "./component.ts";
import type { Component, Rendered } from "./component.ts";
import { keyIds } from "./key-ids.ts";

const COLOR = 0x5865f2;
/** Characters as they are sent. */
const MOST = { words: 150, reason: 150, texts: 3_000 };
/** The container, the head, the foot and the buttons that turn pages. */
const AROUND = 7;

export function renderCardList(list: CardList): Rendered {
  const rows = fittingRows(list.cards);
  const left = list.cards.length - rows.length;
  const page = list.pages > 1 ? `  ·  page ${list.page + 1} of ${list.pages}` : "";
  const more = left > 0 ? `${left} more of this page: ${link(list.url, "see them all")}  ·  ` : "";
  const older =
    list.replaces === null ? "" : `\n-# continues ${link(list.replaces, "an older message")}`;
  const parts = [
    textDisplay(`### ${list.total} proposed changes${page}`),
    ...rows.flat(),
    textDisplay(`${more}${link(list.url, "Open all changes")}${older}`),
    pageButtons(list),
  ].filter((part) => part !== null);
  return { components: keyIds(list.ref, [container(COLOR, parts)]), files: [] };
}

function fittingRows(cards: readonly Card[]): Component[][] {
  const rows: Component[][] = [];
  let components = AROUND;
  let length = 0;
  for (const card of cards) {
    const words = rowText(card);
    const made = rowParts(card, words);
    components += countOf(made);
    length += words.length;
    if (components > LIMITS.components || length > MOST.texts) break;
    rows.push(made);
  }
  return rows;
}

function rowParts(card: Card, words: string): Component[] {
  const asks = card.actions.includes("place") && card.choices.length > 0;
  const offered = card.actions.filter((action) => action !== "edit" && action !== "concern");
  return [
    textDisplay(words),
    asks ? row([placeMenu(card)]) : null,
    buttonRow(card, offered, false),
  ].filter((part) => part !== null);
}

function rowText(card: Card): string {
  const { deleted, inserted } = gist(card);
  const words = [
    deleted === "" ? null : `~~${deleted}~~`,
    inserted === "" ? null : `**${inserted}**`,
  ].filter((part) => part !== null);
  const lines = [
    `**${link(card.url, `#${card.number}`)}**${sectionPath(card)}`,
    words.join(" → "),
    card.reason.trim() === "" ? "" : `Why: ${escaped(card.reason, MOST.reason)}`,
    statusLine(card),
  ];
  return lines.filter((line) => line !== "").join("\n");
}

/** The words that change; all of it is behind the number. */
function gist({ redline }: Card): { deleted: string; inserted: string } {
  const of = (kind: string): string => {
    const words = redline.filter((run) => run.kind === kind).map((run) => run.text);
    return escaped(words.join(" … "), MOST.words);
  };
  return { deleted: of("deleted"), inserted: of("inserted") };
}

function pageButtons({ ref, page, pages }: CardList): Component | null {
  const turn = (label: string, to: number): Component =>
    button({ label, action: "page", ref, choice: to });
  return row([
    ...(page > 0 ? [turn("← Previous", page - 1)] : []),
    ...(page < pages - 1 ? [turn("Next →", page + 1)] : []),
  ]);
}
