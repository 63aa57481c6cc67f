import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";

import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import {
  claimPrivateMessage,
  putLater,
  renewPrivateMessage,
} from "../../src/store/private-messages.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

const LEASE = 60_000;

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

it("a private message that was put off before it is renewed stays free", async () => {
  const userId = randomUUID();
  await sql`insert into users (id, display_name) values (${userId}, 'Ada')`;
  await sql`
    insert into private_messages (id, user_id, platform, workspace_id, platform_user_id, kind, markdown)
    values (${randomUUID()}, ${userId}, 'slack', 'T1', 'U1', 'direct', 'News')`;
  const claim = () => claimPrivateMessage(sql, ["slack"], LEASE);
  const held = (await claim())!;
  expect(await renewPrivateMessage(sql, held, LEASE)).toBe(true);
  expect(await claim()).toBeNull();
  await putLater(sql, held, { inMs: 0, maybeSent: true, failed: true });
  expect(await renewPrivateMessage(sql, held, LEASE)).toBe(false);
  expect(await claim()).toMatchObject({ id: held.id, isRepeat: true });
});
