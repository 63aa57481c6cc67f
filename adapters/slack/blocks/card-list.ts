/** Many changes of one answer: a row each, and a page at a time. Pure. */
import type { Card, CardAction, CardList } from "../../../src/chat/card.ts";
import { excerptLine } from "../../../src/one-line.ts";
import { actionId } from "../action-id.ts";
import { actions, button, context, escapedLine, link, literal, section } from "./block.ts";
import type { Block, Rendered } from "./block.ts";
import { buttonRow, placeMenu, sectionPath, statusLine } from "./card.ts";

/** What is done in a card of its own, or in the row's menu. */
const BY_ITSELF: ReadonlySet<CardAction> = new Set(["edit", "concern", "place"]);
/** Two blocks a row, with the head and the foot below Slack's 50. */
const MOST_ROWS = 20;
const MOST = { words: 120, reason: 120 };
/** Characters of all rows together; Slack takes some 13,200 a message. */
const MOST_TEXT = 11_500;

export function renderCardList(list: CardList): Rendered {
  const shown = fittingRows(list.cards);
  const left = list.cards.length - shown.length;
  const head = `${list.total} proposed changes`;
  const page = list.pages > 1 ? `  ·  page ${list.page + 1} of ${list.pages}` : "";
  const more = left > 0 ? [`${left} more of this page:`, link(list.url, "see them all")] : [];
  const blocks = [
    section(`*${head}*${page}`),
    ...shown.flatMap((one) => one.blocks),
    context([...more, link(list.url, "Open all changes")]),
    pageButtons(list),
  ];
  return {
    blocks: blocks.filter((block) => block !== null),
    text: literal(
      [head + page, ...shown.map(({ card }) => rowText(card)), list.url].join("\n"),
    ).slice(0, 3_900),
  };
}

interface Row {
  card: Card;
  blocks: readonly (Block | null)[];
  length: number;
}

function fittingRows(cards: readonly Card[]): Row[] {
  const rows: Row[] = [];
  let length = 0;
  for (const made of cards.slice(0, MOST_ROWS).map(row)) {
    length += made.length;
    if (length > MOST_TEXT) break;
    rows.push(made);
  }
  return rows;
}

function row(card: Card): Row {
  const { deleted, inserted } = gist(card);
  const words = [
    deleted === "" ? null : `~${escapedLine(deleted, MOST.words)}~`,
    inserted === "" ? null : `*${escapedLine(inserted, MOST.words)}*`,
  ].filter((part) => part !== null);
  const reason = card.reason === "" ? "" : `\n${escapedLine(card.reason, MOST.reason)}`;
  const text = `*#${card.number}*${sectionPath(card)}\n${words.join(" → ")}${reason}\n${statusLine(card)}`;
  const asks = card.actions.includes("place") && card.choices.length > 0;
  const offered = card.actions.filter((action) => !BY_ITSELF.has(action));
  const blocks = [section(text, asks ? placeMenu(card) : undefined), buttonRow(card, offered)];
  return { card, blocks, length: text.length };
}

/** The words that change; all of it is behind “Open”. */
function gist({ redline }: Card): { deleted: string; inserted: string } {
  const of = (kind: string): string =>
    redline
      .filter((run) => run.kind === kind)
      .map(({ text }) => text)
      .join(" … ");
  return {
    deleted: excerptLine(of("deleted"), MOST.words),
    inserted: excerptLine(of("inserted"), MOST.words),
  };
}

function rowText(card: Card): string {
  const { deleted, inserted } = gist(card);
  return `#${card.number}: “${deleted}” → “${inserted}” (${excerptLine(card.status, 80)})`;
}

function pageButtons({ ref, page, pages }: CardList): Block | null {
  const buttons: Block[] = [];
  const turn = (label: string, to: number) =>
    buttons.push(button({ label, actionId: actionId("page", to), value: ref }));
  if (page > 0) turn("← Previous", page - 1);
  if (page < pages - 1) turn("Next →", page + 1);
  return buttons.length > 0 ? actions(buttons) : null;
}
