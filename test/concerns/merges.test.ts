import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { MergeProposal } from "../../src/concerns/concern.ts";
import type { User } from "../../src/engine.ts";
import { insertMaintainer } from "../../src/store/maintainers.ts";
import { heldKey, listDueProposals } from "../../src/store/merges.ts";
import { ensureUser } from "../../src/store/people.ts";
import { deleteRfcMaintainer, insertRfcMaintainer } from "../../src/store/rfc-maintainers.ts";
import { TestApp, until } from "../support/test-app.ts";

let app: TestApp;
let bob: User;
let cy: User;
let bot: User;
let threadId: string;

const person = (name: string): Promise<User> => {
  const identity = { platform: "slack", workspaceId: "T1", platformUserId: `U${name}` };
  return ensureUser(app.app.sql, identity, { displayName: name, email: null });
};

beforeAll(async () => {
  app = await TestApp.start({ environment: { MERGE_WAIT_DAYS: "2" } });
  const { sql } = app.app;
  [bob, cy, bot] = [await person("Bob"), await person("Cy"), await person("Bot")];
  await sql`update users set is_bot = true where id = ${bot.id}`;
  await insertRfcMaintainer(sql, "rfc", bob.id, app.user.id);
  await insertRfcMaintainer(sql, "rfc", bot.id, app.user.id);
  // Of a workspace where the RFC is held, and of one where it is not.
  await insertMaintainer(sql, { platform: "slack", workspaceId: "T1" }, cy.id, app.user.id);
  const elsewhere = await person("Eve");
  await insertMaintainer(sql, { platform: "slack", workspaceId: "T2" }, elsewhere.id, app.user.id);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(async () => {
  const { sql } = app.app;
  const open = await app.engine.merges.current("rfc", app.repository.branch);
  if (open?.state === "open") await app.engine.merges.withdraw(open.id, app.user);
  await sql`update concerns set state = 'resolved', settled_at = now() where state = 'open'`;
  await sql`update thread_links set ended_at = now() where ended_at is null`;
  threadId = await app.newThread();
  await sql`
    insert into thread_links (thread_id, platform, workspace_id, place, reach)
    values (${threadId}, 'slack', 'T1', ${`C1/${threadId}`}, 'workspace')`;
});

const propose = (days?: number, dedupKey?: string): Promise<MergeProposal> =>
  app.engine.merges.propose(threadId, { waitDays: days, dedupKey }, app.user);

const find = async (id: string): Promise<MergeProposal> => {
  const found = await app.engine.merges.current("rfc", app.repository.branch);
  if (found?.id !== id) throw new Error("another proposal is newer");
  return found;
};

async function notes(): Promise<string[]> {
  const { messages } = await app.engine.threads.view(threadId);
  return messages.filter(({ role }) => role === "system").map(({ text }) => text);
}

async function told(kind: string, subject: string): Promise<string[]> {
  const rows = await app.app.sql<{ name: string }[]>`
    select u.display_name as name from notifications n join users u on u.id = n.user_id
    where n.kind = ${kind} and n.subject = ${subject} order by 1`;
  return rows.map(({ name }) => name);
}

/** The wait is over. */
const wait = ({ id }: MergeProposal) => app.app.sql`
  update merge_proposals set ends_at = now() - interval '1 second' where id = ${id}`;

const settled = ({ id }: MergeProposal): Promise<MergeProposal> =>
  until(async () => {
    const now = await find(id);
    return now.state !== "open" && now;
  }, "an end");

describe("a proposal to merge", () => {
  test("asks the RFC's maintainers and those of the workspaces where it is held", async () => {
    const proposal = await propose();
    expect(proposal).toMatchObject({
      state: "open",
      waitDays: 2,
      proposedBy: app.user.displayName,
    });
    expect(proposal.endsAt.getTime() - proposal.createdAt.getTime()).toBe(2 * 24 * 3_600_000);
    expect(proposal.words.map(({ name, word }) => [name, word])).toEqual([
      [app.user.displayName, "agree"],
      ["Bob", null],
      ["Cy", null],
    ]);
    expect(await told("merge_word_requested", proposal.id)).toEqual(["Bob", "Cy"]);
    expect((await notes())[0]).toContain("Asked for their word: Bob and Cy.");
  });

  test("is one, whatever is done again", async () => {
    const first = await propose(0, "k");
    expect((await propose(5, "k")).id).toBe(first.id);
    await settled(first);
    expect((await propose(5, "k")).state).toBe("agreed");
    await app.app.sql`update merge_proposals set ends_at = now() where id = ${first.id}`;
    expect(await listDueProposals(app.app.sql, 10)).toEqual([]);
    expect((await notes()).filter((note) => note.startsWith("It is agreed"))).toHaveLength(1);
    expect(await told("merge_settled", first.id)).toEqual(["Bob", "Cy", app.user.displayName]);
  });

  test("is refused beside another, in a closed thread, and for strange waits", async () => {
    for (const days of [-1, 91, 0.5, NaN, 1e9]) {
      await expect(propose(days)).rejects.toMatchObject({ type: "invalid-request" });
    }
    await propose();
    await expect(propose()).rejects.toMatchObject({ type: "already-exists" });
    const closed = await app.newThread();
    await app.engine.threads.close(closed, app.user);
    const late = app.engine.merges.propose(closed, {}, app.user);
    await expect(late).rejects.toMatchObject({ type: "thread-closed" });
    const nowhere = app.engine.merges.propose("x", {}, app.user);
    await expect(nowhere).rejects.toMatchObject({ type: "not-found" });
  });

  test("proposed twice at once is one", async () => {
    const both = await Promise.allSettled([propose(), propose()]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("is held by a concern until that is settled; the thread is told so once", async () => {
    const { concerns } = app.engine;
    const concern = await concerns.raise(threadId, { text: "No.", passage: null }, bob);
    const proposal = await propose(0);
    expect(proposal.openConcerns).toEqual([{ number: concern.number, text: "No.", author: "Bob" }]);
    await until(async () => (await notes()).some((note) => note.startsWith("The wait is over")));
    expect(await listDueProposals(app.app.sql, 10)).toEqual([]);
    expect((await find(proposal.id)).state).toBe("open");
    await concerns.resolve(concern.id, undefined, bob);
    expect((await settled(proposal)).state).toBe("agreed");
    const keyed = await app.app.sql`
      select 1 from thread_messages where dedup_key = ${heldKey(proposal.id)}`;
    expect(keyed).toHaveLength(1);
  });

  test("is held by an objection, and goes on when it is taken back", async () => {
    const { merges } = app.engine;
    const proposal = await propose();
    await merges.say(proposal.id, "object", bob);
    await merges.say(proposal.id, "object", bob);
    expect((await notes()).filter((note) => note === "Bob objected to the merge.")).toHaveLength(1);
    await wait(proposal);
    await until(async () => (await notes()).some((note) => note.startsWith("The wait is over")));
    await merges.say(proposal.id, "agree", bob);
    expect((await settled(proposal)).state).toBe("agreed");
    expect((await notes()).at(-1)).toContain("Cy said nothing.");
    const late = merges.say(proposal.id, "object", cy);
    await expect(late).rejects.toMatchObject({ type: "already-decided" });
  });

  test("takes the word of nobody who is not asked, or not listed any more", async () => {
    const { sql } = app.app;
    const { merges } = app.engine;
    const proposal = await propose();
    const eve = await person("Eve");
    await expect(merges.say(proposal.id, "object", eve)).rejects.toMatchObject({
      type: "forbidden",
    });
    await expect(merges.say(proposal.id, "agree", bot)).rejects.toMatchObject({
      type: "forbidden",
    });
    await deleteRfcMaintainer(sql, "rfc", bob.id);
    const former = merges.say(proposal.id, "object", bob);
    await expect(former).rejects.toMatchObject({ type: "forbidden" });
    await insertRfcMaintainer(sql, "rfc", bob.id, app.user.id);
    // Named since.
    await insertRfcMaintainer(sql, "rfc", eve.id, app.user.id);
    await expect(merges.say(proposal.id, "object", eve)).rejects.toMatchObject({
      type: "forbidden",
    });
    await deleteRfcMaintainer(sql, "rfc", eve.id);
    expect((await find(proposal.id)).words.map(({ word }) => word)).toEqual(["agree", null, null]);
    await expect(merges.say("x", "agree", bob)).rejects.toMatchObject({ type: "not-found" });
  });

  test("is withdrawn once, and those who were asked hear of it", async () => {
    const { merges } = app.engine;
    const proposal = await propose();
    await merges.withdraw(proposal.id, app.user);
    expect((await merges.withdraw(proposal.id, app.user)).state).toBe("withdrawn");
    expect((await notes()).filter((note) => note.includes("was withdrawn"))).toHaveLength(1);
    expect(await told("merge_settled", proposal.id)).toEqual(["Bob", "Cy"]);
  });

  test("lists the changes that are to be decided", async () => {
    const edit = { original: "one minute", proposed: "one hour" };
    const change = await app.engine.changes.propose(threadId, edit, bob);
    const proposal = await propose();
    expect(proposal.pendingChanges).toEqual([change.number]);
    await app.engine.changes.decline(change.id, undefined, app.user);
    expect((await find(proposal.id)).pendingChanges).toEqual([]);
  });
});
