import type { AppOverrides } from "../../src/app.ts";
import type { FakeDiscordOptions } from "../fakes/discord/fake-discord.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel, Message } from "../fakes/discord/model.ts";
import type { Seen } from "../fakes/discord/show.ts";
import type { ChatAppParts } from "./chat-app.ts";
import { ChatApp, openChatApp } from "./chat-app.ts";
import { until } from "./test-app.ts";

export interface DiscordAppOptions {
  document?: string;
  discord?: FakeDiscordOptions;
  /** Done before Redline starts. */
  prepare?: (world: { discord: FakeDiscord; guild: FakeGuild }) => void;
  environment?: Record<string, string>;
  overrides?: AppOverrides;
  /** What Discord's spacing of calls is multiplied by, here and in the fake's own limits. */
  pace?: number;
}

/** Discord's limits are spaced for seconds; tests live in a faster time. */
const PACE = 0.01;

/** Redline as it runs, in a server of the fake Discord: a channel with an admin and a member. */
export class DiscordApp extends ChatApp implements AsyncDisposable {
  readonly discord: FakeDiscord;
  readonly guild: FakeGuild;
  /** Manages the server. */
  readonly ada: FakeUser;
  readonly bob: FakeUser;
  readonly channel: Channel;

  private constructor(parts: ChatAppParts, people: DiscordPeople) {
    super(parts);
    this.discord = people.discord;
    this.guild = people.guild;
    this.ada = people.ada;
    this.bob = people.bob;
    this.channel = people.channel;
  }

  static async start(options: DiscordAppOptions = {}): Promise<DiscordApp> {
    const { pace = PACE, prepare, document, environment, overrides } = options;
    const discord = await FakeDiscord.start({
      ...options.discord,
      rates: { pace, ...options.discord?.rates },
      gateway: { identifyInterval: 5_000 * pace, ...options.discord?.gateway },
    });
    const guild = discord.addGuild("Acme");
    const ada = guild.addMember("ada", ["MANAGE_GUILD"]);
    const bob = guild.addMember("bob");
    const channel = guild.addChannel("rfcs");
    prepare?.({ discord, guild });
    const address = { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl };
    const parts = await openChatApp({
      document,
      environment: { ...address, ...environment },
      overrides: { discordPaceFactor: pace, ...overrides },
    });
    return new DiscordApp(parts, { discord, guild, ada, bob, channel });
  }

  /** A thread that the admin begins in the text channel and that is linked to the RFC. */
  async link(): Promise<Channel> {
    const asked = this.ada.says(this.channel, `${this.discord.mention} link rfc new`);
    const thread = await this.threadOf(asked);
    await until(async () => this.visible(thread).length > 0, "the greeting");
    return thread;
  }

  /** The thread that is begun from a message. */
  async threadOf(message: Message): Promise<Channel> {
    return await until(async () => this.discord.world.threadOf(message), "the thread");
  }

  visible(channel: Channel): Seen[] {
    return this.discord.visible(channel);
  }

  /** The texts of the bot's messages in a thread. */
  replies(thread: Channel): string[] {
    return this.visible(thread)
      .filter(({ authorId }) => authorId === this.discord.app.botId)
      .map(({ text }) => text);
  }

  told(user: FakeUser): string[] {
    return user.told().map(({ text }) => text);
  }

  /** Waits until what happened is stored: `create:<message>`, `delete:<message>`, `interaction:<id>`, … */
  async stored(event: string): Promise<void> {
    const { sql } = this.app;
    await until(async () => {
      const rows = await sql`select 1 from inbox
        where source = 'discord' and starts_with(event_id, ${event})`;
      return rows.length > 0;
    }, `${event} in the inbox`);
  }

  override async settled(): Promise<void> {
    await this.discord.gateway.caughtUp();
    await super.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.discord.dispose();
  }
}

type DiscordPeople = Pick<DiscordApp, "discord" | "guild" | "ada" | "bob" | "channel">;
