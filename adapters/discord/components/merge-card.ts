/** A proposal to merge as a card. Pure. */
import type { MergeAction, MergeCard } from "../../../src/chat/card.ts";
import { MARKS, wordLines } from "../../../src/chat/card-words.ts";
import { concernLines, pendingLines } from "../../../src/chat/merge-lines.ts";
import { COLORS } from "./card.ts";
import { button, container, escaped, link, linkButton, row, textDisplay } from "./component.ts";
import type { ButtonOptions, Component, Rendered } from "./component.ts";
import { keyIds } from "./key-ids.ts";

const FACES: Readonly<Record<MergeAction, Pick<ButtonOptions, "label" | "style">>> = {
  agree: { label: "Agree", style: "success" },
  object: { label: "Object", style: "danger" },
};

/** Characters as they are sent; together below what Discord takes in one message. */
const MOST = { title: 150, name: 60, status: 500, concern: 100, lines: 8, numbers: 40 };
const WORDS = { escaped, link, most: MOST };

export function renderMergeCard(card: MergeCard): Rendered {
  const { rfcTitle, author, pull, replaces, url } = card;
  const about = pull === null ? "" : `  ·  ${link(pull.url, `pull request #${pull.number}`)}`;
  const head = `### Merge of ${escaped(rfcTitle, MOST.title)}${about}\n-# proposed by ${escaped(author, MOST.name)}`;
  const words = wordLines(card.words, MOST.lines).map((one) => escaped(one, MOST.name + 30));
  const facts = [
    `${MARKS[card.tone]} ${escaped(card.status, MOST.status)}`,
    ...(replaces === null ? [] : [`-# continues ${link(replaces, "an older message")}`]),
    ...(card.actions.length === 0 ? [`-# ${link(url, "Open")}`] : []),
  ];
  const texts = [
    head,
    listed("Their word", words),
    listed("What holds it", concernLines(card, WORDS)),
    listed("To be decided", pendingLines(card, WORDS)),
    facts.join("\n"),
  ];
  const parts = [...texts.filter((part) => part !== null).map(textDisplay), buttonRow(card)].filter(
    (part) => part !== null,
  );
  return { components: keyIds(card.ref, [container(COLORS[card.tone], parts)]), files: [] };
}

function listed(title: string, lines: readonly string[]): string | null {
  return lines.length === 0 ? null : [`**${title}**`, ...lines].join("\n");
}

function buttonRow({ actions, ref, url }: MergeCard): Component | null {
  if (actions.length === 0) return null;
  const buttons = actions.map((action) => button({ ...FACES[action], action, ref }));
  const open = linkButton("Open", url);
  return row(open ? [...buttons, open] : buttons);
}
