/** A backtracking matcher that counts its steps, which a clock on a busy machine cannot. */
import type { ParsedRegExp, Part } from "./parse.ts";

export interface Matched {
  /** Null where nothing fits. */
  start: number | null;
  end: number;
  steps: number;
}

/** It went on for longer than it is let. */
export class TooManySteps extends Error {
  override readonly name = "TooManySteps";
}

type Next = (at: number) => boolean;

/** Goes over the text as `exec` does, from its beginning. @throws TooManySteps */
export function search(
  { root, groups }: ParsedRegExp,
  characters: readonly string[],
  flags: string,
  most: number,
): Matched {
  let steps = 0;
  const isMultiline = flags.includes("m");
  const captured: ([number, number] | null)[] = Array.from({ length: groups + 1 }, () => null);
  const isWord = (at: number): boolean => /^\w$/.test(characters[at] ?? "");
  const isLineEnd = (at: number): boolean => /^[\n\r\u2028\u2029]$/.test(characters[at] ?? "");

  const isAt = (edge: string, at: number): boolean => {
    if (edge === "^") return at === 0 || (isMultiline && isLineEnd(at - 1));
    if (edge === "$") return at === characters.length || (isMultiline && isLineEnd(at));
    return (isWord(at - 1) !== isWord(at)) === (edge === "\\b");
  };

  const inTurn = (parts: readonly Part[], at: number, back: boolean, next: Next): boolean => {
    const go = (index: number, from: number): boolean => {
      const part = parts[back ? parts.length - 1 - index : index];
      return part ? run(part, from, back, (to) => go(index + 1, to)) : next(from);
    };
    return go(0, at);
  };

  const repeat = (
    { part, least, most: upper, isLazy }: Extract<Part, { kind: "repeat" }>,
    at: number,
    back: boolean,
    next: Next,
  ): boolean => {
    const go = (count: number, from: number): boolean => {
      const more = (): boolean =>
        count < upper &&
        run(part, from, back, (to) => (to !== from || count < least) && go(count + 1, to));
      if (count < least) return more();
      return isLazy ? next(from) || more() : more() || next(from);
    };
    return go(0, at);
  };

  const run = (part: Part, at: number, back: boolean, next: Next): boolean => {
    steps += 1;
    if (steps > most) throw new TooManySteps();
    switch (part.kind) {
      case "one": {
        const character = characters[back ? at - 1 : at];
        return character !== undefined && part.test(character) && next(back ? at - 1 : at + 1);
      }
      case "all":
        return inTurn(part.parts, at, back, next);
      case "any":
        return part.parts.some((one) => run(one, at, back, next));
      case "repeat":
        return repeat(part, at, back, next);
      case "group": {
        const before = captured[part.number]!;
        const done = run(part.part, at, back, (to) => {
          const inner = captured[part.number]!;
          captured[part.number] = back ? [to, at] : [at, to];
          if (next(to)) return true;
          captured[part.number] = inner;
          return false;
        });
        if (!done) captured[part.number] = before;
        return done;
      }
      case "look": {
        const fits = run(part.part, at, part.isBehind, () => true);
        return fits !== part.isNegative && next(at);
      }
      case "edge":
        return isAt(part.edge, at) && next(at);
      case "again": {
        const [from, to] = captured[part.number] ?? [0, 0];
        const said = characters.slice(from, to);
        const start = back ? at - said.length : at;
        steps += said.length;
        const fits = said.every((character, index) => characters[start + index] === character);
        return fits && next(back ? start : at + said.length);
      }
    }
  };

  for (let start = 0; start <= characters.length; start += 1) {
    captured.fill(null);
    let end = start;
    const found = run(root, start, false, (to) => {
      end = to;
      return true;
    });
    if (found) return { start, end, steps };
    if (flags.includes("y")) break;
  }
  return { start: null, end: 0, steps };
}
