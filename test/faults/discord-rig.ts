import type { FakeDiscordOptions } from "../fakes/discord/fake-discord.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Fault } from "../fakes/discord/limits.ts";
import type { Channel, Message } from "../fakes/discord/model.ts";
import type { Seen } from "../fakes/discord/show.ts";
import { placesBusy } from "../support/chat-places.ts";
import { expectNothingTyping, repliesIn, textsIn } from "../support/discord-places.ts";
import { until } from "../support/test-app.ts";
import type { Moment } from "./call-point.ts";
import { CallPoint } from "./call-point.ts";
import { Rig } from "./rig.ts";

/** Discord's limits are spaced for seconds; tests live in a faster time. */
const PACE = 0.01;

interface DiscordRigOptions {
  discord?: FakeDiscordOptions;
  environment?: Record<string, string>;
}

/** Redline in processes of its own that are killed, frozen and stopped, in a server of a fake Discord. */
export class DiscordRig implements AsyncDisposable {
  readonly rig: Rig;
  readonly discord: FakeDiscord;
  readonly guild: FakeGuild;
  /** Manages the server. */
  readonly ada: FakeUser;
  /** May accept. */
  readonly bob: FakeUser;
  readonly channel: Channel;
  /** What has to come in before everything is settled. */
  readonly #said: string[] = [];

  private constructor(
    parts: Pick<DiscordRig, "rig" | "discord" | "guild" | "ada" | "bob" | "channel">,
  ) {
    this.rig = parts.rig;
    this.discord = parts.discord;
    this.guild = parts.guild;
    this.ada = parts.ada;
    this.bob = parts.bob;
    this.channel = parts.channel;
  }

  static async start({
    discord: options,
    environment,
  }: DiscordRigOptions = {}): Promise<DiscordRig> {
    const discord = await FakeDiscord.start({
      rates: { pace: PACE },
      gateway: { identifyInterval: 5_000 * PACE },
      ...options,
    });
    const guild = discord.addGuild("Acme");
    const ada = guild.addMember("ada", ["MANAGE_GUILD"]);
    const bob = guild.addMember("bob");
    const channel = guild.addChannel("rfcs");
    const rig = await Rig.start({
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_TOKEN: discord.token,
      TEST_DISCORD_PACE: String(PACE),
      ...environment,
    });
    const world = new DiscordRig({ rig, discord, guild, ada, bob, channel });
    const thread = await world.link();
    world.ask(thread, `maintainers add ${bob.mention}`);
    await until(async () => world.texts(thread).length === 1, "the maintainer");
    return world;
  }

  /** A thread of the text channel that is linked to the RFC. */
  async link(): Promise<Channel> {
    const thread = await this.threadOf(this.ask(this.channel, "link rfc new"));
    await until(async () => this.replies(thread).length === 1, "the greeting");
    return thread;
  }

  /** The thread that is begun from a message. */
  threadOf(message: Message): Promise<Channel> {
    return until(async () => this.discord.world.threadOf(message), "the thread");
  }

  ask(at: Channel, text = "is a minute enough?"): Message {
    const message = this.ada.says(at, `${this.discord.mention} ${text}`);
    this.#said.push(`create:${message.id}`);
    return message;
  }

  /** What Redline shows in a thread. */
  replies(thread: Channel): Seen[] {
    return repliesIn(this.discord, thread);
  }

  /** What they say after the greeting. */
  texts(thread: Channel): string[] {
    return textsIn(this.discord, thread);
  }

  async card(thread: Channel, words: string): Promise<Message> {
    const { id } = await until(
      async () => this.replies(thread).find(({ text }) => text.includes(words)),
      `a card that says “${words}”`,
    );
    return this.discord.message(thread, id);
  }

  /** What one person alone was told: where they did something, and in direct messages. */
  told(user: FakeUser): string[] {
    const direct = this.discord.visible(user.direct).filter(({ isBot }) => isBot);
    return [...user.told(), ...direct].map(({ text }) => text);
  }

  /** Stops at the next request of a route that is made from now on; `times`: more of them are held with it. */
  stopAt(
    route: string,
    moment: Moment,
    { fits = () => true, times = 1 }: Pick<Fault, "fits" | "times"> = {},
  ): CallPoint {
    const { discord } = this;
    const cut = moment === "before" && { cut: "before" as const };
    return new CallPoint(this.rig, moment, {
      made: () => discord.requestsOf(route).filter(({ body }) => fits(body)),
      hold: (until) => discord.fail({ route, fits, times, until, ...cut }),
    });
  }

  /** Waits until all that was asked has come in and nothing is under way, and looks that nothing seems to be. */
  async settled(thread: Channel): Promise<void> {
    await this.stored();
    await this.rig.settled();
    await until(async () => !(await placesBusy(this.rig.sql)), "quiet places");
    expectNothingTyping(this.discord, thread);
  }

  /** Waits until all that was asked has come in. */
  async stored(): Promise<void> {
    const said = this.#said.splice(0);
    await until(async () => {
      const rows = await this.rig.sql`
        select 1 from inbox where source = 'discord' and event_id = any(${said})`;
      return rows.length === said.length;
    }, "all that was asked in the inbox");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
    await this.discord.dispose();
  }
}
