/** Texts that a regular expression could be slow on, made from what it is made of. */
import type { Part } from "./parse.ts";

export interface Pump {
  before: string[];
  /** What is repeated. */
  again: string[];
  after: string[];
}

/** One for each kind that patterns tell apart, and characters that hardly any of them takes. */
const TRIED = [..."aZ5_ \t\n\r-.,:;/\\#@!?'\"`~*+=|&%$^<>()[]{}", "é", "\u0001", "\u2028"];

export function pumpsOf(root: Part): Pump[] {
  const letters = alphabetOf(root);
  const befores = unique([[], ...prefixesOf(root, [], letters)]).slice(0, MOST.before);
  const words = unique([
    ...letters.map((one) => [one]),
    ...repeatedIn(root).flatMap(({ part }) => wordsOf(part, letters)),
    // What it begins with, again and again, so that it begins anew at each.
    ...befores,
  ]).filter((word) => word.length > 0);
  const afters = [[], ["\u0001"], ["\n"], ["\n", "\u0001"]];
  return befores.flatMap((before) =>
    words
      .slice(0, MOST.words)
      .flatMap((again) => afters.map((after) => ({ before, again, after }))),
  );
}

const MOST = { before: 14, words: 40, letters: 14 };

/** One character of each atom, and what two of them have in common. */
function alphabetOf(root: Part): string[] {
  const tests: ((character: string) => boolean)[] = [];
  const own: string[] = [];
  visit(root, (part) => {
    if (part.kind !== "one") return;
    tests.push(part.test);
    if ([...part.source].length === 1) own.push(part.source);
  });
  const chosen = new Map<string, string>();
  for (const character of [...own, ...TRIED]) {
    const kind = tests.map((test) => (test(character) ? 1 : 0)).join("");
    if (!chosen.has(kind)) chosen.set(kind, character);
  }
  return [...chosen.values()].slice(0, MOST.letters);
}

function sampleOf(part: Part, letters: readonly string[]): string[] {
  return wordsOf(part, letters)[0] ?? [];
}

/** Some words that it takes, the shortest each. */
function wordsOf(part: Part, letters: readonly string[]): string[][] {
  switch (part.kind) {
    case "one":
      return [...letters, ...TRIED]
        .filter(part.test)
        .slice(0, 3)
        .map((one) => [one]);
    case "all": {
      const samples = part.parts.map((one) => wordsOf(one, letters));
      const most = Math.max(1, ...samples.map(({ length }) => length));
      return Array.from({ length: Math.min(most, 4) }, (_, at) =>
        samples.flatMap((words) => words[Math.min(at, words.length - 1)] ?? []),
      );
    }
    case "any":
      return part.parts.flatMap((one) => wordsOf(one, letters)).slice(0, 8);
    case "repeat": {
      const times = Math.min(Math.max(part.least, 1), Math.max(part.most, 0), 40);
      return wordsOf(part.part, letters).map((word) =>
        Array.from({ length: times }, () => word).flat(),
      );
    }
    case "group":
      return wordsOf(part.part, letters);
    default:
      return [[]];
  }
}

/** What may stand before each repetition. */
function prefixesOf(part: Part, before: readonly string[], letters: readonly string[]): string[][] {
  switch (part.kind) {
    case "all": {
      const found: string[][] = [];
      let so = [...before];
      for (const one of part.parts) {
        found.push(...prefixesOf(one, so, letters));
        so = [...so, ...sampleOf(one, letters)];
      }
      return found;
    }
    case "any":
      return part.parts.flatMap((one) => prefixesOf(one, before, letters));
    case "repeat":
      return [[...before], ...prefixesOf(part.part, before, letters)];
    case "group":
    case "look":
      return prefixesOf(part.part, before, letters);
    default:
      return [];
  }
}

function repeatedIn(root: Part): Extract<Part, { kind: "repeat" }>[] {
  const found: Extract<Part, { kind: "repeat" }>[] = [];
  visit(root, (part) => {
    if (part.kind === "repeat" && part.most > 1) found.push(part);
  });
  return found;
}

export function repeats(root: Part): boolean {
  return repeatedIn(root).length > 0;
}

function visit(part: Part, take: (part: Part) => void): void {
  take(part);
  if ("parts" in part) for (const one of part.parts) visit(one, take);
  else if ("part" in part) visit(part.part, take);
}

function unique(words: readonly (readonly string[])[]): string[][] {
  const seen = new Set<string>();
  return words.flatMap((word) => {
    const text = word.join("\0");
    if (seen.has(text)) return [];
    seen.add(text);
    return [[...word]];
  });
}
