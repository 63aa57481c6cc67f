import { afterAll, beforeAll, expect, it } from "vitest";

import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { ADMIN, DeskWorld } from "./desk-world.ts";

let database: TestDatabase;
let world: DeskWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await DeskWorld.start(database);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await database.drop();
});

it("handles an event again whose answer the platform refuses for its access", async () => {
  const refusal = new PlaceRefused("access", "Install the app again.");
  world.platform.failNext("tell", "before", refusal);
  await expect(world.slash("help", ADMIN)).rejects.toBe(refusal);
});

it("leaves an answer that the place refuses", async () => {
  world.platform.failNext("tell", "before", new PlaceRefused("place", "It is archived."));
  await world.slash("help", ADMIN);
  expect(world.platform.toldTo(ADMIN)).toEqual([]);
});
