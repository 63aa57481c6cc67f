/** A change as a card. Pure. */
import type { Card, CardAction, CardTone } from "../../../src/chat/card.ts";
import { MARKS } from "../../../src/chat/card-words.ts";
import {
  attached,
  button,
  container,
  escaped,
  LIMITS,
  link,
  linkButton,
  menu,
  row,
  textDisplay,
} from "./component.ts";
import type { ButtonOptions, Component, Rendered } from "./component.ts";
import { keyIds } from "./key-ids.ts";
import { showChange, showPresent } from "./redline.ts";

export const COLORS: Readonly<Record<CardTone, number>> = {
  open: 0x5865f2,
  asks: 0xd29922,
  working: 0x8b949e,
  good: 0x2ea043,
  closed: 0x6e7681,
  problem: 0xda3633,
};

const FACES: Readonly<
  Record<Exclude<CardAction, "place">, Pick<ButtonOptions, "label" | "style">>
> = {
  accept: { label: "Accept", style: "success" },
  confirm: { label: "Confirm", style: "success" },
  decline: { label: "Decline", style: "danger" },
  edit: { label: "Edit" },
  concern: { label: "Raise a concern" },
};

/** Characters as they are sent. */
const MOST = { path: 300, author: 150, reason: 900, status: 350, certainty: 200, texts: 3_950 };

export function renderCard(card: Card): Rendered {
  const head = `### Change #${card.number}${sectionPath(card)}${byline(card)}`;
  const others = [showPresent(card), reasonLine(card), facts(card)].filter((part) => part !== null);
  const taken = [head, ...others].reduce((sum, part) => sum + part.length, 0);
  const change = showChange(card, MOST.texts - taken);
  const name = `change-${card.number}.diff`;
  const parts = [
    textDisplay(head),
    ...change.texts.map(textDisplay),
    change.patch === null ? null : attached(name),
    ...others.map(textDisplay),
    ...choiceRow(card),
    buttonRow(card, card.actions, true),
  ].filter((part) => part !== null);
  return {
    components: keyIds(card.ref, [container(COLORS[card.tone], parts)]),
    files:
      change.patch === null
        ? []
        : [{ name, data: Buffer.from(change.patch.toWellFormed()), contentType: "text/x-diff" }],
  };
}

export function sectionPath({ section: path }: Pick<Card, "section">): string {
  const words = escaped(path.join(" › "), MOST.path);
  return words.trim() === "" ? "" : `  ·  § ${words}`;
}

const byline = ({ author }: Card): string =>
  author === null ? "" : `\n-# proposed by ${escaped(author, MOST.author)}`;

function reasonLine({ reason, url }: Card): string | null {
  if (reason.trim() === "") return null;
  const shown = escaped(reason, MOST.reason);
  const rest = shown.endsWith("…") && !reason.trim().endsWith("…");
  return `**Why:** ${shown}${rest ? ` ${link(url, "all of it")}` : ""}`;
}

/** The mark and the sentence of the state. */
export function statusLine({ tone, status }: Card): string {
  return `${MARKS[tone]} ${escaped(status, MOST.status)}`;
}

function facts(card: Card): string {
  const { certainty, commit, replaces, url, actions } = card;
  const lines = [
    statusLine(card),
    certainty === null ? null : `-# ${escaped(certainty, MOST.certainty)}`,
    commit === null ? null : `-# commit ${link(commit.url, commit.sha.slice(0, 10))}`,
    replaces === null ? null : `-# continues ${link(replaces, "an older message")}`,
    // Without buttons the way to the whole is a link.
    actions.length === 0 ? `-# ${link(url, "Open")}` : null,
  ];
  return lines.filter((line) => line !== null).join("\n");
}

function choiceRow(card: Card): (Component | null)[] {
  const { actions, choices } = card;
  return actions.includes("place") && choices.length > 0 ? [row([placeMenu(card)])] : [];
}

/** The places to choose from. */
export function placeMenu({ ref, choices }: Card): Component {
  const left = choices.length - LIMITS.options;
  const hint = left > 0 ? `Choose the place (${left} more where it is opened)` : "Choose the place";
  const options = choices.map((choice) => ({
    label: choice.label,
    description: choice.excerpt.trim() || "(an empty line)",
  }));
  return menu("place", ref, hint, options);
}

/** Null once it is decided. */
export function buttonRow(
  { actions, ref, url }: Card,
  offered: readonly CardAction[],
  withOpen: boolean,
): Component | null {
  if (actions.length === 0) return null;
  const buttons = offered
    .filter((action) => action !== "place")
    .map((action) => button({ ...FACES[action], action, ref }));
  const open = withOpen ? linkButton("Open", url) : null;
  return row(open ? [...buttons, open] : buttons);
}
