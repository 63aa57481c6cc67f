import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { describePassageChanged } from "../../src/concerns/describe.ts";
import type { User } from "../../src/engine.ts";
import { followDeletion, followEdit } from "../../src/conversation/followed-messages.ts";
import type { RecordEntryKind } from "../../src/record/record.ts";
import { verifyRecordFile } from "../../src/record/verify-file.ts";
import type { Sql } from "../../src/store/database.ts";
import { insertKeyedSystemMessage } from "../../src/store/messages.ts";
import { ensureUser } from "../../src/store/people.ts";
import { block } from "../fakes/scripted-provider.ts";
import { TestApp, until } from "../support/test-app.ts";

let test: TestApp;
let sql: Sql;
let threadId: string;
let ada: User;
let bob: User;

beforeAll(async () => {
  test = await TestApp.start();
  ({ sql } = test.app);
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  await sql`delete from record_entries`;
  await sql`delete from records`;
  await sql`delete from threads`;
  threadId = await test.newThread();
  [ada, bob] = await Promise.all([person("Ada"), person("Bob")]);
});

const person = (name: string): Promise<User> => {
  const identity = { platform: "test", workspaceId: "", platformUserId: crypto.randomUUID() };
  return ensureUser(sql, identity, { displayName: name, email: null });
};
const say = async (by: User, text: string, quote?: string): Promise<string> => {
  const said = { text, ...(quote && { quote }) };
  return (await test.engine.threads.record(threadId, said, by)).messageId;
};
const follow = () => ({
  sql,
  relay: test.app.relay,
  cancel: (turnId: string) => test.engine.turns.cancel(turnId),
});
const write = () => test.engine.record.write("rfc", test.user);
const file = async (format: "json" | "markdown" = "json"): Promise<string> =>
  (await test.engine.record.file("rfc", format)).body;
const kinds = async (): Promise<RecordEntryKind[]> => {
  const rows = await sql<{ kind: RecordEntryKind }[]>`
    select kind from record_entries where rfc_slug = 'rfc' order by seq`;
  return rows.map(({ kind }) => kind);
};
async function expectWhole(): Promise<void> {
  expect((await test.engine.record.view("rfc")).problem).toBeNull();
  expect(verifyRecordFile(await file())).toMatchObject({ problem: null });
}
/** Every text of every row of these tables, for what must not be there any more. */
async function storedText(): Promise<string> {
  const tables = ["thread_messages", "record_entries", "decisions", "changes", "concerns"];
  const rows = await Promise.all(
    tables.map(
      (table) => sql<{ all: string }[]>`
      select coalesce(string_agg(t::text, ' '), '') as all from ${sql(table)} t`,
    ),
  );
  return rows.map(([row]) => row!.all).join("\n");
}
async function declineOne(by: User, reason: string): Promise<void> {
  test.provider.script = (request) => [
    "Yes.\n\n",
    block(request, "lazy dog", "sleeping dog", "It sleeps."),
  ];
  await test.ask(threadId, "Please.");
  const { changes } = await test.engine.threads.view(threadId);
  await test.engine.changes.decline(changes.at(-1)!.id, reason, by);
}

describe("a record", () => {
  it("holds what was said, proposed, decided and committed, once", async () => {
    await say(ada, "Is one minute enough?", "after one minute");
    await declineOne(ada, "It must stay awake.");
    test.provider.script = (request) => ["Well.\n\n", block(request, "one minute", "two minutes")];
    await test.ask(threadId, "Two, then.");
    const { changes } = await test.engine.threads.view(threadId);
    const accepted = changes.find(({ state }) => state === "pending")!;
    await test.engine.changes.accept(accepted.id, ada);
    const { commitSha } = await until(async () => {
      const change = await test.engine.changes.get(accepted.id);
      return change.state === "accepted" && change;
    });

    const mark = await write();
    expect(mark).toMatchObject({ cause: "export", madeBy: test.user.id, commitSha: null });
    const once = await kinds();
    expect(once).toHaveLength(mark.lastSeq);
    expect(new Set(once)).toEqual(new Set(["thread", "message", "change", "decision", "commit"]));
    await expectWhole();
    const again = await write();
    expect(again).toMatchObject({ lastSeq: mark.lastSeq, headHash: mark.headHash });
    expect(await kinds()).toEqual(once);
    expect(await test.engine.record.view("rfc")).toMatchObject({
      entries: mark.lastSeq,
      headHash: mark.headHash,
      marks: [{ id: again.id }, { id: mark.id }],
    });

    const markdown = await file("markdown");
    expect(markdown).toContain("> Is one minute enough?");
    expect(markdown).toContain("> > after one minute");
    expect(markdown).toMatch(/Change #\d+: declined\n\n> It sleeps\./);
    expect(markdown).toMatch(/- Ada declined it, .*: It must stay awake\./);
    expect(markdown).toContain(`accepted as commit ${commitSha}`);
    expect(markdown).toContain(`ends with the hash \`${mark.headHash}\``);
  });

  it("goes on after its end: edits and deletions are entries of their own", async () => {
    const kept = await say(ada, "First words.");
    const gone = await say(bob, "A secret.");
    const { headHash } = await write();
    await followEdit(follow(), kept, { text: "Better words." });
    await followDeletion(follow(), gone);
    // The words go at once, not when the record is written the next time.
    expect(await storedText()).not.toContain("A secret.");
    await expectWhole();
    await write();
    expect(await kinds()).toEqual([
      ...["thread", "message", "message", "message_deleted", "message_edited"],
    ]);
    await expectWhole();
    expect(verifyRecordFile(await file(), headHash).problem).toBeNull();
    const markdown = await file("markdown");
    expect(markdown).toMatch(/\*\*Ada\*\*, [^\n]+, edited\n\n> Better words\./);
    expect(markdown).toMatch(/\*\*Bob\*\*, [^\n]+, deleted\n\n/);
    expect(markdown).not.toContain("secret");
    await write();
    expect(await kinds()).toHaveLength(5);
  });

  it("has a deleted message only as a mark when it is written later", async () => {
    await followDeletion(follow(), await say(ada, "A secret."));
    await write();
    expect(await kinds()).toEqual(["thread", "message_deleted"]);
    expect(await file()).not.toContain("A secret.");
    await expectWhole();
  });

  it("is one chain, however many write it at once", async () => {
    for (let n = 0; n < 5; n += 1) await say(ada, `Remark ${n}.`);
    await Promise.all([write(), write(), write(), say(bob, "Meanwhile."), write()]);
    await write();
    expect((await kinds()).filter((kind) => kind === "message")).toHaveLength(6);
    await expectWhole();
  });

  it("holds concerns and merges, each step of them once", async () => {
    const { concerns, merges } = test.engine;
    const concern = await concerns.raise(threadId, { text: "Too slow.", passage: null }, bob);
    const { id } = await merges.propose(threadId, { waitDays: 2 }, ada);
    await write();
    await concerns.resolve(concern.id, "Faster now.", ada);
    await merges.withdraw(id, ada);
    await write();
    await write();
    const recorded = (await kinds()).filter((kind) => /concern|merge/.test(kind));
    expect(recorded.toSorted()).toEqual([
      ...["concern", "concern_settled", "merge_proposal", "merge_settled", "merge_word"],
    ]);
    await expectWhole();
    const markdown = await file("markdown");
    expect(markdown).toMatch(
      /### Concern \d+: resolved, by Bob, .*\n\n> Too slow\.\n\n- resolved by Ada/,
    );
    expect(markdown).toMatch(/### Merge proposal: withdrawn, by Ada, /);
  });

  it("takes no answer that is still being written", async () => {
    await say(ada, "Said.");
    await sql`
      with u as (insert into turns (thread_id, state, started_at) values (${threadId}, 'running', now())
        returning id)
      insert into thread_messages (thread_id, seq, role, model_id, text, turn_id, status)
      select ${threadId}, 99, 'assistant', 'm', 'Half', id, 'streaming' from u`;
    await write();
    expect(await kinds()).toEqual(["thread", "message"]);
  });

  it("says that there is no such RFC", async () => {
    await expect(test.engine.record.view("nope")).rejects.toThrow(/no RFC “nope”/);
    await expect(test.engine.record.write("no slug!", ada)).rejects.toThrow(/no RFC/);
  });
});

/** What others wrote stays, also where it reads like a notice. */
const QUOTING = "Ada raised concern #1: or so; Ada declined change #1: or so.";

describe("somebody who wants to be forgotten", () => {
  it("leaves marks, and no words anywhere", async () => {
    await say(ada, "Ada-said this.", "Ada-quoted that");
    await say(bob, "Bob said this.");
    await declineOne(ada, "Ada-declined so.");
    const edit = { original: "after one minute", proposed: "after an hour", reason: "Ada-reason." };
    await test.engine.changes.propose(threadId, edit, ada);
    const { concerns } = test.engine;
    const whole = { passage: null };
    const own = await concerns.raise(threadId, { text: "Ada-concern.", ...whole }, ada);
    const bobs = await concerns.raise(
      threadId,
      { text: `Bob's concern. ${QUOTING}`, ...whole },
      bob,
    );
    await concerns.resolve(bobs.id, "Ada-why.", ada);
    const asked = `concern:${own.id}:${"0".repeat(40)}`;
    await insertKeyedSystemMessage(sql, threadId, describePassageChanged(own, false), asked);
    const { headHash } = await write();
    expect(await storedText()).toMatch(/Ada-/);

    expect(await test.engine.record.forget(ada.id)).toBe(1);
    expect(await storedText()).not.toMatch(/Ada-/);
    await expectWhole();
    expect(verifyRecordFile(await file(), headHash).problem).toBeNull();
    await write();
    await expectWhole();
    expect(await file()).not.toMatch(/Ada-/);
    const markdown = await file("markdown");
    expect(markdown).toMatch(/\*\*Ada\*\*, [^\n]+, deleted/);
    expect(markdown).toContain("Bob said this.");
    expect(markdown).toMatch(/- Ada declined it, [^:]+:\d+:[\d.]+Z\n/);
    expect(markdown).toContain("+ after an hour");
    expect(markdown).toContain("> (erased)");
    expect(markdown).toContain("Bob's concern.");
    expect(markdown).toMatch(/> Ada declined change #\d+\.\n/);
    expect(markdown).toContain(`> Ada raised concern #${own.number} (erased)\n`);
    expect(markdown).toContain("Does that settle it, Ada? It says: (erased)\n");
    expect(markdown).toContain(`> Ada resolved concern #${bobs.number} (erased)\n`);
    expect(markdown).toContain(`> Bob raised concern #${bobs.number}: Bob's concern. ${QUOTING}\n`);

    const length = (await kinds()).length;
    expect(await test.engine.record.forget(ada.id)).toBe(0);
    await write();
    expect(await kinds()).toHaveLength(length);
  });

  it("is also who they were before they were made one with somebody", async () => {
    await say(ada, "Ada-said this.");
    await write();
    await sql`update thread_messages set author_user_id = ${bob.id} where author_user_id = ${ada.id}`;
    await sql`insert into former_users (id, user_id) values (${ada.id}, ${bob.id})`;
    expect(await file("markdown")).toContain("**Bob**");
    await test.engine.record.forget(bob.id);
    expect(await storedText()).not.toContain("Ada-said");
    await expectWhole();
  });

  it("takes back a question that nobody has answered yet", async () => {
    await sql`update threads set lease_until = now() + interval '1 minute', lease_owner = 'another'
      where id = ${threadId}`;
    const { turnId } = await test.engine.threads.post(threadId, { text: "Why?" }, ada);
    expect(await test.engine.record.forget(ada.id)).toBe(1);
    const [turn] = await sql`select state from turns where id = ${turnId}`;
    expect(turn).toEqual({ state: "cancelled" });
  });

  it("is in no copy that was not told or heard yet", async () => {
    const own = await account(ada, "slack", "U1");
    await account(bob, "slack", "U2");
    const messageId = await say(ada, "Ada-said this.");
    const [told] = await sql<{ id: string }[]>`
      insert into private_messages (user_id, platform, workspace_id, platform_user_id, kind, markdown)
      values (${bob.id}, 'slack', 'T1', 'U2', 'direct', 'Ada-said this.') returning id`;
    await sql`
      insert into private_messages (user_id, platform, workspace_id, platform_user_id, kind, markdown)
      values (${bob.id}, 'slack', 'T1', 'U2', 'direct', 'Of others.')`;
    await sql`
      insert into notifications (user_id, kind, category, subject, rfc_slug, thread_id, message_id,
        told_at, told_in)
      values (${bob.id}, 'chat_reply_to_my_message', 'personal-direct', ${messageId}, 'rfc', ${threadId},
        ${messageId}, now(), ${told!.id})`;
    const heard = (user: string, text: string) => ({ event: { type: "message", user, text } });
    await event("waiting", heard(own, "Ada-waits."));
    await event("waiting", heard("U2", `Bob waits, <@${own}>.`));
    await event("failed", heard(own, "Ada-failed."));
    await event("waiting", heard(own, "At work."), "1 hour");

    await test.engine.record.forget(ada.id);
    const letters = await sql<{ markdown: string }[]>`select markdown from private_messages`;
    expect(letters.map(({ markdown }) => markdown)).toEqual(["Of others."]);
    const [again] = await sql`select told_in from notifications where message_id = ${messageId}`;
    expect(again).toEqual({ toldIn: null });
    const events = await sql<{ state: string; text: string | null }[]>`
      select state, payload->'event'->>'text' as text from inbox order by id`;
    expect(events).toEqual([
      { state: "done", text: null },
      { state: "waiting", text: "Bob waits, <@U1>." },
      { state: "failed", text: null },
      { state: "waiting", text: "At work." },
    ]);
  });
});

async function account(of: User, platform: string, platformUserId: string): Promise<string> {
  await sql`
    insert into identities (user_id, platform, workspace_id, platform_user_id)
    values (${of.id}, ${platform}, 'T1', ${platformUserId})`;
  return platformUserId;
}
async function event(state: string, payload: object, leased: string | null = null): Promise<void> {
  await sql`
    insert into inbox (source, event_id, kind, subject, payload, state, lease_until)
    values ('slack', ${crypto.randomUUID()}, 'message', '', ${sql.json(payload as never)}, ${state},
      now() + ${leased}::interval)`;
}
