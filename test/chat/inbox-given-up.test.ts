import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { Asker } from "../../src/chat/given-up.ts";
import { tellGivenUp } from "../../src/chat/given-up.ts";
import { insertLink } from "../../src/store/thread-links.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { LogLine } from "../support/test-app.ts";
import { memoryLogger } from "../support/test-app.ts";
import { DeskWorld, MEMBER, PLACE } from "./desk-world.ts";

let database: TestDatabase;
let world: DeskWorld;
const log: LogLine[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  world = await DeskWorld.start(database);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await database.drop();
});
beforeEach(() => {
  log.length = 0;
  world.platform.told.length = 0;
});

const by = { platform: "slack", workspaceId: "T1", id: MEMBER } as const;
const asker: Asker = {
  by,
  reply: { channel: "C1", thread: "1.1", trigger: null, responseUrl: null },
  inPassing: null,
};
const WORDS = "Something failed on our side; the log has it under 12ab. Try again.";

async function giveUp(askerOf: () => Asker | null): Promise<string[]> {
  const item = {
    eventId: "1",
    workspaceId: "w",
    kind: "message",
    payload: {},
    receivedAt: new Date(),
    isRepeat: true,
    traceparent: null,
  };
  const { sql, platform } = world;
  await tellGivenUp({ sql, platform, askerOf, logger: memoryLogger(log) }, item, "12ab");
  return platform.toldTo(MEMBER);
}

it("tells the person that it failed, under which id, and what to do", async () => {
  expect(await giveUp(() => asker)).toEqual([WORDS]);
  expect(world.platform.told[0]).toMatchObject({ to: by, where: asker.reply });
});

it("tells nobody where nobody waits", async () => {
  expect(await giveUp(() => null)).toEqual([]);
});

it("tells who spoke to others only while a thread is held there", async () => {
  const inPassing = { platform: "slack", workspaceId: "T1", place: PLACE } as const;
  expect(await giveUp(() => ({ ...asker, inPassing }))).toEqual([]);
  const [thread] = await world.sql<{ id: string }[]>`
    insert into threads (rfc_slug, branch_name, thread_kind) values ('rfc', 'main', 'discussion')
    returning id`;
  await insertLink(world.sql, thread!.id, inPassing);
  expect(await giveUp(() => ({ ...asker, inPassing }))).toEqual([WORDS]);
});

it("never rejects", async () => {
  world.platform.failNext("tell", "before", new PlaceRefused("place", "It is archived."));
  expect(await giveUp(() => asker)).toEqual([]);
  expect(log).toMatchObject([{ level: "warn", fields: { errorId: "12ab" } }]);
  const broken = giveUp(() => {
    throw new Error("broken");
  });
  expect(await broken).toEqual([]);
});
