/** Two companies on one Redline, each with a workspace in Slack and a server in Discord, which know nothing of each other. */
import { BOT_SCOPES } from "../../adapters/slack/manifest.ts";
import { allowRepository } from "../../src/chat/repositories.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeUser as DiscordUser } from "../fakes/discord/fake-user.ts";
import type { Channel as DiscordChannel } from "../fakes/discord/model.ts";
import { block } from "../fakes/scripted-provider.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser as SlackUser } from "../fakes/slack/fake-user.ts";
import type { Channel as SlackChannel } from "../fakes/slack/model.ts";
import { GitRepository } from "../support/git-repository.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";

/** In every text of the one company, and in none of the other's. */
export const CANARY = "quokka";
const PACE = 0.01;

/** One company's place in Slack. */
export interface InSlack {
  team: FakeTeam;
  boss: SlackUser;
  /** Decides there. */
  max: SlackUser;
  channel: SlackChannel;
  /** The linked thread. */
  ts: string;
}

/** And in Discord. */
export interface InDiscord {
  guild: FakeGuild;
  boss: DiscordUser;
  /** Decides there. */
  max: DiscordUser;
  channel: DiscordChannel;
  thread: DiscordChannel;
}

export interface Company {
  slug: string;
  slack: InSlack;
  discord: InDiscord;
}

export class TwoTenants implements AsyncDisposable {
  readonly world: SlackApp;
  readonly discord: FakeDiscord;
  readonly one: Company;
  readonly other: Company;
  readonly #repository: GitRepository;

  private constructor(
    parts: Pick<TwoTenants, "world" | "discord" | "one" | "other">,
    repository: GitRepository,
  ) {
    this.world = parts.world;
    this.discord = parts.discord;
    this.one = parts.one;
    this.other = parts.other;
    this.#repository = repository;
  }

  static async start(): Promise<TwoTenants> {
    const discord = await FakeDiscord.start({
      rates: { pace: PACE },
      gateway: { identifyInterval: 5_000 * PACE },
    });
    const guilds = [discord.addGuild(`The ${CANARY}s`), discord.addGuild("The others")] as const;
    const world = await SlackApp.start({
      mode: "oauth",
      document: documentOf(CANARY),
      environment: { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl },
      overrides: { discordPaceFactor: PACE },
    });
    const repository = await GitRepository.create({ "rfc.md": documentOf("heron") });
    const { engine, sql } = world.app;
    const at = { path: "rfc.md", branch: repository.branch };
    const own = { ...at, slug: "others", title: "On herons", repository: repository.url };
    await engine.rfcs.register(own);
    await sql`update rfcs set title = ${`On ${CANARY}s`} where slug = 'rfc'`;
    world.provider.script = (request) => [
      `Of the ${wordIn(request.stablePrompt)}.\n\n`,
      block(request, "one minute", `one ${wordIn(request.stablePrompt)}`, "So it is."),
    ];
    const teams = ["The first of Slack", "The second of Slack"].map((name) => {
      const team = world.slack.addTeam(name, null);
      return { team, boss: team.addUser("boss", { isAdmin: true, displayName: name }) };
    });
    for (const [index, url] of [world.repository.url, repository.url].entries()) {
      const { team, boss } = teams[index]!;
      await install(world, team, boss);
      await allowRepository(sql, { platform: "slack", workspaceId: team.id }, url);
      const workspaceId = guilds[index]!.id;
      await allowRepository(sql, { platform: "discord", workspaceId }, url);
    }
    // From then on servers see what they are allowed.
    await world.restart();
    const companies: Company[] = [];
    for (const [index, slug] of ["rfc", "others"].entries()) {
      const word = index === 0 ? CANARY : "heron";
      const guild = guilds[index]!;
      const { team, boss } = teams[index]!;
      const max = team.addUser(`${word}-max`);
      const channel = team.addChannel(`${word}-talk`, { members: [boss, max] });
      const slack = { team, boss, max, channel, ts: "" };
      const manager = guild.addMember(`${word}-boss`, ["MANAGE_GUILD"]);
      const talk = guild.addChannel(`${word}-talk`);
      const parts = { guild, boss: manager, max: guild.addMember(`${word}-max`), channel: talk };
      companies.push({
        slug,
        slack: { ...slack, ts: await fillSlack(world, slack, slug, word) },
        discord: { ...parts, thread: await fillDiscord(discord, parts, slug, word) },
      });
    }
    await discord.gateway.caughtUp();
    await world.settled();
    const [one, other] = companies as [Company, Company];
    return new TwoTenants({ world, discord, one, other }, repository);
  }

  async settled(): Promise<void> {
    await this.discord.gateway.caughtUp();
    await this.world.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
    await this.discord.dispose();
    await this.#repository[Symbol.asyncDispose]();
  }
}

const documentOf = (word: string): string =>
  `# On ${word}s\n\nRetries are sent after one minute. The ${word} sleeps.\n\n## ${word}\n\nAll else.\n`;

const wordIn = (prompt: string): string => (prompt.includes(CANARY) ? CANARY : "heron");

async function install(world: SlackApp, team: FakeTeam, by: SlackUser): Promise<void> {
  const begun = await fetch(`${world.app.url}/slack/install`, { redirect: "manual" });
  const state = new URL(begun.headers.get("location")!).searchParams.get("state")!;
  const cookie = begun.headers.getSetCookie().map((one) => one.split(";")[0]!);
  const query = new URLSearchParams({ code: team.oauthCode(by, BOT_SCOPES), state });
  const url = `${world.app.url}/slack/oauth_redirect?${query.toString()}`;
  const answer = await fetch(url, { headers: { cookie: cookie.join("; ") }, redirect: "manual" });
  if (answer.status !== 200) throw new Error(await answer.text());
}

/** What is done in each place, so that there is one of everything. */
const doingsIn = (word: string): string[] => [
  "watch",
  `what of the ${word}?`,
  `concern the ${word} is not asked`,
  "propose-merge 3",
];

async function fillSlack(
  world: SlackApp,
  { team, boss, max, channel }: Omit<InSlack, "ts">,
  slug: string,
  word: string,
): Promise<string> {
  const { ts } = boss.says(channel, `${team.mention} link ${slug} new`);
  const texts = () => world.slack.visible(channel, ts).map(({ text }) => text);
  await until(async () => texts().length > 1, "the greeting in Slack");
  for (const words of [`maintainers add ${max.mention}`, ...doingsIn(word)]) {
    boss.says(channel, `${team.mention} ${words}`, { threadTs: ts });
  }
  await until(async () => texts().some((text) => text.includes("Pending")), "a card in Slack");
  return ts;
}

async function fillDiscord(
  discord: FakeDiscord,
  { boss, max, channel }: Omit<InDiscord, "thread">,
  slug: string,
  word: string,
): Promise<DiscordChannel> {
  const first = boss.says(channel, `${discord.mention} link ${slug} new`);
  const thread = await until(async () => discord.world.threadOf(first), "the thread");
  const texts = () => discord.visible(thread).map(({ text }) => text);
  await until(async () => texts().length > 0, "the greeting in Discord");
  for (const words of [`maintainers add ${max.mention}`, ...doingsIn(word)]) {
    boss.says(thread, `${discord.mention} ${words}`);
  }
  await until(async () => texts().some((text) => text.includes("Pending")), "a card in Discord");
  return thread;
}
