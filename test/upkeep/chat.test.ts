/** Whole workspaces and old conversations go, and a backup comes back, beside Slack and Discord. */
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../src/store/database.ts";
import { setRetention } from "../../src/store/retention.ts";
import { updateThread } from "../../src/store/threads.ts";
import { backUp, restore } from "../../src/upkeep/backup.ts";
import { expire, prune } from "../../src/upkeep/upkeep.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import { MirrorWorld } from "../mirroring/mirror-world.ts";
import { runRedline } from "../support/command-line.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase } from "../support/database.ts";
import { HOUR, willPropose } from "../support/chat-scene.ts";
import { until } from "../support/test-app.ts";
import { readAll } from "../support/read-all.ts";

let world: MirrorWorld;
let at: Awaited<ReturnType<MirrorWorld["linkBoth"]>>;
let own: string;
let empty: TestDatabase;

beforeAll(async () => {
  world = await MirrorWorld.start();
  at = await world.linkBoth();
  empty = await createEmptyDatabase();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await empty.drop();
});

const slackSays = (text: string, threadTs = at.ts) =>
  world.chats.ada.says(world.chats.slackChannel, text, { threadTs });
const follow = () => ({
  sql: world.app.sql,
  relay: world.app.relay,
  cancel: (turnId: string) => world.app.engine.turns.cancel(turnId),
});
const shown = (): string[][] => [
  world.chats.inSlack(at.ts),
  world.chats.inSlack(own),
  world.chats.inDiscord(at.thread),
];
const alwaysWrong = async (): Promise<string[]> =>
  (await gatherInvariants(world.app.sql, "settled"))
    .filter(({ invariant }) => invariant.grace === null)
    .flatMap(({ examples }) => examples);

it("comes back from a backup, and shows nothing twice", async () => {
  own = await world.chats.linkSlack();
  willPropose(world, [HOUR]);
  slackSays(`${world.chats.team.mention} secret-a: make it an hour?`, own);
  await until(async () => world.chats.inSlack(own).length > 2, "an answer and its card");
  slackSays("secret-b is what we think here.");
  await world.chats.shows(at.thread, "secret-b");
  world.chats.dirk.says(at.thread, "Dirk is of another mind.");
  await world.chats.shows(at.ts, "another mind");
  await world.settled();
  const into = new PassThrough();
  const [file] = await Promise.all([
    into.toArray() as Promise<Buffer[]>,
    backUp(world.app.sql, into),
  ]);
  const before = shown();
  const restored = connect(empty.url);
  await restore(restored, Readable.from([Buffer.concat(file)]));
  await restored.end();
  world.environment["DATABASE_URL"] = empty.url;
  await world.restart();
  await world.app.sql`update place_looks set due_at = now()`;
  await world.settled();
  expect(shown()).toEqual(before);
  slackSays("And on it goes.");
  await world.chats.shows(at.thread, "And on it goes.");
  await world.settled();
  expect(await alwaysWrong()).toEqual([]);
});

it("loses old events and the words of ended conversations, and passes every check", async () => {
  const { sql } = world.app;
  await prune({ sql }, new Date(Date.now() + 400 * 24 * 60 * 60_000));
  const [pruned] = await sql<{ n: number }[]>`select sum(events_pruned)::int as n from threads`;
  expect(pruned!.n).toBeGreaterThan(0);
  expect(await alwaysWrong()).toEqual([]);
  const team = { platform: "slack", workspaceId: world.chats.team.id } as const;
  await setRetention(sql, team, 30);
  await sql`update thread_messages set created_at = created_at - interval '31 days'`;
  expect(await expire(follow())).toBe(0);
  const [ended] = await sql<{ id: string }[]>`
    select id from threads
    where id <> ${at.threadId} and id in (select thread_id from thread_links)`;
  await updateThread(sql, ended!.id, { state: "closed" });
  expect(await expire(follow())).toBe(0);
  await sql`update threads set closed_at = closed_at - interval '31 days'`;
  expect(await expire(follow())).toBeGreaterThan(1);
  await world.settled();
  const left = await sql`
    select role, text from thread_messages
    where thread_id = ${ended!.id} and role <> 'system' and text <> ''`;
  expect(left).toEqual([]);
  const [change] = await sql`select proposed from changes where thread_id = ${ended!.id}`;
  expect(change!["proposed"]).not.toBe("");
  expect(await expire(follow())).toBe(0);
  expect(await alwaysWrong()).toEqual([]);
  expect((await world.app.engine.record.view("rfc")).problem).toBeNull();
  // The other conversation is under way still.
  expect(JSON.stringify([...(await readAll(sql)).values()])).toContain("secret-b");
});

it("loses a workspace with everything in it, by the command, while it runs", async () => {
  const { id } = world.chats.team;
  const command = (yes = "", workspaceId = id) =>
    runRedline(["delete-workspace", "slack", workspaceId, ...(yes === "" ? [] : [yes])], {
      ...world.environment,
      DATABASE_URL: empty.url,
    });
  // One that the token in the settings is not of.
  await world.app.sql`
    insert into workspaces (platform, workspace_id, name) values ('slack', 'T0OTHER', 'Other')`;
  const other = await command("--yes", "T0OTHER");
  expect([other.code, other.errors]).toEqual([
    0,
    [expect.stringMatching(/could not leave slack T0OTHER .* remove the app there/)],
  ]);
  const asked = await command();
  expect(asked.code).toBe(1);
  expect(asked.errors.join()).toMatch(/Nothing was deleted: say --yes/);
  expect(asked.stdout).toMatch(/1 conversations that are held there alone.*\n.*in 1 conversations/);
  const done = await command("--yes");
  expect([done.code, done.errors]).toEqual([0, []]);
  const rows = [...(await readAll(world.app.sql)).values()].flat();
  expect(rows.filter((row) => row.includes("secret-") || row.includes(id))).toEqual([]);
  expect(rows.join()).toContain("Dirk is of another mind.");
  await until(
    async () => !/secret-/.test(JSON.stringify(world.chats.inDiscord(at.thread))),
    "what was mirrored to go",
  );
  expect(await alwaysWrong()).toEqual([]);
  expect((await world.app.engine.record.view("rfc")).problem).toBeNull();
  const again = await command("--yes");
  expect([again.code, again.errors]).toEqual([1, [expect.stringContaining("Nothing is known of")]]);
});
