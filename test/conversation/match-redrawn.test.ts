import { expect, it } from "vitest";

import type { WrittenChange } from "../../src/conversation/match-redrawn.ts";
import { matchRedrawn } from "../../src/conversation/match-redrawn.ts";

const change = (id: string, proposed: string): WrittenChange => ({
  id,
  original: "",
  proposed,
  isLocated: false,
});
const replaced = (redrawn: WrittenChange[]): [string, string][] =>
  matchRedrawn(lost, redrawn).map(({ lostId, redrawnId }) => [lostId, redrawnId]);
const lost = [change("a", "one"), change("b", "two"), change("c", "three")];

it("matches what proposes the same, whatever was left out or reordered", () => {
  expect(replaced([change("x", "two\n")])).toEqual([["b", "x"]]);
  expect(replaced([change("x", "three"), change("y", "one")])).toEqual([
    ["c", "x"],
    ["a", "y"],
  ]);
});

it("goes by the order only where nothing was left out", () => {
  const all = [change("x", "One!"), change("y", "two"), change("z", "Three!")];
  expect(replaced(all)).toEqual([
    ["b", "y"],
    ["a", "x"],
    ["c", "z"],
  ]);
  expect(replaced([change("x", "One!")])).toEqual([]);
  expect(replaced([])).toEqual([]);
});
