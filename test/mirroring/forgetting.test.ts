/** Somebody who took part in Slack and on Discord wants to be forgotten. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { HOUR, willPropose } from "../support/chat-scene.ts";
import { until } from "../support/test-app.ts";
import { MirrorWorld } from "./mirror-world.ts";

let world: MirrorWorld;
let at: Awaited<ReturnType<MirrorWorld["linkBoth"]>>;

beforeAll(async () => {
  world = await MirrorWorld.start();
  at = await world.linkBoth();
});
afterAll(() => world[Symbol.asyncDispose]());

const slackSays = (who: "ada" | "bob", text: string) =>
  world.chats[who].says(world.chats.slackChannel, text, { threadTs: at.ts });
const commands = (text: string) => slackSays("ada", `${world.chats.team.mention} ${text}`);
const told = (): string =>
  JSON.stringify(world.chats.slack.ephemerals(world.chats.slackChannel, world.chats.ada.id));

/** What Redline shows in either place, cards included. */
function shown(): string {
  const { slack, discord, slackChannel } = world.chats;
  const own = slack.visible(slackChannel, at.ts).filter(({ isBot }) => isBot);
  return JSON.stringify([own, discord.visible(at.thread)]);
}

/** Every row of every table. */
async function stored(): Promise<string> {
  const { sql } = world.app;
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`;
  const rows = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await sql<{ all: string | null }[]>`
        select string_agg(t::text, ' ') as all from ${sql(name)} t`;
      return `${name}: ${row!.all ?? ""}`;
    }),
  );
  return rows.filter((row) => /unsaid/i.test(row)).join("\n");
}

it("is repeated in no place and nowhere in the database; what others said stays", async () => {
  await world.app.sql`
    insert into maintainers (platform, workspace_id, user_id)
    select platform, workspace_id, user_id from identities
    where platform = 'slack' and platform_user_id = ${world.chats.ada.id} on conflict do nothing`;
  slackSays("ada", "&gt; unsaid-quoted\nunsaid-words of ada.");
  await world.chats.shows(at.thread, "unsaid-words");
  world.chats.dirk.says(at.thread, "Dirk is of another mind.");
  await world.chats.shows(at.ts, "another mind");
  commands("concern unsaid-concern raised concern #1: unsaid-again");
  await world.chats.shows(at.thread, "unsaid-concern");
  commands("concern resolve 1 unsaid-why");
  await world.chats.shows(at.thread, "unsaid-why");
  willPropose(world, [HOUR]);
  commands("make it two minutes?");
  await until(async () => /Change #1|change #1/.test(shown()), "a card");
  await world.settled();
  commands("decline 1 unsaid-reason");
  await world.chats.shows(at.thread, "unsaid-reason");
  commands("export");
  await until(async () => told().includes("The record of"), "the record");
  await world.settled();
  expect(shown()).toMatch(/unsaid-/);

  commands("forget me yes");
  await until(async () => told().includes("erased, with the concerns"), "the answer");
  await world.settled();
  await until(async () => !/unsaid-/.test(shown()), `nothing of it in ${shown()}`);
  await world.settled();
  expect(await stored()).toBe("");
  expect(shown()).toContain("Dirk is of another mind.");
  expect(world.chats.inDiscord(at.thread)).toContainEqual(
    expect.stringContaining("ada raised concern #1 (erased)"),
  );
  expect(world.chats.inDiscord(at.thread)).toContainEqual(
    expect.stringContaining("ada resolved concern #1 (erased)"),
  );
  expect((await world.app.engine.record.view("rfc")).problem).toBeNull();
});
