import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

import { branchesBehind, knownBranches } from "../../src/store/branches.ts";
import { waitingAccepts } from "../../src/store/changes.ts";
import { readyThreads } from "../../src/store/claims.ts";
import { abandonedRequests } from "../../src/store/connected-accounts.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { DueRows } from "../../src/store/due.ts";
import { whichAreDue } from "../../src/store/due.ts";
import { dueEvents } from "../../src/store/inbox.ts";
import { dueLooks } from "../../src/store/looks.ts";
import { dueProposals } from "../../src/store/merges.ts";
import { duePlaces } from "../../src/store/place-looks.ts";
import { duePrivateMessages } from "../../src/store/private-messages.ts";
import { untold } from "../../src/store/untold.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { Scene } from "./invariant-scene.ts";
import { plantScene } from "./invariant-scene.ts";

let database: TestDatabase;
let sql: Sql;
let ids: Scene;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  ids = await plantScene(sql);
});

/** What makes it due, and then what ends that: somebody has it, it is put off, or it is over. */
const CASES: [string, DueRows, due: (scene: Scene) => string, over: string][] = [
  [
    "a thread whose wake-up was lost",
    readyThreads(1_000),
    ({ thread }) => `update threads set ready_at = now() - interval '2 s' where id = '${thread}'`,
    "update threads set lease_owner = 'w', lease_until = now() + interval '1 h'",
  ],
  [
    "a thread that was just woken",
    readyThreads(0),
    ({ thread }) => `update threads set ready_at = now() where id = '${thread}'`,
    "update threads set ready_at = now() + interval '1 s'",
  ],
  [
    "a pull request",
    dueLooks,
    () => "insert into pull_request_looks (rfc_slug, branch_name) values ('rfc', 'main')",
    "update pull_request_looks set due_at = now() + interval '1 h'",
  ],
  [
    "a place",
    duePlaces,
    ({ link }) => `insert into place_looks (link_id) values ('${link}')`,
    "update place_looks set lease_owner = 'w', lease_until = now() + interval '1 h'",
  ],
  [
    "an event",
    dueEvents("slack"),
    () => `
      insert into inbox (source, event_id, kind, subject, lane, payload, state)
      values ('slack', '1', 'message', '', 'T1/C1', '{}', 'waiting')`,
    "update inbox set lease_until = now() + interval '1 h'",
  ],
  [
    "a private message",
    duePrivateMessages,
    ({ user }) => `
      insert into private_messages
        (id, user_id, platform, workspace_id, platform_user_id, kind, markdown)
      values (gen_random_uuid(), '${user}', 'slack', 'T1', 'U1', 'direct', 'News')`,
    "update private_messages set due_at = now() + interval '1 h'",
  ],
  [
    "news for somebody",
    untold("personal-direct"),
    ({ user }) => `
      insert into notifications (user_id, kind, category, subject, rfc_slug)
      values ('${user}', 'change_accepted', 'personal-direct', 's', 'rfc')`,
    "update notifications set told_at = now()",
  ],
  [
    "a code that nobody watches",
    abandonedRequests,
    ({ user }) => `
      insert into connection_requests
        (user_id, platform, workspace_id, platform_user_id, reply, lease_until)
      values ('${user}', 'slack', 'T1', 'U1', '{}', now() - interval '1 s')`,
    "update connection_requests set lease_until = now() + interval '1 h'",
  ],
  [
    "a proposal to merge",
    dueProposals,
    ({ thread, user }) => `
      insert into merge_proposals (rfc_slug, branch_name, thread_id, proposed_by, wait_days, ends_at)
      values ('rfc', 'main', '${thread}', '${user}', 1, now() - interval '1 s')`,
    "update merge_proposals set ends_at = now() + interval '1 h'",
  ],
  [
    "an accept whose job was lost",
    waitingAccepts(10_000),
    ({ change, user }) => `
      with accepting as (update changes set state = 'accepting' where id = '${change}')
      insert into decisions (change_id, user_id, verdict, outcome, created_at)
      values ('${change}', '${user}', 'accept', 'open', now() - interval '1 min')`,
    "update changes set commit_after = now() + interval '1 h'",
  ],
  [
    "a branch behind",
    branchesBehind,
    ({ change }) => `update changes set base_blob_sha = 'older' where id = '${change}'`,
    "update branches set blob_sha = 'older'",
  ],
];

it.each(CASES)("%s is due, and is so no longer", async (_name, rows, due, over) => {
  const isDue = async () => (await whichAreDue(sql, [rows]))[0];
  expect(await isDue()).toBe(false);
  await sql.unsafe(due(ids));
  expect(await isDue()).toBe(true);
  await sql.unsafe(over);
  expect(await isDue()).toBe(false);
});

it("many are asked for at once, each for itself", async () => {
  const all = CASES.map(([, rows]) => rows);
  const none = all.map(() => false);
  expect(await whichAreDue(sql, [])).toEqual([]);
  expect(await whichAreDue(sql, [...all, knownBranches, untold("churn")])).toEqual([
    ...none,
    true,
    false,
  ]);
  for (const [at, [name, , due]] of CASES.entries()) {
    const scene = await plantScene(sql);
    await sql.unsafe(due(scene));
    const found = await whichAreDue(sql, all);
    const others = CASES.flatMap(([other], n) => (n !== at && found[n] ? [other] : []));
    expect({ name, isDue: found[at], others }).toEqual({
      name,
      isDue: true,
      // Both ask for threads, one for those of any age.
      others: at === 0 ? [CASES[1]![0]] : [],
    });
  }
});
