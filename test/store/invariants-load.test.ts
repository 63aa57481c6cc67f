import { afterAll, beforeAll, expect, it } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { INVARIANTS } from "../../src/store/invariant-queries.ts";
import { countingQuery, gatherInvariants } from "../../src/store/invariants.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { graces, MINUTE, plantScene } from "./invariant-scene.ts";

let database: TestDatabase;
let sql: Sql;

const MESSAGES = 100_000;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2 });
  const ids = await plantScene(sql);
  await sql.begin(async (tx) => {
    // Without a look at each row's references, which the rows have.
    await tx`set local session_replication_role = replica`;
    await tx`
        insert into threads (rfc_slug, branch_name, thread_kind, message_seq, event_seq)
        select 'rfc', 'main', 'discussion', 100, 50 from generate_series(1, 1000)`;
    await tx`
        insert into turns (thread_id, state, attempt, started_at, finished_at, created_at)
        select id, 'done', 1, now(), now(), now() + n * interval '1 s'
        from threads, generate_series(1, 50) n where message_seq = 100`;
    await tx`
        create temporary table numbered on commit drop as
        select id, thread_id, row_number() over (partition by thread_id order by created_at) as n
        from turns where thread_id <> ${ids.thread}`;
    await tx`
        insert into thread_messages (thread_id, seq, role, author_user_id, text, turn_id)
        select thread_id, 2 * n - 1, 'user', ${ids.user}, 'Why?', id from numbered`;
    await tx`
        insert into thread_messages (thread_id, seq, role, model_id, text, turn_id)
        select thread_id, 2 * n, 'assistant', 'm', 'So.', id from numbered`;
    await tx`
        insert into thread_events (thread_id, seq, kind, turn_id, payload)
        select thread_id, n, 'turn_end', id, '{}' from numbered`;
    await tx`
        insert into changes (rfc_slug, number, branch_name, thread_id, kind, source_message_id, turn_id,
          attempt, ordinal, text_offset, original, proposed, certainty, placement, base_blob_sha)
        select 'rfc', 1 + row_number() over (), 'main', thread_id, 'ai', id, turn_id, 1, 0, 0, 'a', 'b',
          'certain', '{}', 'b'
        from thread_messages where role = 'assistant' and thread_id <> ${ids.thread} and seq % 10 = 0`;
    await tx`
        insert into deliveries (link_id, kind, subject_id, state, platform_message_id, text_to, sent_at)
        select ${ids.link}, 'answer', id, 'sent', id::text, 3, now()
        from thread_messages where role = 'assistant'`;
  });
  await sql`vacuum analyze`;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

interface Node {
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Join Filter"?: number;
  Plans?: Node[];
}

/** The most rows that any step of a plan has in its hands, over all of its repetitions. */
const heaviest = (node: Node): number => {
  const removed =
    (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Join Filter"] ?? 0);
  const own = (node["Actual Rows"] + removed) * node["Actual Loops"];
  return Math.max(own, ...(node.Plans ?? []).map(heaviest));
};

it("with 100,000 messages no query has a row in its hands more than a few times, and nothing is wrong", async () => {
  const found = await gatherInvariants(sql, graces(MINUTE));
  expect(found.flatMap(({ examples }) => examples)).toEqual([]);
  for (const invariant of INVARIANTS) {
    const explain = `explain (analyze, timing off, format json) ${countingQuery(invariant)}`;
    const [row] = await sql.unsafe<{ queryPlan: { Plan: Node }[] }[]>(
      explain.replaceAll("$1", "0").replaceAll("$2", "false").replaceAll("$3", "20"),
    );
    const [{ Plan }] = Object.values(row!)[0] as [{ Plan: Node }];
    expect([invariant.name, heaviest(Plan) <= 2 * MESSAGES]).toEqual([invariant.name, true]);
  }
});
