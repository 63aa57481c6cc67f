import { expect, it } from "vitest";

import { MessageAges } from "../../../adapters/discord/message-ages.ts";
import { idAt } from "../../../adapters/discord/place.ts";

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;

it("goes by the ids, until one that is new looks old", () => {
  const ages = new MessageAges();
  const [fresh, old] = [idAt(NOW - HOUR / 2), idAt(NOW - 2 * HOUR)];
  expect([ages.isOld(fresh, NOW), ages.isOld(old, NOW)]).toEqual([false, true]);
  ages.learn(idAt(NOW), NOW);
  expect(ages.isOld(old, NOW)).toBe(true);
  ages.learn("100000000000000001", NOW);
  expect(ages.isOld("100000000000000001", NOW + 5)).toBe(false);
  ages.learn(idAt(NOW + 5), NOW);
  expect(ages.isOld(old, NOW)).toBe(true);
});
