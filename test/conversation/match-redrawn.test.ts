import { expect, it } from "vitest";

import type { WrittenChange } from "../../src/conversation/answer-writer.ts";
import { matchRedrawn } from "../../src/conversation/match-redrawn.ts";

const change = (id: string, proposed: string): WrittenChange => ({
  id,
  original: "",
  proposed,
  isLocated: false,
});
const lost = [change("a", "one"), change("b", "two"), change("c", "three")];

it("matches what proposes the same, whatever was left out or reordered", () => {
  expect(matchRedrawn(lost, [change("x", "two\n")])).toEqual(["b"]);
  expect(matchRedrawn(lost, [change("x", "three"), change("y", "one")])).toEqual(["c", "a"]);
});

it("goes by the order only where nothing was left out", () => {
  const all = [change("x", "One!"), change("y", "two"), change("z", "Three!")];
  expect(matchRedrawn(lost, all)).toEqual(["b", "a", "c"]);
  expect(matchRedrawn(lost, [change("x", "One!")])).toEqual([]);
  expect(matchRedrawn(lost, [])).toEqual([]);
});
