/** Three-way merging of a short stretch of text, word by word. */
import { withLineEnding } from "./document-index.ts";
import type { LineEnding } from "./document-index.ts";
import { normalise } from "./normalise.ts";
import { align } from "./sequences.ts";
import type { Run } from "./sequences.ts";
import { tokenise } from "./words.ts";

/**
 * `theirs` with the difference `base` → `ours` carried over to it; null when both changed the same words, or
 * neighbouring ones, differently. Where `base` and `theirs` differ in spelling only (quotes, entities, line
 * wrapping, line endings), that is no difference, and the words that `ours` keeps are written as in `theirs`.
 * New line breaks are written as `ending`.
 */
export function mergeTexts(
  base: string,
  ours: string,
  theirs: string,
  ending: LineEnding,
): string | null {
  if (ours === theirs) return theirs;
  const b = edged(base);
  const o = edged(ours);
  const t = edged(theirs);
  const core = mergeTokens(tokenise(b.core), tokenise(o.core), tokenise(t.core), ending);
  if (core === null) return null;
  const lead = o.lead === b.lead ? t.lead : withLineEnding(o.lead, ending);
  const trail = o.trail === b.trail ? t.trail : withLineEnding(o.trail, ending);
  return lead + core + trail;
}

/** White space at the edges is merged apart: whether the last line ends with a break changes no word. */
function edged(text: string): { lead: string; core: string; trail: string } {
  const core = text.trim();
  if (core === "") return { lead: text, core: "", trail: "" };
  const start = text.indexOf(core);
  return { lead: text.slice(0, start), core, trail: text.slice(start + core.length) };
}

/** Items `[start, end)` of the base that one side replaced by its items `[from, to)`. */
interface Hunk {
  start: number;
  end: number;
  from: number;
  to: number;
  side: "ours" | "theirs";
}

function mergeTokens(
  base: string[],
  ours: string[],
  theirs: string[],
  ending: LineEnding,
): string | null {
  const kept = align(base.map(spellingKey), theirs.map(spellingKey), "minimal");
  const hunks = [
    ...hunksOf(align(base, ours, "minimal"), base.length, ours.length, "ours"),
    ...hunksOf(kept, base.length, theirs.length, "theirs"),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
  const out: string[] = [];
  // `skew` leads from a base item to the item of theirs that it became.
  let skew = 0;
  let at = 0;
  for (let next = 0; next < hunks.length;) {
    const group = [hunks[next]!];
    const { start } = hunks[next]!;
    let { end } = hunks[next]!;
    for (next++; next < hunks.length && hunks[next]!.start <= end; next++) {
      group.push(hunks[next]!);
      end = Math.max(end, hunks[next]!.end);
    }
    out.push(...theirs.slice(at + skew, start + skew));
    const theirsIn = spread(group, "theirs", start, end, skew);
    const text = resolve(group, theirs.slice(theirsIn.from, theirsIn.to), ours, start, end, ending);
    if (text === null) return null;
    out.push(text);
    skew = theirsIn.to - end;
    at = end;
  }
  out.push(...theirs.slice(at + skew));
  return out.join("");
}

/** What stands in the base's `[start, end)` after the merge; null for a conflict. */
function resolve(
  group: Hunk[],
  theirs: string[],
  ours: string[],
  start: number,
  end: number,
  ending: LineEnding,
): string | null {
  if (group.every(({ side }) => side === "theirs")) return theirs.join("");
  const first = group.find(({ side }) => side === "ours")!;
  const { from, to } = spread(group, "ours", start, end, first.from - first.start);
  const mine = withLineEnding(ours.slice(from, to).join(""), ending);
  const yours = theirs.join("");
  return group.every(({ side }) => side === "ours") || mine === yours ? mine : null;
}

/** The items of one side that stand for the base's `[start, end)`, given the skew before it. */
function spread(
  group: Hunk[],
  side: Hunk["side"],
  start: number,
  end: number,
  skewBefore: number,
): { from: number; to: number } {
  const last = group.findLast((hunk) => hunk.side === side);
  const skewAfter = last === undefined ? skewBefore : last.to - last.end;
  return { from: start + skewBefore, to: end + skewAfter };
}

function hunksOf(runs: Run[], baseLength: number, length: number, side: Hunk["side"]): Hunk[] {
  const hunks: Hunk[] = [];
  let start = 0;
  let from = 0;
  for (const run of [...runs, { a: baseLength, b: length, length: 0 }]) {
    if (run.a > start || run.b > from) hunks.push({ start, end: run.a, from, to: run.b, side });
    start = run.a + run.length;
    from = run.b + run.length;
  }
  return hunks;
}

/** Equal for tokens that differ in spelling only; every white-space run is one space. */
function spellingKey(token: string): string {
  const code = token.charCodeAt(0);
  if (token.length === 1 && code > 32 && code < 0x7f) return token;
  return normalise(token).text;
}
