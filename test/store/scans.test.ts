import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { branchesBehind } from "../../src/store/branches.ts";
import { waitingAccepts } from "../../src/store/changes.ts";
import { readyThreads } from "../../src/store/claims.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { whichAreDue } from "../../src/store/due.ts";
import { dueEvents, pruneInbox } from "../../src/store/inbox.ts";
import { duePlaces } from "../../src/store/place-looks.ts";
import { duePrivateMessages } from "../../src/store/private-messages.ts";
import { pruneEvents } from "../../src/store/prune.ts";
import { untold } from "../../src/store/untold.ts";
import type { Reach } from "../../src/store/workspaces.ts";
import { listNews, listToDecide } from "../../src/store/workspaces.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

const HOUR = 60 * 60_000;
const USER = randomUUID();
const REACH: Reach = {
  platform: "slack",
  workspaceId: "T1",
  userId: USER,
  isOpen: true,
  channel: null,
  onlyThread: null,
};

let database: TestDatabase;
let sql: Sql;

/** A year of events, and of changes that are decided an hour after they were proposed; the last is not yet. */
async function fill(): Promise<void> {
  await sql`
    insert into inbox (source, event_id, kind, subject, payload, state, received_at)
    select 'slack', n::text, 'message', '', '{}', 'done', now() - n * interval '15 minutes'
    from generate_series(0, 35000) n`;
  await sql`insert into users (id, display_name) values (${USER}, 'Ada')`;
  await sql`insert into document_blobs (sha, body) values ('b', 'text')`;
  await sql`
    insert into rfcs (slug, title, repository, path, default_branch)
    select 'r' || n, 'Title', 'acme/rfcs', n || '.md', 'main' from generate_series(0, 99) n`;
  await sql`
    insert into branches (rfc_slug, branch_name, head_sha, blob_sha)
    select slug, 'main', 'h', 'b' from rfcs`;
  await sql`
    insert into threads (rfc_slug, branch_name, thread_kind)
    select slug, 'main', 'discussion' from rfcs, generate_series(1, 5)`;
  await sql`
    insert into thread_links (thread_id, platform, workspace_id, place)
    select id, 'slack', 'T1', 'C1/' || id from threads`;
  await sql`
    with held as (
      select id, rfc_slug, row_number() over (order by id) - 1 as k, count(*) over () as m from threads
    )
    insert into changes (rfc_slug, number, branch_name, thread_id, kind, author_user_id, state,
      original, proposed, certainty, placement, base_blob_sha, created_at, decided_at)
    select h.rfc_slug, n, 'main', h.id, 'manual', ${USER},
      case when n < 20 then 'pending' else 'declined' end, 'a', 'b', 'certain', '{}', 'b',
      now() - n * interval '30 minutes',
      case when n >= 20 then now() - n * interval '30 minutes' + interval '1 hour' end
    from generate_series(0, 17000) n join held h on h.k = n % h.m`;
  await sql`
    insert into thread_events (thread_id, seq, kind, payload, created_at)
    select id, n, case when n = 51 then 'message' when n % 2 = 0 then 'turn' else 'turn_end' end, '{}',
      now() - n * interval '1 day' - interval '100 days'
    from threads, generate_series(1, 51) n`;
  await sql`update threads set event_seq = 60`;
  await sql`
    insert into notifications (user_id, kind, category, subject, rfc_slug, told_at)
    select ${USER}, 'change_accepted', 'personal-direct', n::text, 'r1', now()
    from generate_series(1, 20000) n`;
  await sql`
    insert into private_messages (user_id, platform, workspace_id, platform_user_id, kind, markdown,
      state, sent_at, platform_message_id)
    select ${USER}, 'slack', 'T1', 'U1', 'direct', '', 'sent', now(), n::text
    from generate_series(1, 5000) n`;
  await sql`
    insert into place_looks (link_id, due_at) select id, now() + interval '1 h' from thread_links`;
  await sql`vacuum analyze`;
}

/** Which indexes are used, and which tables read from end to end, by what is done. */
async function scansOf(work: () => Promise<unknown>): Promise<Set<string>> {
  const count = async (): Promise<Map<string, number>> => {
    await sql`select pg_stat_force_next_flush()`;
    await sql`select pg_stat_clear_snapshot()`;
    const rows = await sql<{ name: string; scans: number }[]>`
      select indexrelname as name, idx_scan::int as scans from pg_stat_user_indexes
      union all select relname, seq_scan::int from pg_stat_user_tables`;
    return new Map(rows.map(({ name, scans }) => [name, scans]));
  };
  const before = await count();
  await work();
  const after = await count();
  return new Set([...after.keys()].filter((name) => after.get(name) !== before.get(name)));
}

beforeAll(async () => {
  database = await createTestDatabase();
  // One connection counts its own scans in order.
  sql = connect(database.url, { max: 1 });
  await fill();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

describe("in a database that is full", () => {
  it("old events are found by their age", async () => {
    const scans = await scansOf(() => pruneInbox(sql, 364 * 24 * HOUR));
    expect(scans.has("inbox_ended")).toBe(true);
    expect(scans.has("inbox")).toBe(false);
  });

  it("old events of threads are found without those that stay", async () => {
    const readOf = async (): Promise<number> => {
      await sql`select pg_stat_force_next_flush()`;
      await sql`select pg_stat_clear_snapshot()`;
      const [row] = await sql<{ read: number }[]>`
        select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_user_tables
        where relname = 'thread_events'`;
      return row!.read;
    };
    const before = new Date(Date.now() - 90 * 24 * HOUR);
    expect(await pruneEvents(sql, before)).toBe(500);
    const read = await readOf();
    expect(await pruneEvents(sql, before)).toBe(0);
    expect((await readOf()) - read).toBeLessThan(2_000);
  });

  it("news are found by when they happened", async () => {
    let news: unknown[] = [];
    const since = new Date(Date.now() - 24 * HOUR);
    const scans = await scansOf(async () => (news = await listNews(sql, REACH, since, 10)));
    expect(news).toHaveLength(10);
    expect(scans.has("changes_lately")).toBe(true);
    expect(scans.has("changes")).toBe(false);
  });

  it("what waits for a decision is found by itself", async () => {
    let waiting: unknown[] = [];
    const scans = await scansOf(async () => (waiting = await listToDecide(sql, REACH, 5)));
    expect(waiting).toHaveLength(5);
    expect(scans.has("changes_to_decide")).toBe(true);
    expect(scans.has("changes")).toBe(false);
  });

  it("whether something is due is asked without reading what is not", async () => {
    let due: boolean[] = [];
    const scans = await scansOf(async () => {
      due = await whichAreDue(sql, [
        readyThreads(1_000),
        dueEvents("slack"),
        duePlaces,
        duePrivateMessages,
        untold("personal-direct"),
        waitingAccepts(10_000),
        branchesBehind,
      ]);
    });
    expect(due).not.toContain(true);
    const read = [
      "threads",
      "inbox",
      "place_looks",
      "private_messages",
      "notifications",
      "changes",
    ];
    expect(read.filter((table) => scans.has(table))).toEqual([]);
  });
});
