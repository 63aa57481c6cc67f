import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { InvariantName } from "../../src/store/invariant.ts";
import { INVARIANTS } from "../../src/store/invariant-queries.ts";
import type { Found } from "../../src/store/invariants.ts";
import { countingQuery, gatherInvariants, MOST_EXAMPLES } from "../../src/store/invariants.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { Scene } from "./invariant-scene.ts";
import { graces, MINUTE, plantScene } from "./invariant-scene.ts";

let database: TestDatabase;
let sql: Sql;
let ids: Scene;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  ids = await plantScene(sql);
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

/** Shows the question, which was written elsewhere, on a link. */
const remark = (link: string, message: string) => sql`
  insert into deliveries (link_id, kind, subject_id, state, platform_message_id, sent_at)
  values (${link}, 'remark', ${ids.question}, 'sent', ${message}, now())`;

const notify = (user: string, category = "personal-direct", ago = "1 hour") => sql`
  insert into notifications (user_id, kind, category, subject, rfc_slug, created_at)
  values (${user}, 'change_accepted', ${category}, 's', 'rfc', now() - ${ago}::interval)`;

const privateMessage = (state: string, ago: string) => sql`
  insert into private_messages (id, user_id, platform, workspace_id, platform_user_id, kind, markdown,
    state, due_at, platform_message_id)
  values (${randomUUID()}, ${ids.user}, 'slack', 'T1', 'U1', 'direct', 'News', ${state},
    now() - ${ago === "now" ? "0" : ago}::interval, ${state === "sent" ? "5.5" : null})`;

const propose = async (wait: string): Promise<void> => {
  const [proposal] = await sql<{ id: string }[]>`
    insert into merge_proposals (rfc_slug, branch_name, thread_id, proposed_by, wait_days, ends_at)
    values ('rfc', 'main', ${ids.thread}, ${ids.user}, 1, now() + ${wait}::interval) returning id`;
  await sql`
    insert into merge_words (proposal_id, user_id, word, said_at)
    values (${proposal!.id}, ${ids.user}, 'agree', now())`;
};

const recordEntries = () => sql`
  insert into record_entries (rfc_slug, seq, kind, subject, at, content, salt, content_hash, previous_hash,
    hash)
  select 'rfc', n, 'message', n::text, now(), '{}', 's', 'c', 'h' || n - 1, 'h' || n
  from generate_series(1, 3) n`;

const raiseConcern = (blob: string | null) => sql`
  insert into concerns (rfc_slug, branch_name, number, thread_id, author_user_id, text, anchor,
    anchor_blob_sha, created_at)
  values ('rfc', 'main', 1, ${ids.thread}, ${ids.user}, 'Too short.', ${blob === null ? null : sql.json({})},
    ${blob}, now() - interval '1 day')`;

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
  [
    "an answer that is in no sum",
    "spending",
    /answers of slack\/T1 used 7 tokens on .*, and its sum says 6$/,
    async () => {
      const usage = { input: 1, output: 2, cacheRead: 4, cacheWrite: 0 };
      await sql`update turns set share = 'slack/T1', usage = ${sql.json(usage)}`;
      await sql`
        insert into spending (scope, scope_id, day, tokens)
        select 'workspace', 'slack/T1', (now() at time zone 'utc')::date - back, 6
        from unnest(array[0, 9]) back`;
    },
  ],
  [
    "what somebody wrote, shown again where it was written",
    "remarks",
    "question",
    async () => {
      await sql`update thread_messages set said_in = ${ids.link} where id = ${ids.question}`;
      await remark(ids.link, "9");
    },
  ],
  [
    "what somebody wrote elsewhere, shown by two links to one place",
    "deliveries",
    "question",
    async () => {
      await sql`update thread_links set ended_at = now()`;
      const [link] = await sql<{ id: string }[]>`
        insert into thread_links (thread_id, platform, workspace_id, place)
        values (${ids.thread}, 'slack', 'T1', 'C1/1') returning id`;
      await remark(ids.link, "9");
      await remark(link!.id, "10");
    },
  ],
  ["a notification of nobody", "notifications", /is no person/, () => notify(randomUUID())],
  [
    "a private message that stands for two",
    "private messages",
    /slack message 5.5 to person U1 stands for 2/,
    async () => {
      await privateMessage("sent", "now");
      await privateMessage("sent", "now");
    },
  ],
  [
    "a proposal to merge without its proposer's word",
    "merges",
    /has no word of whoever proposed it/,
    async () => {
      await propose("1 day");
      await sql`delete from merge_words`;
    },
  ],
  [
    "an entry of a record that is gone",
    "records",
    /entry 3 of the record of rfc/,
    async () => {
      await recordEntries();
      await sql`delete from record_entries where seq = 2`;
    },
  ],
  [
    "an entry of a record that is another",
    "records",
    /entry 3 of the record of rfc/,
    async () => {
      await recordEntries();
      await sql`update record_entries set hash = 'forged' where seq = 2`;
    },
  ],
  [
    "the end of a record that is not in it",
    "records",
    /ends with entry 3/,
    async () => {
      await recordEntries();
      await sql`
        insert into records (rfc_slug, cause, last_seq, head_hash) values ('rfc', 'export', 3, 'h9')`;
    },
  ],
  [
    "one comment for the concerns of two pull requests",
    "concerns",
    /comment 88 lists the concerns of rfc on 2/,
    async () => {
      for (const pull of [5, 6]) {
        await sql`
          insert into cached_prs (rfc_slug, pr_number, branch_name, title, url, state, head_branch,
            head_sha, base_branch, base_sha)
          values ('rfc', ${pull}, 'main', 'T', 'u', 'open', 'main', 'h', 'main', 'h')`;
        await sql`
          insert into concern_comments (rfc_slug, pr_number, comment_id, shown)
          values ('rfc', ${pull}, '88', 'd')`;
      }
    },
  ],
  [
    "a number that two concerns will have",
    "concerns",
    /rfc has a concern #1/,
    () => raiseConcern(null),
  ],
  [
    "somebody who is somebody else",
    "joins",
    "user",
    () => sql`
      insert into former_users (id, user_id)
      select ${ids.user}, id from users where id = ${ids.user}`,
  ],
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
    "a deletion that nobody goes on with",
    "deletions",
    /slack T9 is being deleted since/,
    () => sql`
      insert into workspace_deletions (platform, workspace_id, begun_at)
      values ('slack', 'T9', now() - interval '1 hour')`,
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
  [
    "what somebody wrote that a place does not show",
    "remarks",
    "question",
    async () => {
      await sql`
        update thread_messages set created_at = now() - interval '1 hour' where id = ${ids.question}`;
      await sql`
        update thread_links set remarks_from = 1, created_at = now() - interval '1 day'`;
      await sql`insert into place_looks (link_id, due_at) values (${ids.link}, 'infinity')`;
    },
  ],
  ["a notification", "notifications", "user", () => notify(ids.user)],
  [
    "a digest",
    "notifications",
    /1 notifications \(churn\)/,
    async () => {
      await notify(ids.user, "churn", "1 day");
      await sql`
        insert into notification_settings (user_id, digest_due_at)
        values (${ids.user}, now() - interval '1 hour')`;
    },
  ],
  [
    "a private message",
    "private messages",
    /to slack person U1/,
    () => privateMessage("pending", "1 hour"),
  ],
  ["a proposal to merge whose wait is over", "merges", /is due since/, () => propose("-1 hour")],
  [
    "a concern that was left behind",
    "concerns",
    /concern #1 of rfc/,
    async () => {
      await sql`update branches set synced_at = now() - interval '1 hour'`;
      await sql`update rfcs set next_concern_number = 2`;
      await raiseConcern("older");
    },
  ],
  [
    "somebody with a code that nobody watches",
    "joins",
    /slack person U1 was shown a code/,
    () => sql`
      insert into connection_requests (user_id, platform, workspace_id, platform_user_id, reply, lease_until)
      values (${ids.user}, 'slack', 'T1', 'U1', '{}', now() - interval '1 hour')`,
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
