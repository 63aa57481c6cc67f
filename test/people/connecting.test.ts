import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GITHUB_RFC, PeopleApp } from "../support/people-app.ts";
import { until } from "../support/test-app.ts";

interface Account {
  platform: string;
  name: string | null;
}

let world: PeopleApp;

/** Whose accounts are whose, by the person's name. */
async function people(): Promise<Record<string, string[]>> {
  const rows = await world.app.sql<{ name: string; accounts: Account[] }[]>`
    select u.display_name as name, jsonb_agg(jsonb_build_object(
      'platform', i.platform, 'name', i.display_name) order by i.platform) as accounts
    from users u join identities i on i.user_id = u.id
    where i.platform <> 'console' group by u.id order by u.display_name, u.id`;
  return Object.fromEntries(
    rows.map(({ name, accounts }) => [
      name,
      accounts.map((account) => `${account.platform} ${account.name}`),
    ]),
  );
}

const slackTold = (): string[] => world.slack.told(world.slack.bob);
const discordTold = (): string[] => world.discordBob.told().map(({ text }) => text);

async function connectInSlack(): Promise<void> {
  const { bob, channel } = world.slack;
  const before = slackTold().length;
  await bob.runsCommand("/rfc", "connect", channel);
  world.github.enterCode(await world.code(() => slackTold().slice(before)), "octo-bob");
  await until(async () => slackTold().slice(before).some(isConnected), "the connection");
}

const JOIN = { what: "join" };

/** How many people somebody's accounts in chat are. */
async function bobs(): Promise<number> {
  const rows = await world.app.sql`
    select distinct user_id from identities where platform <> 'github' and display_name = 'bob'`;
  return rows.length;
}

const isTaken = (text: string): boolean => text.startsWith("Nothing was connected");
const isConnectedAs = /^You are connected: octo-bob/;
const isConnected = (text: string): boolean => text.startsWith("You are connected: octo-bob");

const told = (tell: () => string[], words: RegExp): Promise<string> =>
  until(async () => tell().find((text) => words.test(text)), String(words));

describe("connecting an account on GitHub", () => {
  beforeEach(async () => {
    world = await PeopleApp.start();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it("makes somebody in Slack, in Discord and on GitHub one person, and takes GitHub off them again", async () => {
    await connectInSlack();
    expect(await people()).toEqual({ bob: ["github octo-bob", "slack bob"] });
    expect(slackTold()[0]).toMatch(/Enter a code only if you asked for it yourself/);
    // Nobody else saw any of it.
    expect(world.slack.told(world.slack.ada)).toEqual([]);

    // Nobody becomes one with somebody else by a code that they entered for them.
    await world.discordBob.runs(world.discordChannel, "rfc connect");
    world.github.enterCode(await world.code(discordTold), "octo-bob");
    await told(discordTold, /^Nothing was connected: octo-bob on GitHub is bob \(Slack, /);
    expect(await bobs()).toBe(2);
    await world.discordBob.runs(world.discordChannel, "rfc connect", JOIN);
    world.github.enterCode(await world.code(discordTold, 1), "octo-bob");
    await until(async () => discordTold().filter(isTaken).length === 2, "the second refusal");
    expect(await bobs()).toBe(2);

    await world.slack.bob.runsCommand("/rfc", "connect join", world.slack.channel);
    await told(slackTold, /^You are connected already: .* Within 15 minutes an account of yours/);
    await world.discordBob.runs(world.discordChannel, "rfc connect", JOIN);
    world.github.enterCode(await world.code(discordTold, 2), "octo-bob");
    await told(discordTold, /^You are connected: octo-bob/);
    expect(await people()).toEqual({ bob: ["discord bob", "github octo-bob", "slack bob"] });
    const rows = await world.app.sql`
      select u.email, c.login, c.sealed from connected_accounts c join users u on u.id = c.user_id`;
    expect(rows).toEqual([
      expect.objectContaining({
        email: expect.stringMatching(/^\d+\+octo-bob@users\.noreply\.github\.com$/),
        login: "octo-bob",
        sealed: expect.stringMatching(/^v1\./),
      }),
    ]);
    expect(JSON.stringify(world.slack.log)).not.toMatch(/ghu_/);

    await world.discordBob.runs(world.discordChannel, "rfc disconnect");
    await told(discordTold, /^octo-bob on GitHub is not connected to you any more/);
    expect(await people()).toEqual({
      bob: ["discord bob", "slack bob"],
      "octo-bob": ["github octo-bob"],
    });
    expect(await world.app.sql`select 1 from connected_accounts`).toHaveLength(0);
    expect(
      await world.app.sql`select 1 from users where display_name = 'bob' and email is not null`,
    ).toEqual([]);
  });

  it("lets who may write to the repository decide, as the author that GitHub knows", async () => {
    const { ada, bob, channel, team, app } = world.slack;
    const { ts } = ada.says(channel, `${team.mention} link ${GITHUB_RFC}`);
    const at = await until(async () => {
      const [link] = await app.sql<{ threadId: string }[]>`
        select thread_id from thread_links where place = ${`${channel.id}/${ts}`}`;
      return link;
    }, "the link");
    const by = await app.engine.people.localMaintainer();
    const edit = { original: "one minute", proposed: "one hour", reason: "Gentler." };
    const change = await app.engine.changes.propose(at.threadId, edit, by);
    const accept = (): void =>
      void bob.says(channel, `${team.mention} accept ${change.number}`, { threadTs: ts });
    accept();
    await told(
      slackTold,
      /^Only maintainers decide here; .* Or show me with `connect` that you may/,
    );
    expect(await app.sql`select act, door from audit_entries`).toEqual([
      { act: "accept", door: "slack" },
    ]);
    await connectInSlack();
    accept();
    await until(async () => (await app.engine.changes.get(change.id)).state === "accepted", "it");
    const message = await world.repository.git("log", "-1", "--format=%B", "main");
    expect(message).toMatch(/Co-authored-by: bob <\d+\+octo-bob@users\.noreply\.github\.com>/);
    // It is asked again each time.
    world.repository.setPermission("octo-bob", "read");
    const next = { ...edit, original: "brown fox", proposed: "red fox" };
    const { number } = await app.engine.changes.propose(at.threadId, next, by);
    bob.says(channel, `${team.mention} accept ${number}`, { threadTs: ts });
    await told(slackTold, /Your account on GitHub, octo-bob, may not write to the repository/);
    world.github.deviceFlows.revoke("octo-bob");
    bob.says(channel, `${team.mention} decline ${number}`, { threadTs: ts });
    await told(slackTold, /GitHub does not know any more that octo-bob is your account/);
  });

  it("says so where somebody declines, is too late, or is connected already", async () => {
    const { bob, channel } = world.slack;
    await bob.runsCommand("/rfc", "connect", channel);
    world.github.declineCode(await world.code(slackTold));
    await told(slackTold, /^You declined on GitHub/);
    await bob.runsCommand("/rfc", "connect", channel);
    await world.code(slackTold, 1);
    world.github.deviceFlows.expireCodes();
    await told(slackTold, /^The code was not entered in time/);
    expect(await world.app.sql`select 1 from connection_requests`).toHaveLength(0);
    await connectInSlack();
    await bob.runsCommand("/rfc", "connect", channel);
    await told(slackTold, /^You are connected already: octo-bob/);
  });

  it("takes the newest of several codes alone", async () => {
    const { bob, channel } = world.slack;
    await bob.runsCommand("/rfc", "connect", channel);
    const first = await world.code(slackTold);
    await bob.runsCommand("/rfc", "connect", channel);
    const second = await world.code(slackTold, 1);
    world.github.enterCode(first, "octo-reader");
    world.github.enterCode(second, "octo-bob");
    await told(slackTold, /^You are connected: octo-bob/);
    expect(await people()).toEqual({ bob: ["github octo-bob", "slack bob"] });
  });

  it("takes an account off whoever had its person enter a code, once that person took their consent back", async () => {
    const { bob, channel } = world.slack;
    // Somebody in Discord had the person enter a code of theirs.
    await world.discordBob.runs(world.discordChannel, "rfc connect");
    world.github.enterCode(await world.code(discordTold), "octo-bob");
    await told(discordTold, isConnectedAs);
    await world.discordBob.runs(world.discordChannel, "rfc connect", JOIN);
    await told(discordTold, /Within 15 minutes an account of yours/);
    await bob.runsCommand("/rfc", "connect", channel);
    world.github.enterCode(await world.code(slackTold), "octo-bob");
    await told(slackTold, /^Nothing was connected: octo-bob on GitHub is bob \(Discord/);
    expect(await bobs()).toBe(2);
    world.github.deviceFlows.revoke("octo-bob");
    await connectInSlack();
    expect(await bobs()).toBe(2);
    const rows = await world.app.sql`
      select i.platform from connected_accounts c join identities i on i.user_id = c.user_id
      order by 1`;
    expect(rows).toEqual([{ platform: "github" }, { platform: "slack" }]);
  });

  it("tells those whose code was lost with the process that watched it", async () => {
    const { bob, channel } = world.slack;
    await bob.runsCommand("/rfc", "connect", channel);
    await world.code(slackTold);
    await world.slack.restart();
    await world.app.sql`update connection_requests set lease_until = now() - interval '1 minute'`;
    await told(slackTold, /^Your code for GitHub was lost; get another one with/);
    await until(async () => {
      const rows = await world.app.sql`select 1 from connection_requests`;
      return rows.length === 0;
    }, "the end of the request");
    await connectInSlack();
  });
});
