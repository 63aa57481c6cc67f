/** A proposal to merge as a card. Pure. */
import type { MergeAction, MergeCard } from "../../../src/chat/card.ts";
import { MARKS, wordLines } from "../../../src/chat/card-words.ts";
import { excerptLine } from "../../../src/one-line.ts";
import { actionId } from "../action-id.ts";
import {
  actions,
  button,
  context,
  escapedLine,
  link,
  linkButton,
  literal,
  section,
} from "./block.ts";
import type { Block, ButtonOptions, Rendered } from "./block.ts";

const LABELS: Readonly<Record<MergeAction, Omit<ButtonOptions, "value" | "actionId">>> = {
  agree: { label: "Agree", style: "primary", readOut: "Agree to the merge" },
  object: { label: "Object", style: "danger", readOut: "Object to the merge" },
};

const MOST = { title: 150, name: 100, status: 600, concern: 150, lines: 12, fallback: 150 };

export function renderMergeCard(card: MergeCard): Rendered {
  const { rfcTitle, author, pull } = card;
  const about = pull === null ? "" : `  ·  ${link(pull.url, `pull request #${pull.number}`)}`;
  const blocks = [
    section(`*Merge of ${escapedLine(rfcTitle, MOST.title)}*${about}`),
    listed(
      "Their word",
      wordLines(card.words, MOST.lines).map((one) => escapedLine(one, MOST.name)),
    ),
    listed("What holds it", concernLines(card)),
    listed("To be decided", pendingLines(card)),
    context([
      `${MARKS[card.tone]} ${escapedLine(card.status, MOST.status)}`,
      `proposed by ${escapedLine(author, MOST.name)}`,
      ...(card.actions.length === 0 ? [link(card.url, "Open")] : []),
    ]),
    buttonRow(card),
  ];
  return { blocks: blocks.filter((block) => block !== null), text: mergeText(card) };
}

function listed(title: string, lines: readonly string[]): Block | null {
  return lines.length === 0 ? null : section([`*${title}*`, ...lines].join("\n"));
}

function concernLines({ concerns, url }: MergeCard): string[] {
  const shown = concerns
    .slice(0, MOST.lines)
    .map(({ number, text, author }) =>
      text === null
        ? `#${number}: raised elsewhere`
        : `#${number}: ${escapedLine(text, MOST.concern)} (${escapedLine(author ?? "", MOST.name)})`,
    );
  const rest = concerns.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more: ${link(url, "see them all")}`] : shown;
}

function pendingLines({ pendingChanges, url }: MergeCard): string[] {
  if (pendingChanges.length === 0) return [];
  const shown = pendingChanges.slice(0, 5 * MOST.lines).map((number) => `#${number}`);
  const rest = pendingChanges.length - shown.length;
  const more = rest > 0 ? ` and ${rest} more: ${link(url, "see them all")}` : "";
  return [`Changes ${shown.join(", ")}${more}`];
}

function buttonRow({ actions: offered, ref, url }: MergeCard): Block | null {
  if (offered.length === 0) return null;
  const buttons = offered.map((action) =>
    button({ ...LABELS[action], actionId: actionId(action), value: ref }),
  );
  const open = linkButton("Open", actionId("open"), url);
  return actions(open ? [...buttons, open] : buttons);
}

/** All of the card in words, as of a change. */
function mergeText({ rfcTitle, author, status, words, concerns, url }: MergeCard): string {
  const lines = [
    `${excerptLine(author, MOST.name)} proposes to merge “${excerptLine(rfcTitle, MOST.title)}”: ${excerptLine(status, MOST.status)}`,
    ...wordLines(words, MOST.lines).map((one) => excerptLine(one, MOST.fallback)),
    ...(concerns.length > 0
      ? [`Open concerns: ${concerns.map(({ number }) => `#${number}`).join(", ")}`]
      : []),
    url,
  ];
  return literal(lines.join("\n")).slice(0, 3_900);
}
