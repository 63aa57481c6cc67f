/** A proposal to merge as a card. Pure. */
import type { MergeAction, MergeCard } from "../../../src/chat/card.ts";
import { MARKS, wordLines } from "../../../src/chat/card-words.ts";
import { concernLines, pendingLines } from "../../../src/chat/merge-lines.ts";
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

const MOST = {
  title: 150,
  name: 100,
  status: 600,
  concern: 150,
  lines: 12,
  numbers: 60,
  fallback: 150,
};
const WORDS = { escaped: escapedLine, link, most: MOST };

export function renderMergeCard(card: MergeCard): Rendered {
  const { rfcTitle, author, pull } = card;
  const about = pull === null ? "" : `  ·  ${link(pull.url, `pull request #${pull.number}`)}`;
  const blocks = [
    section(`*Merge of ${escapedLine(rfcTitle, MOST.title)}*${about}`),
    listed(
      "Their word",
      wordLines(card.words, MOST.lines).map((one) => escapedLine(one, MOST.name)),
    ),
    listed("What holds it", concernLines(card, WORDS)),
    listed("To be decided", pendingLines(card, WORDS)),
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
