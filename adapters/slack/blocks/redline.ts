/** A change as one can read it in Slack: struck and inserted words, and both texts for those who see neither. */
import type { Card, RedlineRun } from "../../../src/chat/card.ts";
import { asDiff } from "../../../src/rendering/line-diff.ts";
import { beginning, literal } from "./block.ts";
import type { Block } from "./block.ts";
import { boxed, line, quoted, richLink, richText, words } from "./rich-text.ts";

/** Characters; with the rest of a card they stay below what Slack takes in one message. */
const MOST = { redline: 2_500, text: 1_700, diff: 3_500, quoted: 400 } as const;

/** Null for a change without any text. */
export function redlineBlock(card: Card): Block | null {
  const runs = fitRuns(card.redline, MOST.redline);
  const elements = runs.shown.flatMap((run) => runElements(run));
  return richText(
    elements.length > 0 ? quoted(...elements) : null,
    leftOut(runs.leftOut, card.url),
    ...bothTexts(card),
  );
}

/** Inserted words are bold and underlined, deleted ones struck through: told apart without colours. */
function runElements({ kind, text }: RedlineRun): (Block | null)[] {
  if (kind === "same") return [words(text)];
  if (kind === "deleted") return [words(text, { strike: true })];
  return [words(text, { bold: true, underline: true })];
}

function bothTexts({ original, proposed, url }: Card): (Block | null)[] {
  const isShort = [original, proposed].every(
    (text) => text.length <= MOST.quoted && !text.trim().includes("\n"),
  );
  if (isShort || original === "" || proposed === "") {
    return [...oneText("Original", original, url), ...oneText("Proposed", proposed, url)];
  }
  const diff = asDiff(original, proposed);
  const shown = cutAtLine(diff, MOST.diff);
  return [
    line(words("Original (−) and proposed (+)", { bold: true })),
    boxed(words(shown)),
    leftOut(diff.length - shown.length, url),
  ];
}

function oneText(name: string, text: string, url: string): (Block | null)[] {
  if (text === "") return [line(words(name, { bold: true }), words(": nothing"))];
  const shown = beginning(text, MOST.text);
  return [
    line(words(name, { bold: true })),
    text.trim().includes("\n") ? boxed(words(shown)) : quoted(words(shown)),
    leftOut(text.length - shown.length, url),
  ];
}

/** What was left out is told, with where it can be read. */
export function leftOut(characters: number, url: string): Block | null {
  if (characters <= 0) return null;
  const count = characters.toLocaleString("en-US");
  return line(
    words(`… ${count} more characters: `, { italic: true }),
    richLink("read all of it", url),
  );
}

function fitRuns(
  runs: readonly RedlineRun[],
  most: number,
): { shown: RedlineRun[]; leftOut: number } {
  const shown: RedlineRun[] = [];
  let room = most;
  let left = 0;
  for (const { kind, text } of runs) {
    // Once something was left out, nothing follows.
    const part = left > 0 ? "" : beginning(text, room);
    if (part !== "") shown.push({ kind, text: part });
    room -= literal(part).length;
    left += text.length - part.length;
  }
  return { shown, leftOut: left };
}

function cutAtLine(text: string, most: number): string {
  const shown = beginning(text, most);
  if (shown === text) return text;
  const cut = shown.lastIndexOf("\n");
  return cut > most / 2 ? shown.slice(0, cut) : shown;
}
