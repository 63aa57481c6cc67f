/** A proposal to merge as a card. Pure. */
import type { MergeAction, MergeCard } from "../../../src/chat/card.ts";
import { MARKS, wordLines } from "../../../src/chat/card-words.ts";
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
    listed("What holds it", concernLines(card)),
    listed("To be decided", pendingLines(card)),
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

function concernLines({ concerns, url }: MergeCard): string[] {
  const shown = concerns
    .slice(0, MOST.lines)
    .map(({ number, text, author }) =>
      text === null
        ? `#${number}: raised elsewhere`
        : `#${number}: ${escaped(text, MOST.concern)} (${escaped(author ?? "", MOST.name)})`,
    );
  const rest = concerns.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more: ${link(url, "see them all")}`] : shown;
}

function pendingLines({ pendingChanges, url }: MergeCard): string[] {
  if (pendingChanges.length === 0) return [];
  const shown = pendingChanges.slice(0, MOST.numbers).map((number) => `#${number}`);
  const rest = pendingChanges.length - shown.length;
  const more = rest > 0 ? ` and ${rest} more: ${link(url, "see them all")}` : "";
  return [`Changes ${shown.join(", ")}${more}`];
}

function buttonRow({ actions, ref, url }: MergeCard): Component | null {
  if (actions.length === 0) return null;
  const buttons = actions.map((action) => button({ ...FACES[action], action, ref }));
  const open = linkButton("Open", url);
  return row(open ? [...buttons, open] : buttons);
}
