/** What spoils what a parser is given: real examples, changed in a few places. */
import fc from "fast-check";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Texts that parsers trip over. */
export const NASTY: readonly string[] = [
  "",
  " ",
  "0",
  "-1",
  "1e999",
  "NaN",
  "null",
  "true",
  "__proto__",
  "constructor",
  "toString",
  "\0",
  "\ud800",
  "\udc00\ud83d",
  "\u202e\u2066",
  "\u2028\r\n\u0085",
  "%00",
  "%ff%fe",
  "../../../etc/passwd",
  "file:///etc/passwd",
  "http://127.0.0.1:1/",
  "'; drop table threads; --",
  "${7*7}{{7*7}}",
  "<!channel> <@U1> @everyone",
  "<script>alert(1)</script>",
  "[a](javascript:alert(1))",
  "(".repeat(300),
  "[".repeat(300),
  "`".repeat(300),
  " ".repeat(300),
  "a".repeat(3_000),
  "9".repeat(400),
  "redline:accept:0:x",
  "00000000-0000-0000-0000-000000000000",
  "2026-02-30T25:61:61Z",
  "\u{1F469}\u200D\u{1F4BB}".repeat(20),
];

const VALUES: readonly Json[] = [
  ...NASTY,
  null,
  true,
  false,
  0,
  -1,
  0.5,
  2 ** 53,
  -(2 ** 63),
  1e308,
  [],
  {},
  [null],
  [[]],
  { length: -1 },
  Array.from({ length: 40 }, () => 0),
];

interface Edit {
  at: number;
  how: "put" | "drop" | "twice" | "wrap" | "rename" | "move";
  value: Json;
  other: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("put", "put", "put", "drop", "twice", "wrap", "rename", "move"),
  value: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...VALUES) },
    { weight: 1, arbitrary: fc.jsonValue() as fc.Arbitrary<Json> },
  ),
  other: fc.nat(),
});

/** One of the examples with up to four places changed. */
export function mutatedJson(examples: readonly Json[]): fc.Arbitrary<Json> {
  return fc
    .tuple(fc.constantFrom(...examples), fc.array(edit, { maxLength: 4 }))
    .map(([example, edits]) => {
      const holder: { root: Json } = { root: structuredClone(example) };
      for (const one of edits) apply(holder, one);
      return holder.root;
    });
}

/** Where a value stands: what holds it, under which name. */
interface Spot {
  holder: Json[] | { [name: string]: Json };
  name: string;
}

function spotsIn(holder: Spot["holder"], found: Spot[]): Spot[] {
  for (const name of Object.keys(holder)) {
    found.push({ holder, name });
    const value = (holder as Record<string, Json>)[name];
    if (typeof value === "object" && value !== null) spotsIn(value, found);
  }
  return found;
}

function apply(root: { root: Json }, { at, how, value, other }: Edit): void {
  const spots = spotsIn(root, []);
  const { holder, name } = spots[at % spots.length]!;
  const values = holder as Record<string, Json>;
  const before = values[name]!;
  const elsewhere = spots[other % spots.length]!;
  const copy = structuredClone((elsewhere.holder as Record<string, Json>)[elsewhere.name]!);
  switch (how) {
    case "put":
      values[name] =
        typeof before === "string" && other % 3 === 0
          ? before + (JSON.stringify(value) ?? "")
          : structuredClone(value);
      return;
    case "drop":
      if (holder === (root as Spot["holder"])) return;
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else delete holder[name];
      return;
    case "twice":
      if (Array.isArray(before)) before.push(...before.slice(0, 40));
      else if (typeof before === "string") values[name] = before.slice(0, 4_000) + before;
      return;
    case "wrap":
      values[name] = other % 2 === 0 ? [before] : { value: before };
      return;
    case "rename":
      if (Array.isArray(holder) || holder === (root as Spot["holder"])) return;
      delete values[name];
      Object.defineProperty(holder, typeof value === "string" ? value : `${name}_`, {
        value: before,
        ...{ enumerable: true, configurable: true, writable: true },
      });
      return;
    case "move":
      values[name] = copy;
  }
}

/** One of the texts with up to five places changed. */
export function mutatedText(
  examples: readonly string[],
  words: readonly string[] = [],
): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...words, ...NASTY) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
  );
  const cut = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 12 }),
    how: fc.constantFrom("in", "over", "drop", "twice", "end"),
    piece,
  });
  return fc
    .tuple(fc.constantFrom(...examples), fc.array(cut, { maxLength: 5 }))
    .map(([example, cuts]) => cuts.reduce((text, one) => changed(text, one), example));
}

function changed(
  text: string,
  given: { at: number; length: number; how: string; piece: string },
): string {
  const at = text === "" ? 0 : given.at % (text.length + 1);
  const rest = text.slice(at + given.length);
  switch (given.how) {
    case "in":
      return text.slice(0, at) + given.piece + text.slice(at);
    case "over":
      return text.slice(0, at) + given.piece + rest;
    case "drop":
      return text.slice(0, at) + rest;
    case "twice":
      return text.slice(0, at) + text.slice(Math.max(0, at - 40), at) + text.slice(at);
    default:
      return text.slice(0, at);
  }
}

/** A text in pieces, cut anywhere. */
export function inPieces(text: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length));
}
