import { createDiscordPlatform } from "../../../adapters/discord/platform.ts";
import type { DiscordPlatform } from "../../../adapters/discord/platform.ts";
import { createDiscordRest } from "../../../adapters/discord/rest.ts";
import { LocalCallSlots } from "../../../src/chat/call-slots.ts";
import type { ChatPerson, ChatPlace, Reply } from "../../../src/chat/chat-event.ts";
import type { Logger } from "../../../src/log.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import type { FakeDiscordOptions } from "../../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../../fakes/discord/fake-guild.ts";
import type { FakeUser } from "../../fakes/discord/fake-user.ts";
import type { Channel } from "../../fakes/discord/model.ts";
import type { Seen } from "../../fakes/discord/show.ts";

interface LogLine {
  level: string;
  fields: object;
  message: string;
}

export interface OutWorldOptions extends FakeDiscordOptions {
  paceFactor?: number;
  token?: string;
  apiUrl?: string;
  timeoutMs?: number;
  seesMessages?: boolean;
}

/** The platform over a fake Discord with a server, a channel and a thread in it. */
export class OutWorld implements AsyncDisposable {
  readonly discord: FakeDiscord;
  readonly guild: FakeGuild;
  readonly ada: FakeUser;
  readonly channel: Channel;
  readonly thread: Channel;
  readonly platform: DiscordPlatform;
  readonly log: LogLine[] = [];

  private constructor(discord: FakeDiscord, options: OutWorldOptions) {
    this.discord = discord;
    this.guild = discord.addGuild("Acme");
    this.ada = this.guild.addMember("ada");
    this.channel = this.guild.addChannel("rfcs");
    this.thread = this.guild.addThread(this.channel, "section 2", this.ada);
    const rest = createDiscordRest({
      token: options.token ?? discord.token,
      apiUrl: options.apiUrl ?? discord.apiUrl,
      ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    });
    this.platform = createDiscordPlatform({
      rest,
      slots: new LocalCallSlots(),
      logger: this.#logger(),
      seesMessages: options.seesMessages ?? true,
      // Waits of milliseconds instead of seconds, where a test does not measure them.
      paceFactor: options.paceFactor ?? 0.001,
    });
  }

  static async start(options: OutWorldOptions = {}): Promise<OutWorld> {
    const rates = options.paceFactor === undefined ? { enabled: false } : {};
    return new OutWorld(
      await FakeDiscord.start({ ...options, rates: { ...rates, ...options.rates } }),
      options,
    );
  }

  get at(): ChatPlace {
    return this.placeOf(this.thread);
  }

  get person(): ChatPerson {
    return this.personOf(this.ada);
  }

  personOf({ id }: { id: string }): ChatPerson {
    return { platform: "discord", workspaceId: this.guild.id, id };
  }

  placeOf({ id, parentId }: Channel): ChatPlace {
    return this.place(`${parentId ?? id}/${id}`);
  }

  place(place: string): ChatPlace {
    return { platform: "discord", workspaceId: this.guild.id, place };
  }

  reply(more: Partial<Reply> = {}): Reply {
    const { channel, thread } = this;
    return { channel: channel.id, thread: thread.id, trigger: null, responseUrl: null, ...more };
  }

  /** What Redline shows in a place. */
  shown(channel: Channel = this.thread): Seen[] {
    return this.discord.visible(channel).filter(({ isBot }) => isBot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discord[Symbol.asyncDispose]();
  }

  #logger(): Logger {
    const keep = (level: string) => (fields: object, message: string) => {
      this.log.push({ level, fields, message });
    };
    return {
      debug: keep("debug"),
      info: keep("info"),
      warn: keep("warn"),
      error: keep("error"),
    };
  }
}

export const plain = (markdown: string) => ({ kind: "text", markdown }) as const;

/** As a person reads it: without the marks of Redline's own small print. */
export const readable = (text: string): string =>
  text
    .replace(/^-# /u, "")
    .replaceAll("\u2060", "")
    .replace(/\\([^\w\s])/gu, "$1");
