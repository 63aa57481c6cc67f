import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { InvariantName } from "../../src/store/invariant-queries.ts";
import { INVARIANTS } from "../../src/store/invariant-queries.ts";
import type { Found, Graces } from "../../src/store/invariants.ts";
import { countingQuery, gatherInvariants, MOST_EXAMPLES } from "../../src/store/invariants.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

const MINUTE = 60_000;
const graces = (ms: number): Graces => ({
  threads: ms,
  events: ms,
  places: ms,
  accepts: ms,
  tips: ms,
  jobs: ms,
});

let database: TestDatabase;
let sql: Sql;
/** Of one thread with a question that was answered with a change, shown on a link. */
let ids: Record<"thread" | "turn" | "question" | "answer" | "change" | "link" | "user", string>;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql`truncate rfcs, users, document_blobs, inbox, outbox cascade`;
  const id = () => randomUUID();
  ids = {
    thread: id(),
    turn: id(),
    question: id(),
    answer: id(),
    change: id(),
    link: id(),
    user: id(),
  };
  const { thread, turn, user } = ids;
  await sql`insert into users (id, display_name) values (${user}, 'Ada')`;
  await sql`insert into document_blobs (sha, body) values ('b', 'text'), ('older', 'text')`;
  await sql`
    insert into rfcs (slug, title, repository, path, default_branch)
    values ('rfc', 'The RFC', 'acme/rfcs', 'rfc.md', 'main')`;
  await sql`
    insert into branches (rfc_slug, branch_name, head_sha, blob_sha) values ('rfc', 'main', 'h', 'b')`;
  await sql`
    insert into threads (id, rfc_slug, branch_name, thread_kind, message_seq, event_seq)
    values (${thread}, 'rfc', 'main', 'discussion', 2, 1)`;
  await sql`
    insert into turns (id, thread_id, state, attempt, started_at, finished_at)
    values (${turn}, ${thread}, 'done', 1, now(), now())`;
  await sql`
    insert into thread_messages (id, thread_id, seq, role, author_user_id, text, turn_id)
    values (${ids.question}, ${thread}, 1, 'user', ${user}, 'Why?', ${turn})`;
  await sql`
    insert into thread_messages (id, thread_id, seq, role, model_id, text, turn_id)
    values (${ids.answer}, ${thread}, 2, 'assistant', 'm', 'Because.', ${turn})`;
  await sql`
    insert into thread_events (thread_id, seq, kind, turn_id, payload)
    values (${thread}, 1, 'turn_end', ${turn}, '{}')`;
  await sql`
    insert into changes (id, rfc_slug, number, branch_name, thread_id, kind, source_message_id, turn_id,
      attempt, ordinal, text_offset, original, proposed, certainty, placement, base_blob_sha)
    values (${ids.change}, 'rfc', 1, 'main', ${thread}, 'ai', ${ids.answer}, ${turn}, 1, 0, 0, 'a', 'b',
      'certain', '{}', 'b')`;
  await sql`
    insert into thread_links (id, thread_id, platform, workspace_id, place)
    values (${ids.link}, ${thread}, 'slack', 'T1', 'C1/1')`;
});

const found = async (ms = MINUTE): Promise<Map<InvariantName, Found>> =>
  new Map((await gatherInvariants(sql, graces(ms))).map((one) => [one.invariant.name, one]));
const wrong = async (ms = MINUTE): Promise<[InvariantName, string][]> =>
  [...(await found(ms)).values()].flatMap(({ invariant, examples }) =>
    examples.map((example): [InvariantName, string] => [invariant.name, example]),
  );

/** Shows a message of the answer on a link. */
const deliver = (link: string, segment: number, message: string, from: number, to: number) => sql`
  insert into deliveries (link_id, kind, subject_id, segment, state, platform_message_id, text_from,
    text_to, sent_at)
  values (${link}, 'answer', ${ids.answer}, ${segment}, 'sent', ${message}, ${from}, ${to}, now())`;

const accept = (outcome: string, ago = "1 hour") => sql`
  insert into decisions (change_id, user_id, verdict, outcome, created_at)
  values (${ids.change}, ${ids.user}, 'accept', ${outcome}, now() - ${ago}::interval)`;

it("nothing is wrong where all is well", async () => {
  await deliver(ids.link, 0, "1", 0, 4);
  await deliver(ids.link, 1, "2", 4, 8);
  expect(await wrong()).toEqual([]);
  expect(await gatherInvariants(sql, "settled")).toEqual(
    INVARIANTS.map((invariant) => ({
      invariant,
      counted: { wrong: 0, underWay: 0 },
      examples: [],
    })),
  );
});

/** What is planted, which invariant finds it, and by which id of the scene. */
type Planted = [
  what: string,
  name: InvariantName,
  id: keyof typeof ids | RegExp,
  plant: () => Promise<unknown>,
];

const AT_ONCE: Planted[] = [
  [
    "a message whose turn ended without an answer",
    "messages",
    "question",
    async () => {
      await sql`update changes set state = 'withdrawn', source_message_id = ${ids.question}`;
      await sql`delete from thread_messages where id = ${ids.answer}`;
    },
  ],
  [
    "a message after its answer",
    "messages",
    "question",
    () => sql`update thread_messages set seq = 9 where id = ${ids.question}`,
  ],
  [
    "a turn that nobody is to run",
    "turns",
    /turn .* is queued, and its thread .* waits for nobody/,
    () => sql`insert into turns (thread_id) values (${ids.thread})`,
  ],
  [
    "an answer that is written for ever",
    "turns",
    "answer",
    () => sql`update thread_messages set status = 'streaming' where id = ${ids.answer}`,
  ],
  [
    "a turn that ended twice",
    "turns",
    "turn",
    async () => {
      await sql`
        insert into thread_events (thread_id, seq, kind, turn_id, payload)
        values (${ids.thread}, 2, 'turn_end', ${ids.turn}, '{}')`;
      await sql`update threads set event_seq = 2`;
    },
  ],
  [
    "a turn that ended unseen",
    "turns",
    "turn",
    () => sql`update thread_events set kind = 'message', turn_id = null`,
  ],
  ["a message that is gone", "order", "thread", () => sql`update threads set message_seq = 3`],
  ["an event that is gone", "order", "thread", () => sql`update threads set event_seq = 2`],
  [
    "an answer before that to an earlier message",
    "order",
    /is answered before an earlier one/,
    async () => {
      const [turn] = await sql<{ id: string }[]>`
        insert into turns (thread_id, state, attempt, started_at, finished_at)
        values (${ids.thread}, 'done', 1, now(), now()) returning id`;
      await sql`update thread_messages set seq = 4 where id = ${ids.answer}`;
      await sql`
        insert into thread_messages (thread_id, seq, role, author_user_id, text, turn_id)
        values (${ids.thread}, 2, 'user', ${ids.user}, 'And?', ${turn!.id})`;
      await sql`
        insert into thread_messages (thread_id, seq, role, model_id, text, turn_id)
        values (${ids.thread}, 3, 'assistant', 'm', 'So.', ${turn!.id})`;
      await sql`
        insert into thread_events (thread_id, seq, kind, turn_id, payload)
        values (${ids.thread}, 2, 'turn_end', ${turn!.id}, '{}')`;
      await sql`update threads set message_seq = 4, event_seq = 2`;
    },
  ],
  [
    "one message in a place for two deliveries",
    "deliveries",
    /message 1 in C1\/1 stands for 2/,
    async () => {
      await deliver(ids.link, 0, "1", 0, 4);
      await deliver(ids.link, 1, "1", 4, 8);
    },
  ],
  [
    "an answer that is shown by two links to one place",
    "deliveries",
    "answer",
    async () => {
      await sql`update thread_links set ended_at = now()`;
      const [link] = await sql<{ id: string }[]>`
        insert into thread_links (thread_id, platform, workspace_id, place)
        values (${ids.thread}, 'slack', 'T1', 'C1/1') returning id`;
      await deliver(ids.link, 0, "1", 0, 8);
      await deliver(link!.id, 0, "2", 0, 8);
    },
  ],
  [
    "a part of an answer that is shown twice",
    "deliveries",
    "answer",
    async () => {
      await deliver(ids.link, 0, "1", 0, 6);
      await deliver(ids.link, 1, "2", 4, 8);
    },
  ],
  [
    "one comment for two changes",
    "deliveries",
    /comment 77 on rfc #5 stands for 2 changes/,
    async () => {
      await sql`
        insert into cached_prs (rfc_slug, pr_number, branch_name, title, url, state, head_branch, head_sha,
          base_branch, base_sha)
        values ('rfc', 5, 'main', 'T', 'u', 'open', 'main', 'h', 'main', 'h')`;
      const [other] = await sql<{ id: string }[]>`
        insert into changes (rfc_slug, number, branch_name, thread_id, kind, author_user_id, original,
          proposed, certainty, placement, base_blob_sha)
        values ('rfc', 2, 'main', ${ids.thread}, 'manual', ${ids.user}, 'a', 'b', 'certain', '{}', 'b')
        returning id`;
      for (const change of [ids.change, other!.id]) {
        await sql`
          insert into suggestions (change_id, rfc_slug, pr_number, revision, state, form, head_sha, body,
            comment_id)
          values (${change}, 'rfc', 5, 0, 'live', 'suggestion', 'h', 'b', '77')`;
      }
    },
  ],
  [
    "a change without its message",
    "changes",
    "change",
    () => sql`update changes set source_message_id = ${ids.question}`,
  ],
  [
    "a pending change of an earlier attempt",
    "changes",
    "change",
    () => sql`update turns set attempt = 2`,
  ],
  [
    "an open block of an earlier attempt",
    "changes",
    /block .* is open since attempt 0/,
    () => sql`
      insert into loose_blocks (thread_id, message_id, turn_id, attempt, ordinal, text_offset, kind, fields)
      values (${ids.thread}, ${ids.answer}, ${ids.turn}, 0, 1, 0, 'fenced', '{}')`,
  ],
  [
    "a change that was declined by nobody",
    "decisions",
    "change",
    () => sql`update changes set state = 'declined', decided_at = now()`,
  ],
  ["a pending change with a decision", "decisions", "change", () => accept("open")],
];

const OVERDUE: Planted[] = [
  [
    "a thread that nobody takes",
    "threads",
    "thread",
    () => sql`update threads set ready_at = now() - interval '1 hour'`,
  ],
  [
    "a thread whose worker died",
    "threads",
    "thread",
    () => sql`
      update threads set ready_at = now() - interval '2 hours', lease_owner = 'w',
        lease_until = now() - interval '1 hour'`,
  ],
  [
    "an event",
    "events",
    /event e1 of slack/,
    () => sql`
      insert into inbox (source, event_id, kind, subject, payload, state, lane, received_at, due_at)
      values ('slack', 'e1', 'message', '', '{}', 'waiting', 'C1', now() - interval '1 hour',
        now() - interval '1 hour')`,
  ],
  [
    "a place",
    "places",
    /slack place C1\/1/,
    () => sql`
      insert into place_looks (link_id, due_at) values (${ids.link}, now() - interval '1 hour')`,
  ],
  [
    "a pull request",
    "places",
    /the pull request of rfc on main/,
    () => sql`
      insert into pull_request_looks (rfc_slug, branch_name, due_at)
      values ('rfc', 'main', now() - interval '1 hour')`,
  ],
  [
    "an accepted change without a commit",
    "accepts",
    "change",
    async () => {
      await accept("open");
      await sql`update changes set state = 'accepting'`;
    },
  ],
  [
    "a change that was left behind",
    "tips",
    "change",
    async () => {
      await sql`update branches set synced_at = now() - interval '1 hour'`;
      await sql`update changes set base_blob_sha = 'older', created_at = now() - interval '1 hour'`;
    },
  ],
  [
    "a job",
    "jobs",
    /job \d+ \(commits, commit\)/,
    () => sql`
      insert into outbox (queue, name, data, created_at)
      values ('commits', 'commit', '{}', now() - interval '1 hour')`,
  ],
];

const idOf = (id: Planted[2]): RegExp => (typeof id === "string" ? new RegExp(ids[id]) : id);

describe("wrong at once:", () => {
  it.each(AT_ONCE)("%s", async (_what, name, id, plant) => {
    await plant();
    const examples = (await wrong(Number.MAX_SAFE_INTEGER)).filter(([of]) => of === name);
    expect(examples).toEqual([[name, expect.stringMatching(idOf(id)) as string]]);
  });
});

describe("under way, and wrong after its grace:", () => {
  it.each(OVERDUE)("%s", async (_what, name, id, plant) => {
    await plant();
    expect(await wrong(61 * MINUTE)).toEqual([]);
    expect((await found(61 * MINUTE)).get(name)!.counted).toEqual({ wrong: 0, underWay: 1 });
    expect(await wrong(59 * MINUTE)).toEqual([[name, expect.stringMatching(idOf(id)) as string]]);
  });

  it("not while a lease lasts, nor before it is due", async () => {
    await sql`
      update threads set ready_at = now() - interval '1 day', lease_owner = 'w',
        lease_until = now() + interval '5 seconds'`;
    await sql`
      insert into inbox (source, event_id, kind, subject, payload, state, lane, received_at, due_at)
      values ('slack', 'e1', 'message', '', '{}', 'waiting', 'C1', now() - interval '1 hour',
        now() + interval '1 minute')`;
    await sql`insert into place_looks (link_id, due_at) values (${ids.link}, 'infinity')`;
    await accept("open");
    await sql`update changes set state = 'accepting', commit_after = now() + interval '1 minute'`;
    expect(await wrong(0)).toEqual([]);
  });

  it("not while others of its kind are taken, for ten minutes", async () => {
    await sql`
      insert into threads (rfc_slug, branch_name, thread_kind, ready_at, lease_owner, lease_until)
      values ('rfc', 'main', 'discussion', now(), 'w', now() + interval '5 seconds')`;
    await sql`update threads set ready_at = now() - interval '9 minutes' where id = ${ids.thread}`;
    expect(await wrong(0)).toEqual([]);
    await sql`update threads set ready_at = now() - interval '11 minutes' where id = ${ids.thread}`;
    expect(await wrong(0)).toHaveLength(1);
  });

  it("not where an event only waits for an earlier one", async () => {
    await sql`
      insert into inbox (source, event_id, kind, subject, payload, state, lane, lease_until, due_at)
      select 'slack', n::text, 'message', '', '{}', 'waiting', 'C1',
        case when n = 1 then now() + interval '5 seconds' end, now() - interval '1 hour'
      from generate_series(1, 3) n`;
    expect(await wrong(0)).toEqual([]);
  });

  it("all of it where everything is to be settled", async () => {
    await sql`update threads set ready_at = now() + interval '1 minute'`;
    const settled = await gatherInvariants(sql, "settled");
    expect(settled.flatMap(({ examples }) => examples)).toHaveLength(1);
  });
});

it("counts what it does not show", async () => {
  await sql`
    insert into outbox (queue, name, data, created_at)
    select 'commits', 'commit', '{}', now() - n * interval '1 minute' from generate_series(2, 500) n`;
  const jobs = (await found()).get("jobs")!;
  expect(jobs.counted).toEqual({ wrong: 499, underWay: 0 });
  expect(jobs.examples).toHaveLength(MOST_EXAMPLES);
});

describe("on a live system", () => {
  it("needs no more than to read, and locks no more than a reader", async () => {
    const role = `reader_${randomUUID().slice(0, 8)}`;
    await sql.unsafe(`create role ${role}; grant select on all tables in schema public to ${role}`);
    const reader = connect(database.url, { max: 1 });
    try {
      await reader.unsafe(`set role ${role}`);
      await expect(reader`update threads set ready_at = null`).rejects.toThrow(/permission denied/);
      const all = await gatherInvariants(reader, graces(MINUTE));
      expect(all.every(({ counted }) => counted !== null)).toBe(true);
      await reader.begin("isolation level repeatable read read only", async (tx) => {
        for (const invariant of INVARIANTS)
          await tx.unsafe(countingQuery(invariant), [0, true, 20]);
        const [held] = await tx<{ modes: string[]; xid: string | null }[]>`
          select array_agg(distinct mode) as modes, pg_current_xact_id_if_assigned()::text as xid
          from pg_locks where pid = pg_backend_pid() and locktype = 'relation'`;
        expect(held).toEqual({ modes: ["AccessShareLock"], xid: null });
      });
    } finally {
      await reader.end();
      await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    }
  });

  it("does not stand in line for a table that is being migrated", async () => {
    const all = await sql.begin(async (tx) => {
      await tx`lock table outbox in access exclusive mode`;
      return gatherInvariants(sql, graces(MINUTE));
    });
    const unasked = all.filter(({ counted }) => counted === null);
    expect(unasked.map(({ invariant }) => invariant.name)).toEqual(["jobs"]);
  });
});

describe("with 100,000 messages", () => {
  const MESSAGES = 100_000;

  beforeEach(async () => {
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

  it("no query has a row in its hands more than a few times, and nothing is wrong", async () => {
    expect(await wrong()).toEqual([]);
    for (const invariant of INVARIANTS) {
      const explain = `explain (analyze, timing off, format json) ${countingQuery(invariant)}`;
      const [row] = await sql.unsafe<{ queryPlan: { Plan: Node }[] }[]>(
        explain.replaceAll("$1", "0").replaceAll("$2", "false").replaceAll("$3", "20"),
      );
      const [{ Plan }] = Object.values(row!)[0] as [{ Plan: Node }];
      expect([invariant.name, heaviest(Plan) <= 2 * MESSAGES]).toEqual([invariant.name, true]);
    }
  });
});
