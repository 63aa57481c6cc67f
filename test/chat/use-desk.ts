import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { DeskWorld } from "./desk-world.ts";

/** A desk of its own for each test of a file, on the file's own database; `prepare` is given each. */
export function useDesk(prepare: (world: DeskWorld) => unknown): void {
  let database: TestDatabase;
  let world: DeskWorld;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    world = await DeskWorld.start(database);
    await prepare(world);
  });
  afterEach(() => world[Symbol.asyncDispose]());
}
