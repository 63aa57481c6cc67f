import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Sql, Tx } from "../../src/store/database.ts";
import { connect, isUuid, violates } from "../../src/store/database.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";

type Row = Record<string, postgres.ParameterOrJSON<never> | undefined>;

const id = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const USER = id(1);
const THREAD = id(2);
const TURN = id(3);
const ANSWER = id(4);
const CHANGE = id(5);
const BLOCK = id(6);
const BLOB = "b".repeat(40);
const NOW = new Date(0);

/** A row of each table that is right; the seed has one of each, with the ids above. */
const RIGHT: Record<string, Row> = {
  users: { display_name: "Ada" },
  identities: { user_id: USER, platform: "slack", workspace_id: "w", platform_user_id: "u2" },
  rfcs: { slug: "other", title: "Other", repository: "r", path: "o.md", default_branch: "main" },
  branches: { rfc_slug: "rfc", branch_name: "draft", head_sha: "h", blob_sha: BLOB },
  threads: { rfc_slug: "rfc", branch_name: "main", thread_kind: "discussion" },
  turns: { thread_id: THREAD, state: "done", finished_at: NOW },
  thread_messages: { thread_id: THREAD, seq: 9, role: "user", author_user_id: USER, text: "a" },
  changes: {
    rfc_slug: "rfc",
    number: 9,
    branch_name: "main",
    thread_id: THREAD,
    kind: "manual",
    author_user_id: USER,
    original: "a",
    proposed: "b",
    certainty: "none",
    placement: {},
    base_blob_sha: BLOB,
  },
  loose_blocks: {
    thread_id: THREAD,
    message_id: ANSWER,
    turn_id: TURN,
    attempt: 1,
    ordinal: 9,
    text_offset: 0,
    kind: "fenced",
    fields: {},
  },
  decisions: { change_id: CHANGE, user_id: USER, verdict: "accept", outcome: "open" },
  thread_events: { thread_id: THREAD, seq: 9, kind: "thread", payload: {} },
  outbox: { queue: "q", name: "n", data: {} },
};
const ASSISTANT: Row = { role: "assistant", author_user_id: null, model_id: "m", turn_id: TURN };
const OF_MODEL: Row = {
  kind: "ai",
  author_user_id: null,
  turn_id: TURN,
  source_message_id: ANSWER,
  attempt: 1,
  ordinal: 9,
};

let database: TestDatabase;
let sql: Sql;

const insert = (db: Tx | Sql, table: string, more: Row): Promise<unknown> =>
  db`insert into ${db(table)} ${db({ ...RIGHT[table], ...more } as Record<string, never>)}`;

/** The constraint that refuses one of the rows; null when all are taken. Nothing stays. */
async function refusedBy(...rows: readonly [table: string, more: Row][]): Promise<string | null> {
  const undo = new Error("undo");
  try {
    await sql.begin(async (tx) => {
      for (const [table, more] of rows) await insert(tx, table, more);
      throw undo;
    });
  } catch (error) {
    if (error === undo) return null;
    if (error instanceof postgres.PostgresError && error.code.startsWith("23")) {
      return error.constraint_name ?? error.column_name ?? null;
    }
    throw error;
  }
  throw new Error("not undone");
}

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2 });
  await insert(sql, "users", { id: USER });
  await insert(sql, "identities", { platform_user_id: "u1" });
  await sql`insert into document_blobs (sha, body) values (${BLOB}, 'text')`;
  await insert(sql, "rfcs", { slug: "rfc", path: "rfc.md" });
  await insert(sql, "branches", { branch_name: "main" });
  await insert(sql, "threads", { id: THREAD });
  await insert(sql, "turns", { id: TURN });
  await insert(sql, "thread_messages", { ...ASSISTANT, id: ANSWER, seq: 1 });
  await insert(sql, "changes", { id: CHANGE, number: 1 });
  await insert(sql, "loose_blocks", { id: BLOCK, ordinal: 1 });
  await insert(sql, "thread_events", { seq: 1, turn_id: TURN });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

describe("the schema takes what is right", () => {
  it.each(Object.keys(RIGHT))("in %s", async (table) => {
    expect(await refusedBy([table, {}])).toBeNull();
  });

  it.each<[string, string, Row]>([
    [
      "a thread on a passage",
      "threads",
      { thread_kind: "range", anchor: {}, anchor_blob_sha: BLOB },
    ],
    ["a failed turn", "turns", { state: "failed", error: "It failed." }],
    ["a system message", "thread_messages", { role: "system", author_user_id: null }],
    ["a block's change", "changes", OF_MODEL],
    ["a promoted block's change", "changes", { ...OF_MODEL, attempt: null, ordinal: null }],
    ["an accepted change", "changes", { state: "accepted", commit_sha: "c" }],
    ["a stale change", "changes", { drift: "stale", stale_since: NOW }],
    ["a malformed block", "loose_blocks", { kind: "malformed", code: "noop" }],
    ["a promoted block", "loose_blocks", { state: "promoted", change_id: CHANGE }],
    ["a decline", "decisions", { verdict: "decline", outcome: "declined" }],
  ])("such as %s", async (_what, table, more) => {
    expect(await refusedBy([table, more])).toBeNull();
  });
});

describe("what must show once shows once", () => {
  it.each<[string, string, Row, string]>([
    ["an identity", "identities", {}, "identities_pkey"],
    ["a document", "rfcs", {}, "rfcs_pkey"],
    ["a branch of an RFC", "branches", {}, "branches_pkey"],
    ["a message's place in its thread", "thread_messages", {}, "thread_messages_thread_id_seq_key"],
    ["a change's number", "changes", {}, "changes_rfc_slug_number_key"],
    ["a loose block of an answer", "loose_blocks", {}, "loose_blocks_turn_id_attempt_ordinal_key"],
    ["an event's place in its thread", "thread_events", {}, "thread_events_pkey"],
    ["a job under its key", "outbox", { dedup_key: "k" }, "outbox_dedup_key_key"],
  ])("%s", async (_what, table, more, constraint) => {
    expect(await refusedBy([table, more], [table, more])).toBe(constraint);
  });

  it("an RFC of one document on one branch", async () => {
    const again = refusedBy(["rfcs", {}], ["rfcs", { slug: "again" }]);
    expect(await again).toBe("rfcs_repository_path_default_branch_key");
    const elsewhere = { slug: "again", default_branch: "draft" };
    expect(await refusedBy(["rfcs", {}], ["rfcs", elsewhere])).toBeNull();
  });

  it.each([
    ["queued", "turns_one_queued"],
    ["running", "turns_one_running"],
  ])("a %s turn of a thread", async (state, constraint) => {
    const turn: [string, Row] = ["turns", { state, finished_at: null }];
    expect(await refusedBy(turn, turn)).toBe(constraint);
    const other = state === "queued" ? "running" : "queued";
    expect(await refusedBy(turn, ["turns", { state: other, finished_at: null }])).toBeNull();
    const elsewhere = { state, finished_at: null, thread_id: id(20) };
    expect(await refusedBy(turn, ["threads", { id: id(20) }], ["turns", elsewhere])).toBeNull();
  });

  it("a second try of a failed turn", async () => {
    const retry: [string, Row] = ["turns", { retry_of: TURN }];
    expect(await refusedBy(retry, retry)).toBe("turns_retried_once");
  });

  it("the answer of a turn", async () => {
    const answer: [string, Row] = ["thread_messages", ASSISTANT];
    expect(await refusedBy(answer)).toBe("thread_messages_answer");
    const note: Row = { role: "system", author_user_id: null, turn_id: TURN };
    expect(
      await refusedBy(["thread_messages", note], ["thread_messages", { ...note, seq: 10 }]),
    ).toBeNull();
  });

  it("a message under its sender's key, in its thread", async () => {
    const message = (seq: number, more: Row = {}): [string, Row] => [
      "thread_messages",
      { seq, dedup_key: "k", ...more },
    ];
    expect(await refusedBy(message(9), message(10))).toBe("thread_messages_dedup");
    expect(
      await refusedBy(message(9, { dedup_key: null }), message(10, { dedup_key: null })),
    ).toBeNull();
    expect(
      await refusedBy(message(9), ["threads", { id: id(20) }], message(9, { thread_id: id(20) })),
    ).toBeNull();
  });

  it("a change of a block, in each attempt", async () => {
    const change = (number: number, more: Row = {}): [string, Row] => [
      "changes",
      { ...OF_MODEL, number, ...more },
    ];
    expect(await refusedBy(change(9), change(10))).toBe("changes_turn_id_attempt_ordinal_key");
    expect(await refusedBy(change(9), change(10, { attempt: 2 }))).toBeNull();
  });

  it("a decision that stands", async () => {
    const decision = (outcome: string, verdict = "accept"): [string, Row] => [
      "decisions",
      { outcome, verdict },
    ];
    for (const first of ["open", "committed"]) {
      expect(await refusedBy(decision(first), decision("open"))).toBe("decisions_one_standing");
      const declined = decision("declined", "decline");
      expect(await refusedBy(decision(first), declined)).toBe("decisions_one_standing");
    }
    expect(
      await refusedBy(decision("returned"), decision("returned"), decision("open")),
    ).toBeNull();
  });
});

describe("a state that cannot be is no row", () => {
  it.each<[string, string, Row, string]>([
    ["somebody without a name", "users", { display_name: "" }, "users_display_name_check"],
    ["a slug that is none", "rfcs", { slug: "A b" }, "rfcs_slug_check"],
    ["a slug of two lines", "rfcs", { slug: "a\nb" }, "rfcs_slug_check"],
    ["an RFC without a title", "rfcs", { title: "" }, "rfcs_title_check"],
    ["a thread of no kind", "threads", { thread_kind: "chat" }, "threads_thread_kind_check"],
    ["a thread in no state", "threads", { state: "gone" }, "threads_state_check"],
    ["a range without an anchor", "threads", { thread_kind: "range" }, "threads_check"],
    [
      "a discussion with an anchor",
      "threads",
      { anchor: {}, anchor_blob_sha: BLOB },
      "threads_check",
    ],
    [
      "an anchor in no version",
      "threads",
      { thread_kind: "paragraph", anchor: {} },
      "threads_check1",
    ],
    ["a turn in no state", "turns", { state: "lost", finished_at: null }, "turns_state_check"],
    ["a failure without a word", "turns", { state: "failed" }, "turns_check"],
    ["an error of what has not failed", "turns", { error: "It failed." }, "turns_check"],
    ["an end without a time", "turns", { finished_at: null }, "turns_check1"],
    ["a running turn that has ended", "turns", { state: "running" }, "turns_check1"],
    [
      "a message of no role",
      "thread_messages",
      { role: "tool", author_user_id: null },
      "thread_messages_role_check",
    ],
    [
      "a person's without a person",
      "thread_messages",
      { author_user_id: null },
      "thread_messages_check",
    ],
    [
      "a model's with a person",
      "thread_messages",
      { ...ASSISTANT, author_user_id: USER },
      "thread_messages_check",
    ],
    [
      "an answer of no model",
      "thread_messages",
      { ...ASSISTANT, model_id: null },
      "thread_messages_check1",
    ],
    ["a person's with a model", "thread_messages", { model_id: "m" }, "thread_messages_check1"],
    ["a person's that is cut", "thread_messages", { status: "cut" }, "thread_messages_check3"],
    ["a message without a text", "thread_messages", { text: null }, "text"],
    ["a change of no kind", "changes", { kind: "bot", author_user_id: null }, "changes_kind_check"],
    ["a change in no state", "changes", { state: "stale" }, "changes_state_check"],
    [
      "a model's change of no turn",
      "changes",
      { kind: "ai", author_user_id: null },
      "changes_check",
    ],
    [
      "a turn's change of no message",
      "changes",
      { ...OF_MODEL, source_message_id: null },
      "changes_check1",
    ],
    ["a block without an attempt", "changes", { ...OF_MODEL, attempt: null }, "changes_check2"],
    ["a person's block", "changes", { attempt: 1, ordinal: 1 }, "changes_check2"],
    ["a person's change of nobody", "changes", { author_user_id: null }, "changes_check3"],
    [
      "a model's change of somebody",
      "changes",
      { ...OF_MODEL, author_user_id: USER },
      "changes_check3",
    ],
    ["an accepted change without a commit", "changes", { state: "accepted" }, "changes_check4"],
    ["a commit of a pending change", "changes", { commit_sha: "c" }, "changes_check4"],
    ["staleness since never", "changes", { drift: "stale" }, "changes_check5"],
    ["a fresh change that is stale", "changes", { stale_since: NOW }, "changes_check5"],
    ["a certainty of its own", "changes", { certainty: "sure" }, "changes_certainty_check"],
    ["a drift of its own", "changes", { drift: "lost" }, "changes_drift_check"],
    ["a change of no version", "changes", { base_blob_sha: "gone" }, "changes_base_blob_sha_fkey"],
    ["a block of no kind", "loose_blocks", { kind: "odd" }, "loose_blocks_kind_check"],
    [
      "a malformed block without its code",
      "loose_blocks",
      { kind: "malformed" },
      "loose_blocks_check",
    ],
    [
      "a promoted block without its change",
      "loose_blocks",
      { state: "promoted" },
      "loose_blocks_check1",
    ],
    ["a block in no state", "loose_blocks", { state: "lost" }, "loose_blocks_state_check"],
    ["a verdict of its own", "decisions", { verdict: "maybe" }, "decisions_verdict_check"],
    ["an outcome of its own", "decisions", { outcome: "maybe" }, "decisions_outcome_check"],
    ["a declined accept", "decisions", { outcome: "declined" }, "decisions_check"],
    ["an open decline", "decisions", { verdict: "decline" }, "decisions_check"],
    ["a decision of nobody", "decisions", { user_id: id(99) }, "decisions_user_id_fkey"],
  ])("%s", async (_what, table, more, constraint) => {
    expect(await refusedBy([table, more])).toBe(constraint);
  });
});

describe("what belongs together", () => {
  it.each<[string, Row, string]>([
    ["branches", { rfc_slug: "nope" }, "branches_rfc_slug_fkey"],
    ["threads", { branch_name: "nope" }, "threads_rfc_slug_branch_name_fkey"],
    ["turns", { thread_id: id(99) }, "turns_thread_id_fkey"],
    ["thread_messages", { thread_id: id(99) }, "thread_messages_thread_id_fkey"],
    ["changes", { thread_id: id(99) }, "changes_thread_id_fkey"],
    ["changes", { branch_name: "nope" }, "changes_rfc_slug_branch_name_fkey"],
    ["decisions", { change_id: id(99) }, "decisions_change_id_fkey"],
    ["thread_events", { thread_id: id(99) }, "thread_events_thread_id_fkey"],
  ])("%s need what they belong to", async (table, more, constraint) => {
    expect(await refusedBy([table, more])).toBe(constraint);
  });

  it("goes together, and people and document versions stay", async () => {
    const left = await sql
      .begin(async (tx) => {
        await insert(tx, "decisions", {});
        await tx`delete from rfcs where slug = 'rfc'`;
        const counts: Record<string, number> = {};
        for (const table of [...Object.keys(RIGHT), "document_blobs"]) {
          const [row] = await tx<
            { count: number }[]
          >`select count(*)::int as count from ${tx(table)}`;
          if (row!.count > 0) counts[table] = row!.count;
        }
        throw Object.assign(new Error("undo"), { counts });
      })
      .catch((error: Error & { counts?: object }) => error.counts ?? error);
    expect(left).toEqual({ users: 1, identities: 1, document_blobs: 1 });
  });
});

describe("errors and ids of the database", () => {
  it("are told apart by their constraint", async () => {
    const again = insert(sql, "identities", { platform_user_id: "u1" });
    const error: unknown = await again.catch((reason: unknown) => reason);
    expect(violates(error, "identities_pkey")).toBe(true);
    expect(violates(error, "rfcs_pkey")).toBe(false);
    expect(violates(new Error("identities_pkey"), "identities_pkey")).toBe(false);
    const other: unknown = await insert(sql, "rfcs", { title: "" }).catch(
      (reason: unknown) => reason,
    );
    expect(violates(other, "rfcs_title_check")).toBe(false);
  });

  it("are UUIDs, or no ids", () => {
    expect(isUuid(crypto.randomUUID())).toBe(true);
    expect(isUuid(crypto.randomUUID().toUpperCase())).toBe(true);
    for (const text of ["", "1", `${id(1)}\n`, `{${id(1)}}`, id(1).replaceAll("-", ""), "'; --"]) {
      expect(isUuid(text)).toBe(false);
    }
  });
});
