/**
 * A fake Discord for the real clients, as strict as Discord: REST and the gateway on 127.0.0.1, held against
 * Discord's own description of its API in both directions.
 *
 *   await using discord = await FakeDiscord.start();
 *   const guild = discord.addGuild("Acme");                 // with the bot in it; guild.owner owns it
 *   const ada = guild.addMember("ada", ["MANAGE_GUILD"]);
 *   const rfcs = guild.addChannel("rfcs");
 *   …the code under test with rest.api = discord.apiUrl, discord.token…
 *   const message = ada.says(rfcs, `${discord.mention} what about section 2?`);
 *   discord.visible(rfcs)                                   // what everybody sees, in order
 *   discord.lines(rfcs, ada)                                // the same for ada as plain lines, typing included
 *   await ada.presses(message, "Accept"); await ada.runs(rfcs, "/rfc link", { slug: "rfc" });
 *   discord.pings, discord.requestsOf("POST /channels/{channel_id}/messages"), discord.violations()
 *   discord.fail({ route: "POST /channels/{channel_id}/messages", cut: "after" });
 *   discord.gateway.drop(); discord.gateway.invalidate(false); discord.gateway.down();
 *   discord.clock.advance(3_600_000);                       // messages, tokens and windows age at once
 *
 * What people do goes around authentication, limits and faults. Disposing of it throws when something did not
 * conform to the contract; `discord.forgive()` drops what was noted, where a test was wrong on purpose.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { Clock } from "../clock.ts";
import type { Services } from "./call.ts";
import { Contract } from "./contract.ts";
import { FakeGuild } from "./fake-guild.ts";
import { personIn } from "./fake-user.ts";
import type { FakeUser } from "./fake-user.ts";
import { GATEWAY, Gateway } from "./gateway.ts";
import type { GatewayOptions } from "./gateway.ts";
import { Limits, RATES } from "./limits.ts";
import type { Fault, RateOptions } from "./limits.ts";
import type { Ping } from "./mentions.ts";
import type { App, Channel, Interaction, Message } from "./model.ts";
import { OldEdits } from "./old-edits.ts";
import type { LoggedRequest } from "./request-log.ts";
import { CHANNEL_ROUTES } from "./routes-channels.ts";
import { COMMAND_ROUTES } from "./routes-commands.ts";
import { INTERACTION_ROUTES } from "./routes-interactions.ts";
import { MESSAGE_ROUTES } from "./routes-messages.ts";
import { createDiscordServer } from "./server.ts";
import { linesOf, seen, typingIn } from "./show.ts";
import type { Seen } from "./show.ts";
import type { Stage } from "./stage.ts";
import { World, newToken } from "./world.ts";
import type { Sizes } from "./world.ts";

export interface FakeDiscordOptions {
  /** Default Redline. */
  appName?: string;
  sizes?: Partial<Sizes>;
  rates?: Partial<RateOptions>;
  gateway?: Partial<GatewayOptions>;
}

const SIZES: Sizes = {
  answerTime: 3_000,
  tokenTime: 900_000,
  nonceTime: 180_000,
  typingTime: 10_000,
  oldAge: 3_600_000,
  oldEdits: 3,
  showsNonces: false,
};

export class FakeDiscord implements AsyncDisposable, Stage {
  readonly app: App;
  readonly clock = new Clock();
  readonly world: World;
  readonly limits: Limits;
  readonly gateway: Gateway;
  readonly oldEdits: OldEdits;
  readonly #server: Server;
  readonly #log: LoggedRequest[] = [];
  readonly #violations: string[] = [];
  #origin = "";

  private constructor(options: FakeDiscordOptions) {
    const note = (violation: string): void => void this.#violations.push(violation);
    const contract = Contract.shared();
    this.world = new World(
      this.clock,
      { ...SIZES, ...options.sizes },
      options.appName ?? "Redline",
    );
    this.app = this.world.app;
    this.limits = new Limits(this.clock, { ...RATES, ...options.rates });
    this.oldEdits = new OldEdits(this.world);
    const origin = (): string => this.#origin;
    const gateway = { ...GATEWAY, ...options.gateway };
    this.gateway = new Gateway(this.world, contract, gateway, origin, note);
    this.world.tell = (happening) => this.gateway.tell(happening);
    const services: Services = {
      world: this.world,
      gateway: this.gateway,
      oldEdits: this.oldEdits,
      origin,
    };
    this.#server = createDiscordServer({
      services,
      limits: this.limits,
      contract,
      handlers: {
        ...CHANNEL_ROUTES,
        ...COMMAND_ROUTES,
        ...INTERACTION_ROUTES,
        ...MESSAGE_ROUTES,
      },
      log: this.#log,
      note,
    });
  }

  static async start(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
    const discord = new FakeDiscord(options);
    await new Promise<void>((resolve) => discord.#server.listen(0, "127.0.0.1", resolve));
    const { port } = discord.#server.address() as AddressInfo;
    discord.#origin = `http://127.0.0.1:${port}`;
    return discord;
  }

  /** From now on it tells clients this origin in place of its own: that of a wire to it. */
  standBehind(origin: string): void {
    this.#origin = origin;
  }

  /** For `rest.api`; clients add `/v10`. */
  get apiUrl(): string {
    return `${this.#origin}/api`;
  }

  get token(): string {
    return this.app.token;
  }

  /** What a person types to address the bot. */
  get mention(): string {
    return `<@${this.app.botId}>`;
  }

  /** A server with the bot in it, unless `withBot` is false. */
  addGuild(name: string, { withBot = true }: { withBot?: boolean } = {}): FakeGuild {
    const owner = personIn(this, `owner of ${name}`);
    const guild = new FakeGuild(this, this.world.addGuild(name, owner.id), owner);
    if (withBot) guild.invite();
    return guild;
  }

  /** Somebody who is in no guild yet. */
  addPerson(name: string): FakeUser {
    return personIn(this, name);
  }

  /** The next fitting requests fail so. */
  fail(fault: Fault): void {
    this.limits.addFault(fault);
  }

  /** The token that the app has works no longer; returns the new one. */
  resetToken(): string {
    this.app.token = newToken(this.app.id);
    this.gateway.closeAll(4004, "Authentication failed.");
    return this.app.token;
  }

  /** A link's preview comes: a message changes without having been edited. */
  unfurl(message: Message, title: string): void {
    this.world.tell({
      kind: "changed",
      message: Object.assign(message, { embeds: [...message.embeds, { type: "link", title }] }),
    });
  }

  /** What everybody sees of a channel or thread, in order. */
  visible(channel: Channel): Seen[] {
    return channel.messages
      .filter(({ type, onlyFor }) => onlyFor === null && type !== "thread-starter")
      .map((message) => seen(this.world, message));
  }

  /** A channel as plain lines, as somebody sees it; what is for one person alone only to that person. */
  lines(channel: Channel, viewer: FakeUser | null = null): string[] {
    return linesOf(this.world, channel, viewer?.id ?? null);
  }

  /** Names of who is shown as typing. */
  typing(channel: Channel): string[] {
    return typingIn(this.world, channel);
  }

  /** Answers that still say "… is thinking". */
  thinking(): Seen[] {
    const all = [...this.world.interactions.values()].flatMap(({ original }) => original ?? []);
    return all
      .filter((message) => this.world.findChannel(message.channelId)?.messages.includes(message))
      .map((message) => seen(this.world, message))
      .filter(({ isThinking }) => isThinking);
  }

  /** In order; those without an answer have `answer` null. */
  get interactions(): Interaction[] {
    return [...this.world.interactions.values()];
  }

  /** @throws Error where there is no such message */
  message(channel: Channel, id: string): Message {
    const message = this.world.message(channel, id);
    if (!message) throw new Error(`there is no message ${id} in ${channel.name}`);
    return message;
  }

  channel(id: string): Channel {
    return this.world.channel(id);
  }

  /** Everything that the app's messages pinged. */
  get pings(): readonly Ping[] {
    return this.world.pings;
  }

  /** All requests, or those of one route, in order. */
  requestsOf(route?: string): LoggedRequest[] {
    return route === undefined ? this.#log : this.#log.filter((one) => one.route === route);
  }

  violations(): readonly string[] {
    return this.#violations;
  }

  /** Forgets and returns what was noted. */
  forgive(): string[] {
    return this.#violations.splice(0);
  }

  /** @throws Error for what did not conform */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    if (this.#violations.length > 0) {
      throw new Error(`not as Discord has it:\n${this.#violations.join("\n")}`);
    }
  }

  async dispose(): Promise<void> {
    await this[Symbol.asyncDispose]();
  }

  /** Without a look at the violations. */
  async close(): Promise<void> {
    this.gateway.close();
    this.clock.stop();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
