import { afterAll, beforeAll, expect, it } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { readGauges } from "../../src/store/readings.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

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

const valueOf = async (name: string, label: string): Promise<number | undefined> =>
  (await readGauges(sql)).find(
    (reading) => reading.name === name && Object.values(reading.labels).includes(label),
  )?.value;

it("counts what waits and is due, and how long the oldest has", async () => {
  await sql`
    insert into inbox (source, event_id, kind, subject, payload, state, lane, received_at, due_at)
    values ('slack', '1', 'message', '', '{}', 'waiting', 'a', now() - interval '100 s', now()),
      ('slack', '2', 'message', '', '{}', 'waiting', 'b', now() - interval '10 s', now()),
      ('slack', '3', 'message', '', '{}', 'waiting', 'c', now() - interval '1 h', now() + interval '1 h'),
      ('slack', '4', 'message', '', '{}', 'done', 'd', now() - interval '1 h', now())`;
  expect(await valueOf("queue_depth", "inbox")).toBe(2);
  const oldest = await valueOf("queue_oldest_seconds", "inbox");
  expect(oldest).toBeGreaterThanOrEqual(100);
  expect(oldest).toBeLessThan(1_000);
});

it("tells of every queue, and of changes, also where there is nothing", async () => {
  const readings = await readGauges(sql);
  expect(readings.filter(({ name }) => name === "queue_depth").map(({ labels }) => labels)).toEqual(
    ["inbox", "outbox", "ready_threads", "places", "pull_requests", "private_messages"].map(
      (queue) => ({ queue }),
    ),
  );
  expect(readings.filter(({ name }) => name === "changes")).toEqual(
    ["pending", "stale", "accepting"].map((state) => ({
      name: "changes",
      labels: { state },
      value: 0,
    })),
  );
});
