/** A change as a card. Pure. */
import type { Card, CardAction } from "../../../src/chat/card.ts";
import { MARKS } from "../../../src/chat/card-words.ts";
import { excerptLine } from "../../../src/one-line.ts";
import { asDiff } from "../../../src/rendering/line-diff.ts";
import { actionId, optionValue } from "../action-id.ts";
import {
  LIMITS,
  actions,
  beginning,
  button,
  context,
  escapedLine,
  link,
  linkButton,
  literal,
  optionText,
  plain,
  section,
} from "./block.ts";
import type { Block, ButtonOptions, Rendered } from "./block.ts";
import { leftOut, redlineBlock } from "./redline.ts";
import { line, richText, words } from "./rich-text.ts";

const LABELS: Readonly<
  Record<Exclude<CardAction, "place">, Omit<ButtonOptions, "value" | "actionId">>
> = {
  accept: { label: "Accept", style: "primary" },
  confirm: { label: "Confirm", style: "primary" },
  decline: { label: "Decline", style: "danger" },
  edit: { label: "Edit" },
  concern: { label: "Raise a concern" },
};

const MOST = {
  reason: 1_000,
  present: 1_000,
  status: 300,
  path: 300,
  excerpt: 100,
  label: 50,
  choices: 100,
  buttons: 5,
  fallback: 1_200,
};

export function renderCard(card: Card): Rendered {
  const blocks = [
    section(`*${titleOf(card)}*${sectionPath(card)}`),
    redlineBlock(card),
    presentBlock(card),
    reasonBlock(card),
    context(facts(card)),
    ...choiceBlocks(card),
    buttonRow(card),
  ];
  return { blocks: blocks.filter((block) => block !== null), text: cardText(card) };
}

const titleOf = ({ number }: Card): string => `Change #${number}`;

export function sectionPath({ section: path }: Pick<Card, "section">): string {
  if (path.length === 0) return "";
  return `  ·  § ${escapedLine(path.join(" › "), MOST.path)}`;
}

/** The mark and the sentence of the state, in mrkdwn. */
export function statusLine({ tone, status }: Card): string {
  return `${MARKS[tone]} ${escapedLine(status, MOST.status)}`;
}

/** What somebody else made of the words, where the change conflicts with it. */
function presentBlock({ present, url }: Card): Block | null {
  if (present === null) return null;
  const shown = beginning(present, MOST.present);
  const text = present.trim() === "" ? "(nothing)" : shown;
  return richText(
    line(words("The document says now: ", { bold: true }), words(text)),
    leftOut(present.length - shown.length, url),
  );
}

/** As rich text, which takes every word as it is. */
function reasonBlock({ reason, url }: Card): Block | null {
  const whole = reason.trim();
  if (whole === "") return null;
  const shown = beginning(whole, MOST.reason);
  return richText(
    line(words("Why: ", { bold: true }), words(shown)),
    leftOut(whole.length - shown.length, url),
  );
}

function facts(card: Card): string[] {
  const { author, certainty, commit, url, actions: offered } = card;
  const by = author === null ? null : `proposed by ${escapedLine(author, 100)}`;
  const sure = certainty === null ? null : escapedLine(certainty, 150);
  const done = commit === null ? null : `commit ${link(commit.url, commit.sha.slice(0, 10))}`;
  // Without buttons the way to the whole is a link.
  const open = offered.length === 0 ? link(url, "Open") : null;
  const all = [statusLine(card), sure, by, done, open].filter((fact) => fact !== null);
  return all.filter((fact) => fact.trim() !== "");
}

function choiceBlocks(card: Card): (Block | null)[] {
  const { choices, ref } = card;
  if (!card.actions.includes("place") || choices.length === 0) return [];
  if (choices.length > MOST.buttons) return [section("*The places*", placeMenu(card))];
  const places = choices.map(
    ({ label, excerpt }) =>
      `*${escapedLine(label, MOST.label)}*: ${escapedLine(excerpt, MOST.excerpt)}`,
  );
  const buttons = choices.map(({ label }, index) =>
    button({ label: placeLabel(label), actionId: actionId("place", index), value: ref }),
  );
  return [section(places.join("\n")), actions(buttons)];
}

const placeLabel = (label: string): string => excerptLine(label, LIMITS.button - 10);

/** A menu of places: for many of them, and for the rows of a list. */
export function placeMenu({ ref, choices }: Card): Block {
  const shown = choices.slice(0, MOST.choices);
  const left = choices.length - shown.length;
  const hint = left > 0 ? `Choose the place (${left} more where it is opened)` : "Choose the place";
  return {
    type: "static_select",
    action_id: actionId("place"),
    placeholder: plain(hint),
    options: shown.map((choice, index) => ({
      text: optionText(choice.label),
      description: optionText(choice.excerpt || "(an empty line)"),
      value: optionValue(ref, index),
    })),
  };
}

/** Null once it is decided. */
export function buttonRow(card: Card, offered: readonly CardAction[] = card.actions): Block | null {
  if (card.actions.length === 0) return null;
  const { ref, url, number } = card;
  const buttons = offered
    .filter((action) => action !== "place")
    .map((action) => {
      const face = LABELS[action];
      const readOut = `${face.label} change ${number}`;
      return button({ ...face, actionId: actionId(action), value: ref, readOut });
    });
  const open = linkButton("Open", actionId("open"), url);
  const all = open ? [...buttons, open] : buttons;
  return all.length > 0 ? actions(all) : null;
}

/** All of the card in words, for notifications and for where Slack takes no blocks. */
function cardText(card: Card): string {
  const {
    section: path,
    author,
    original,
    proposed,
    reason,
    certainty,
    url,
    commit,
    present,
  } = card;
  const where = path.length > 0 ? ` in § ${excerptLine(path.join(" › "), 300)}` : "";
  const by = author === null ? "" : ` by ${excerptLine(author, 80)}`;
  const diff = asDiff(original, proposed);
  const shown = diff.slice(0, MOST.fallback).toWellFormed();
  const left = diff.length - shown.length;
  const lines = [
    `${titleOf(card)}${where}${by}: ${excerptLine(card.status, MOST.status)}`,
    shown + (left > 0 ? `\n… ${left} more characters` : ""),
    present === null ? null : `The document says now: ${excerptLine(present, 500) || "(nothing)"}`,
    reason === "" ? null : `Why: ${excerptLine(reason, 500)}`,
    certainty === null ? null : excerptLine(certainty, 200),
    commit === null ? null : `Commit ${commit.sha}`,
    url,
  ];
  return literal(lines.filter((part) => part !== null).join("\n"));
}
