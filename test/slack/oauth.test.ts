import { describe, expect, it, vi } from "vitest";

import { BOT_SCOPES } from "../../adapters/slack/manifest.ts";
import { allowRepository, disallowRepository } from "../../src/chat/repositories.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";
import { shownText, willPropose } from "./scene.ts";

/** A workspace with its admin, a member who may decide, and a channel. */
interface Workspace {
  team: FakeTeam;
  boss: FakeUser;
  max: FakeUser;
  channel: Channel;
}

/** What a browser got that began to install the app. */
async function begin(world: SlackApp): Promise<{ state: string; cookie: string }> {
  const answer = await fetch(`${world.app.url}/slack/install`, { redirect: "manual" });
  const target = new URL(answer.headers.get("location")!);
  expect(target.searchParams.get("scope")!.split(",").toSorted()).toEqual(
    [...BOT_SCOPES].toSorted(),
  );
  const cookie = answer.headers.getSetCookie().map((one) => one.split(";")[0]!);
  return { state: target.searchParams.get("state")!, cookie: cookie.join("; ") };
}

async function comeBack(
  world: SlackApp,
  code: string,
  { state, cookie }: { state: string; cookie: string },
): Promise<{ status: number; text: string }> {
  const query = new URLSearchParams({ code, state });
  const url = `${world.app.url}/slack/oauth_redirect?${query.toString()}`;
  const answer = await fetch(url, { headers: { cookie }, redirect: "manual" });
  return { status: answer.status, text: await answer.text() };
}

async function install(world: SlackApp, team: FakeTeam, by: FakeUser): Promise<void> {
  const code = team.oauthCode(by, BOT_SCOPES);
  const answer = await comeBack(world, code, await begin(world));
  expect(answer).toMatchObject({ status: 200, text: expect.stringContaining("is installed") });
}

async function workspace(world: SlackApp, name: string): Promise<Workspace> {
  const team = world.slack.addTeam(name, null);
  const boss = team.addUser("boss", { isAdmin: true });
  const max = team.addUser("max");
  await install(world, team, boss);
  return { team, boss, max, channel: team.addChannel("rfcs", { members: [boss, max] }) };
}

const textsIn = (world: SlackApp, { channel }: Workspace, ts: string): string[] =>
  world.slack.visible(channel, ts).map(({ text }) => text);

async function told(world: SlackApp, { channel }: Workspace, who: FakeUser, doing: () => unknown) {
  const all = () => world.slack.ephemerals(channel, who.id);
  const before = all().length;
  await doing();
  await until(async () => all().length > before, `an answer for ${who.person.name}`);
  return shownText(all().at(-1)!);
}

async function link(world: SlackApp, place: Workspace): Promise<string> {
  const { boss, max, team, channel } = place;
  const { ts } = boss.says(channel, `${team.mention} link rfc new`);
  await until(async () => textsIn(world, place, ts).length > 1, "the greeting");
  boss.says(channel, `${team.mention} maintainers add <@${max.id}>`, { threadTs: ts });
  await until(async () =>
    textsIn(world, place, ts).some((text) => text.includes("max a maintainer")),
  );
  return ts;
}

const start = () => SlackApp.start({ mode: "oauth" });

describe("two workspaces", () => {
  it("see nothing of each other, and what they may talk about is allowed", async () => {
    await using world = await start();
    const one = await workspace(world, "One");
    const two = await workspace(world, "Two");
    const { sql } = world.app;
    const key = ({ team }: Workspace) => ({ platform: "slack" as const, workspaceId: team.id });
    const { url } = world.repository;
    const asks = (place: Workspace, words: string, ts?: string) =>
      told(world, place, place.boss, () =>
        place.boss.says(
          place.channel,
          `${place.team.mention} ${words}`,
          ts ? { threadTs: ts } : {},
        ),
      );

    // Not even its name is known where it is not allowed.
    expect(await asks(one, "link rfc new")).toBe(
      "There is no RFC “rfc” here; link a pull request by its address instead.",
    );
    await allowRepository(sql, key(one), url);
    expect(await asks(two, "link rfc new")).not.toContain("The RFC");
    const thread = await link(world, one);

    willPropose(world, [["one minute", "one hour", "Receivers need time."]]);
    one.boss.says(one.channel, `${one.team.mention} change it`, { threadTs: thread });
    const card = await until(async () =>
      world.slack.visible(one.channel, thread).find(({ text }) => text.includes("Pending")),
    );

    // Another workspace's reference is none.
    await allowRepository(sql, key(two), url);
    const other = await link(world, two);
    expect(await asks(two, "changes", other)).toBe("No change waits for a decision here.");
    expect(await asks(two, "accept 1", other)).toContain("There is no change #1 here");
    willPropose(world, [["- second item", "- third item", "Three."]]);
    two.boss.says(two.channel, `${two.team.mention} change it`, { threadTs: other });
    const theirs = await until(async () =>
      world.slack.visible(two.channel, other).find(({ text }) => text.includes("Pending")),
    );
    const ref = JSON.stringify(card.blocks).match(/"redline:accept","value":"([^"]+)"/)![1]!;
    const message = world.slack.world.messageIn(two.channel, theirs.ts)!;
    message.blocks = JSON.parse(
      JSON.stringify(message.blocks).replaceAll(/"value":"[^"]+"/g, `"value":"${ref}"`),
    );
    const refused = await told(world, two, two.max, () =>
      two.max.clicks(two.channel, theirs.ts, "redline:accept"),
    );
    expect(refused).toBe("There is no such card here any more.");
    expect(await sql`select 1 from changes where state <> 'pending'`).toEqual([]);

    two.max.opensHome();
    const home = await until(async () => two.max.home);
    expect(JSON.stringify(home.view)).not.toContain("Receivers need time");
    expect(JSON.stringify(home.view)).toContain("Three.");

    // What is not allowed any more is not held there any more.
    expect(await disallowRepository(sql, key(two), url)).toBe(true);
    expect(await asks(two, "status", other)).toContain("not linked to an RFC");
    await one.max.clicks(one.channel, card.ts, "redline:accept");
    await until(async () =>
      textsIn(world, one, thread).some((text) => text.includes("Accepted by max")),
    );
    expect(world.slack.pings).toEqual([]);
  });

  it("go on with the new key, and are gone when the app is removed", async () => {
    await using world = await start();
    const one = await workspace(world, "One");
    const two = await workspace(world, "Two");
    const { url } = world.repository;
    for (const { team } of [one, two]) {
      await allowRepository(world.app.sql, { platform: "slack", workspaceId: team.id }, url);
    }
    const thread = await link(world, one);
    const sealed = async () =>
      world.app.sql<
        { sealed: string }[]
      >`select sealed::text from installations order by workspace_id`;
    const before = await sealed();
    expect(JSON.stringify(before)).not.toContain("xoxb");
    world.environment["ENCRYPTION_KEY_PREVIOUS"] = world.environment["ENCRYPTION_KEY"]!;
    world.environment["ENCRYPTION_KEY"] = "cd".repeat(32);
    await world.restart();
    one.boss.says(one.channel, `${one.team.mention} hello`, { threadTs: thread });
    await until(async () => textsIn(world, one, thread).includes("Hello."));
    await until(async () => (await sealed()).some((row, at) => row.sealed !== before[at]?.sealed));

    one.team.uninstall();
    await until(async () => (await sealed()).length === 1, "the installation's end");
    await until(async () => {
      const links = await world.app.sql`select 1 from thread_links where ended_at is null`;
      return links.length === 0;
    }, "the links' end");
    const calls = world.slack.callsOf().length;
    await world.slack.settled();
    expect(world.slack.callsOf().length - calls).toBeLessThan(5);
    // The other one is as it was, and the first may come back.
    const again = await link(world, two);
    expect(textsIn(world, two, again)[1]).toContain("is linked to");
    await install(world, one.team, one.boss);
    expect(await sealed()).toHaveLength(2);
  });
});

describe("an installation", () => {
  it("is refused with a state that is used, another browser's, made up or missing", async () => {
    await using world = await start();
    const code = () => world.team.oauthCode(world.ada, BOT_SCOPES);
    const begun = await begin(world);
    const other = await begin(world);
    const none = { status: 400, text: expect.stringContaining("begin again at /slack/install") };
    expect(await comeBack(world, code(), { ...begun, cookie: other.cookie })).toMatchObject(none);
    expect(await comeBack(world, code(), { state: "made-up", cookie: begun.cookie })).toMatchObject(
      none,
    );
    expect(await comeBack(world, code(), { state: "", cookie: "" })).toMatchObject(none);
    expect(await comeBack(world, code(), begun)).toMatchObject({ status: 200 });
    expect(await comeBack(world, code(), begun)).toMatchObject(none);
    expect(await world.app.sql`select 1 from installations`).toHaveLength(1);
  });

  it("is refused with a state that is older than ten minutes", async () => {
    await using world = await start();
    const begun = await begin(world);
    const code = world.team.oauthCode(world.ada, BOT_SCOPES);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
    try {
      expect(await comeBack(world, code, begun)).toMatchObject({ status: 400 });
    } finally {
      vi.useRealTimers();
    }
    expect(await world.app.sql`select 1 from installations`).toEqual([]);
  });

  it("is refused when Slack does not know the code, or the person cancels", async () => {
    await using world = await start();
    const bad = await comeBack(world, "made-up", await begin(world));
    expect(bad.status).toBeGreaterThanOrEqual(400);
    expect(bad.text).toContain("could not be installed");
    const { state, cookie } = await begin(world);
    const url = `${world.app.url}/slack/oauth_redirect?${new URLSearchParams({ error: "access_denied", state }).toString()}`;
    const cancelled = await fetch(url, { headers: { cookie } });
    expect(await cancelled.text()).toContain("cancelled");
    expect(await world.app.sql`select 1 from installations`).toEqual([]);
  });

  it("is refused for a whole organization, and one for a workspace of it works", async () => {
    await using world = await start();
    const grid = world.slack.addTeam("Grid", null);
    const admin = grid.addUser("admin", { isAdmin: true });
    const code = grid.oauthCode(admin, BOT_SCOPES, { isOrgWide: true });
    const answer = await comeBack(world, code, await begin(world));
    expect(answer.status).toBe(422);
    expect(answer.text).toContain("not for a whole organization: install it again and choose one");
    expect(await world.app.sql`select 1 from installations`).toEqual([]);
    const refused = "an installation for a whole organization was refused";
    expect(world.log.filter(({ message }) => message === refused)).toHaveLength(1);
    expect(JSON.stringify([world.log, answer])).not.toContain(grid.botToken);

    // Nothing that is said anywhere in it is taken up.
    admin.says(grid.addChannel("rfcs", { members: [admin] }), `${grid.mention} link rfc new`);
    await world.settled();
    expect(world.slack.callsOf("chat.postMessage")).toEqual([]);
    const one = await workspace(world, "One");
    expect(await world.app.sql`select workspace_id from installations`).toEqual([
      { workspaceId: one.team.id },
    ]);
  });
});
