import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ChatStream } from "../../../src/chat/chat-platform.ts";
import { connect } from "../../../src/store/database.ts";
import type { Sql } from "../../../src/store/database.ts";
import { createCallSlots } from "../../../src/store/call-slots.ts";
import { createTestDatabase } from "../../support/database.ts";
import type { TestDatabase } from "../../support/database.ts";
import { OutWorld } from "./out-world.ts";

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** A twentieth of Slack's minute. */
const FACTOR = 0.05;
const MINUTE = 60_000 * FACTOR;

/** Appends as fast as it is let for two minutes, then closes; answers with the number of appends. */
async function write(stream: ChatStream): Promise<number> {
  const until = performance.now() + 2 * MINUTE;
  let appends = 0;
  while (performance.now() < until) if (await stream.append(() => "word ")) appends += 1;
  await stream.close("end");
  return appends;
}

describe("ten streams of one workspace", () => {
  it("keep within Slack's limits, and each gets its share", async () => {
    const rates = { window: MINUTE, postInterval: 1_000 * FACTOR };
    await using world = await OutWorld.start({
      rates,
      paceFactor: FACTOR,
      slots: createCallSlots(sql),
    });
    const opened = await Promise.all(
      Array.from({ length: 10 }, () => world.platform.openStream(world.at, world.person)),
    );
    const streams = opened.filter((stream) => stream !== null);
    expect(streams).toHaveLength(10);
    const appends = await Promise.all(streams.map(write));

    const calls = world.slack.callsOf();
    const refused = calls.filter(({ status }) => status === 429);
    expect(refused.length).toBeLessThanOrEqual(calls.length / 100);
    // First come, first served: nobody is a round behind.
    expect(Math.max(...appends) - Math.min(...appends)).toBeLessThanOrEqual(2);
    expect(appends.reduce((sum, one) => sum + one)).toBeGreaterThan(60);
    expect(
      world.seen.every(({ state, fallback }) => state === "finished" && fallback.endsWith("end")),
    ).toBe(true);
  });
});
