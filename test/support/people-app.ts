import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { FakeUser as DiscordUser } from "../fakes/discord/fake-user.ts";
import type { Channel as DiscordChannel } from "../fakes/discord/model.ts";
import type { FakeGitHub, FakeRepository } from "../fakes/github/fake-github.ts";
import { startFakeGitHub } from "../fakes/github/fake-github.ts";
import { SlackApp } from "./slack-app.ts";
import { DOCUMENT, until } from "./test-app.ts";

const CLIENT_ID = "Iv23liPEOPLE";
export const GITHUB_RFC = "retries";
const REPOSITORY = "acme/rfcs";
const PACE = 0.01;

export interface PeopleAppOptions {
  environment?: Record<string, string>;
  /** Seconds that a token of a person lives; null for ever. Default eight hours. */
  tokenSeconds?: number | null;
}

/** Redline as it runs, with Slack, Discord and GitHub at once: the RFC `rfc` is in a folder, `retries` on GitHub. */
export class PeopleApp implements AsyncDisposable {
  readonly slack: SlackApp;
  readonly discord: FakeDiscord;
  readonly guild: FakeGuild;
  /** In Discord, where she runs the server, too. */
  readonly discordAda: DiscordUser;
  readonly discordBob: DiscordUser;
  readonly discordChannel: DiscordChannel;
  readonly github: FakeGitHub;
  readonly repository: FakeRepository;

  private constructor(
    parts: Pick<PeopleApp, "slack" | "discord" | "guild" | "github" | "repository">,
    people: { ada: DiscordUser; bob: DiscordUser; channel: DiscordChannel },
  ) {
    this.slack = parts.slack;
    this.discord = parts.discord;
    this.guild = parts.guild;
    this.github = parts.github;
    this.repository = parts.repository;
    this.discordAda = people.ada;
    this.discordBob = people.bob;
    this.discordChannel = people.channel;
  }

  static async start(options: PeopleAppOptions = {}): Promise<PeopleApp> {
    const github = await startFakeGitHub();
    const repository = await github.createRepository(REPOSITORY, {
      files: { "retries.md": DOCUMENT },
    });
    github.addUser("redline-bot", { permission: "write" });
    github.addUser("octo-bob", { permission: "write" });
    github.addUser("octo-reader", { permission: "read" });
    github.letPeopleIn(CLIENT_ID, { tokenSeconds: options.tokenSeconds ?? null });
    github.deviceFlows.interval = 0;
    const discord = await FakeDiscord.start({
      rates: { pace: PACE },
      gateway: { identifyInterval: 5_000 * PACE },
    });
    const guild = discord.addGuild("Acme");
    const ada = guild.addMember("ada", ["MANAGE_GUILD"]);
    const bob = guild.addMember("bob");
    const channel = guild.addChannel("rfcs");
    const slack = await SlackApp.start({
      environment: {
        GITHUB_API_URL: github.url,
        GITHUB_TOKEN: github.createToken("redline-bot"),
        GITHUB_POLL_SECONDS: "60",
        GITHUB_CLIENT_ID: CLIENT_ID,
        ENCRYPTION_KEY: "cd".repeat(32),
        DISCORD_TOKEN: discord.token,
        DISCORD_API_URL: discord.apiUrl,
        DISCORD_GUILD_ID: guild.id,
        ...options.environment,
      },
      overrides: {
        discordPaceFactor: PACE,
        gitHubMinTimes: { write: 0, notification: 0, retry: 10 },
      },
    });
    const title = "Retries";
    const at = { repository: REPOSITORY, path: "retries.md", branch: "main" };
    await slack.app.engine.rfcs.register({ slug: GITHUB_RFC, title, ...at });
    return new PeopleApp({ slack, discord, guild, github, repository }, { ada, bob, channel });
  }

  get app(): SlackApp["app"] {
    return this.slack.app;
  }

  /** The code that somebody was shown last. */
  async code(told: () => readonly string[], known = 0): Promise<string> {
    return until(async () => {
      const codes = told().flatMap((text) => /\b[0-9A-F]{4}-[0-9A-F]{4}\b/u.exec(text) ?? []);
      return codes.length > known && codes.at(-1);
    }, "a code");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.slack[Symbol.asyncDispose]();
    await this.discord.dispose();
    const { violations } = this.github;
    await this.github.close();
    if (violations.length > 0) throw new Error(`not as GitHub has it:\n${violations.join("\n")}`);
  }
}
