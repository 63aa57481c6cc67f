/** A change as one can read it on Discord: struck and inserted words, or a diff where Markdown would break them. */
import type { Card, RedlineRun } from "../../../src/chat/card.ts";
import { asDiff, asPatch } from "../../../src/rendering/line-diff.ts";
import { escapeDiscord } from "../../../src/rendering/neutralise.ts";
import { beginning, code } from "./component.ts";

/** Characters of the texts as they are, of a diff and of the document's words as they are sent. */
const MOST = { text: 300, diff: 2_200, now: 500 } as const;
/** Of a diff, its head, its fences and its foot. */
const AROUND_DIFF = 160;

interface ShownChange {
  texts: readonly string[];
  /** The whole as a patch, where the texts leave something out; null where they do not. */
  patch: string | null;
}

/** What Markdown gives a meaning of its own, so that marks around it may not hold. */
const MARKED = /[\n\r\t`|*_~[\]<>\\#]|https?:|^\s*(?:[+-]|\d+[.)])\s/u;

/** @param room characters that the texts may have together, 400 at least */
export function showChange(card: Card, room: number): ShownChange {
  const inline = [asWords(card), bothTexts(card)].filter((part) => part !== null);
  if (inline.length === 2 && inline.join("").length <= room) return { texts: inline, patch: null };
  const diff = asDiff(card.original, card.proposed);
  const shown = beginning(diff, Math.min(MOST.diff, room - AROUND_DIFF));
  const left = diff.length - shown.length;
  const head = "**Original** (−) and **proposed** (+)";
  const foot = left > 0 ? `\n-# … ${count(left)} more characters; all of it is attached` : "";
  return {
    texts: [`${head}\n${code("diff", shown)}${foot}`],
    patch: left > 0 ? asPatch(`change #${card.number}`, card.original, card.proposed) : null,
  };
}

/** Null where words alone would not show it well. */
function asWords({ redline, original, proposed }: Card): string | null {
  const isPlain = (part: string): boolean => part.length <= MOST.text && !MARKED.test(part);
  const isSeen = redline.every(({ kind, text }) => kind === "same" || text.trim() !== "");
  if (!isSeen || ![original, proposed].every(isPlain)) return null;
  if (redline.some(({ text }) => MARKED.test(text))) return null;
  const line = joined(redline).map(marked).join("").trim();
  return line === "" ? null : `> ${line}`;
}

/** Neighbours of a kind as one: marks that meet would not be read as such. */
function joined(runs: readonly RedlineRun[]): RedlineRun[] {
  const all: RedlineRun[] = [];
  for (const { kind, text } of runs) {
    const last = all.at(-1);
    if (last?.kind === kind) all[all.length - 1] = { kind, text: last.text + text };
    else all.push({ kind, text });
  }
  return all;
}

/** The marks hug the words: with a blank inside they would stand there as themselves. */
function marked({ kind, text }: RedlineRun, index: number, runs: readonly RedlineRun[]): string {
  const words = escapeDiscord(text);
  if (kind === "same") return words;
  const middle = words.trim();
  const before = words.slice(0, words.length - words.trimStart().length);
  const after = middle === "" ? "" : words.slice(words.trimEnd().length);
  const mark = kind === "deleted" ? "~~" : "**";
  const next = runs[index + 1];
  const isTight = next !== undefined && next.kind !== "same" && /^\S/u.test(next.text);
  return `${before}${mark}${middle}${mark}${after === "" && isTight ? " " : after}`;
}

function bothTexts({ original, proposed }: Card): string {
  return [oneText("Original", original), oneText("Proposed", proposed)].join("\n");
}

const oneText = (name: string, text: string): string =>
  text.trim() === "" ? `**${name}:** nothing` : `**${name}:** ${escapeDiscord(text.trim())}`;

/** What stands in the document now, where somebody changed the same words. */
export function showPresent({ present }: Card): string | null {
  if (present === null) return null;
  const shown = beginning(present, MOST.now);
  const left = present.length - shown.length;
  const more = left > 0 ? `\n-# … ${count(left)} more characters` : "";
  return `**Now in the document**\n${code("", shown === "" ? "(nothing)" : shown)}${more}`;
}

const count = (characters: number): string => characters.toLocaleString("en-US");
