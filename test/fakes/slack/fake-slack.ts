/**
 * A fake Slack for the real clients, as strict as Slack: the Web API, Socket Mode and signed HTTP on 127.0.0.1, held
 * against Slack's own reference of its methods in both directions.
 *
 *   await using slack = await FakeSlack.start();
 *   const team = slack.addTeam("Acme");                     // with the app installed
 *   const ada = team.addUser("ada", { isAdmin: true });
 *   const rfcs = team.addChannel("rfcs", { members: [ada] });     // the bot is in it
 *   …the code under test with slackApiUrl = slack.apiUrl, team.botToken, slack.app.appToken…
 *   slack.deliverTo("http://127.0.0.1:…/slack/events");     // else Socket Mode, as soon as it is connected
 *   const message = ada.says(rfcs, `${team.mention} what about section 2?`);
 *   await slack.settled();                                  // all acknowledged
 *   slack.visible(rfcs, message.ts)                         // what a person sees, in order
 *   await ada.clicks(rfcs, ts, "approve");
 *   slack.pings, slack.callsOf("chat.update"), slack.deliveries.all, slack.violations()
 *   slack.fail({ method: "chat.appendStream", cut: "after" });
 *   slack.clock.advance(300_000);                           // streams, triggers and windows age at once
 *
 * What people do goes around authentication, limits and faults. Disposing of it throws when something did not
 * conform to the contract; `slack.forgive()` drops what was noted, where a test was wrong on purpose.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { Services, SessionState } from "./call.ts";
import { Clock } from "../clock.ts";
import { Contract } from "./contract.ts";
import { Deliveries } from "./delivery.ts";
import type { Timing } from "./delivery.ts";
import { envelope, eventsOf } from "./events.ts";
import { FakeTeam } from "./fake-team.ts";
import { BOT_SCOPES } from "./install.ts";
import { Limits, RATES } from "./limits.ts";
import type { Fault, RateOptions } from "./limits.ts";
import { AGENT_METHODS } from "./methods-agents.ts";
import { APP_METHODS } from "./methods-apps.ts";
import { CHAT_METHODS } from "./methods-chat.ts";
import { CONVERSATION_METHODS } from "./methods-conversations.ts";
import { STREAM_METHODS } from "./methods-streams.ts";
import { VIEW_METHODS } from "./methods-views.ts";
import type { App, Channel, Ephemeral } from "./model.ts";
import { isReply } from "./model.ts";
import type { Ping } from "./pings.ts";
import type { LoggedCall } from "./request-log.ts";
import { ResponseUrls } from "./response-urls.ts";
import { createSlackServer } from "./server.ts";
import { seen } from "./show.ts";
import type { Seen } from "./show.ts";
import { SocketMode } from "./socket-mode.ts";
import type { Stage } from "./stage.ts";
import { World } from "./world.ts";
import type { Sizes, WorldEvent } from "./world.ts";

export interface FakeSlackOptions {
  /** Default Redline. */
  appName?: string;
  /** Scopes of an installation, where `addTeam` is given none. */
  scopes?: readonly string[];
  sizes?: Partial<Sizes>;
  rates?: Partial<RateOptions>;
  timing?: Partial<Timing>;
}

const SIZES: Sizes = {
  streamLifetime: 300_000,
  streamBytes: 10_600,
  triggerLifetime: 3_000,
  responseUrlLifetime: 1_800_000,
};

const TIMING: Timing = { ackTimeout: 3_000, retryDelays: [0, 60_000, 300_000] };

export class FakeSlack implements AsyncDisposable, Stage {
  readonly app: App;
  readonly clock: Clock;
  readonly world: World;
  readonly limits: Limits;
  readonly sockets: SocketMode;
  readonly deliveries: Deliveries;
  readonly responseUrls: ResponseUrls;
  readonly #server: Server;
  readonly #services: Services;
  readonly #log: LoggedCall[] = [];
  readonly #violations: string[] = [];
  readonly #scopes: readonly string[];
  #origin = "";

  private constructor(options: FakeSlackOptions) {
    const clock = new Clock();
    this.clock = clock;
    this.#scopes = options.scopes ?? BOT_SCOPES;
    const appName = options.appName ?? "Redline";
    this.world = new World(clock, { ...SIZES, ...options.sizes }, appName);
    this.app = this.world.app;
    this.limits = new Limits(clock, { ...RATES, ...options.rates });
    this.sockets = new SocketMode(this.app, clock);
    const timing = { ...TIMING, ...options.timing };
    this.deliveries = new Deliveries(clock, this.sockets, this.app.signingSecret, timing);
    this.responseUrls = new ResponseUrls(this.world, () => this.#origin);
    this.world.tell = (event) => this.#tell(event);
    this.#services = {
      world: this.world,
      limits: this.limits,
      sockets: this.sockets,
      origin: () => this.#origin,
      sessions: new Map(),
      uploads: new Map(),
    };
    this.#server = createSlackServer({
      services: this.#services,
      contract: new Contract(),
      methods: {
        ...AGENT_METHODS,
        ...APP_METHODS,
        ...CHAT_METHODS,
        ...CONVERSATION_METHODS,
        ...STREAM_METHODS,
        ...VIEW_METHODS,
      },
      responseUrls: this.responseUrls,
      log: this.#log,
      note: (violation) => this.#violations.push(violation),
    });
  }

  static async start(options: FakeSlackOptions = {}): Promise<FakeSlack> {
    const slack = new FakeSlack(options);
    await new Promise<void>((resolve) => slack.#server.listen(0, "127.0.0.1", resolve));
    const { port } = slack.#server.address() as AddressInfo;
    slack.#origin = `http://127.0.0.1:${port}`;
    return slack;
  }

  /** `http://127.0.0.1:…` */
  get url(): string {
    return this.#origin;
  }

  /** From now on it tells clients this origin in place of its own: that of a wire to it. */
  standBehind(origin: string): void {
    this.#origin = origin;
  }

  /** For `slackApiUrl`. */
  get apiUrl(): string {
    return `${this.#origin}/api/`;
  }

  /** A workspace; the app is installed in it unless `scopes` is null. */
  addTeam(name: string, scopes: readonly string[] | null = this.#scopes): FakeTeam {
    const team = new FakeTeam(this, this.world.addTeam(name));
    if (scopes) team.install(scopes);
    return team;
  }

  /** Events, commands and clicks go there from now on, signed; null: through Socket Mode. */
  deliverTo(
    url: string | { events: string; commands: string; interactivity: string } | null,
  ): void {
    const urls = typeof url === "string" ? { events: url, commands: url, interactivity: url } : url;
    this.deliveries.toUrls(urls);
  }

  /** `url_verification`: true where the address answers the challenge. */
  async verifies(url: string): Promise<boolean> {
    const challenge = this.world.secret("challenge");
    const body = JSON.stringify({
      token: "verification-token",
      challenge,
      type: "url_verification",
    });
    const answer = await this.deliveries.post(url, body, { "content-type": "application/json" });
    if (answer?.status !== 200) return false;
    return answer.text === challenge || answer.json?.["challenge"] === challenge;
  }

  /** The next fitting calls fail so. */
  fail(fault: Fault): void {
    this.limits.addFault(fault);
  }

  /** All deliveries are acknowledged, given up, held, or wait for a retry minutes away. */
  async settled(): Promise<void> {
    await this.deliveries.settled();
  }

  /** What a person sees: the channel without replies, or one thread with its parent; ephemerals apart. */
  visible(channel: Channel | string, threadTs?: string): Seen[] {
    const found = this.channel(channel);
    const messages =
      threadTs === undefined
        ? found.messages.filter((one) => !isReply(one) || one.subtype === "thread_broadcast")
        : this.world.thread(found, threadTs);
    return messages.map((message) => seen(this.world, message));
  }

  /** What only one person sees, in order. */
  ephemerals(channel: Channel | string, userId?: string): Ephemeral[] {
    const all = this.channel(channel).ephemerals;
    return userId === undefined ? all : all.filter((one) => one.userId === userId);
  }

  /** Everything that the app's messages pinged. */
  get pings(): readonly Ping[] {
    return this.world.pings;
  }

  /** All calls, or those of one method, in order. */
  callsOf(method?: string): LoggedCall[] {
    return method === undefined ? this.#log : this.#log.filter((one) => one.method === method);
  }

  /** What an agent's session or an assistant's thread was set to. */
  session(channel: Channel | string, threadTs: string): SessionState | null {
    return this.#services.sessions.get(`${this.channel(channel).id}/${threadTs}`) ?? null;
  }

  violations(): readonly string[] {
    return [...this.#violations, ...this.sockets.violations];
  }

  note(violation: string): void {
    this.#violations.push(violation);
  }

  /** Forgets and returns what was noted. */
  forgive(): string[] {
    return [...this.#violations.splice(0), ...this.sockets.violations.splice(0)];
  }

  channel(channel: Channel | string): Channel {
    if (typeof channel !== "string") return channel;
    for (const team of this.world.teams.values()) {
      const found = team.channels.get(channel);
      if (found) return found;
    }
    throw new Error(`the fake Slack has no channel ${channel}`);
  }

  /** @throws Error for what did not conform */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    const violations = this.violations();
    if (violations.length > 0) {
      throw new Error(`not as Slack has it:\n${violations.join("\n")}`);
    }
  }

  async dispose(): Promise<void> {
    await this[Symbol.asyncDispose]();
  }

  /** Without a look at the violations. */
  async close(): Promise<void> {
    this.sockets.close();
    const closed = this.deliveries.close();
    this.clock.stop();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await closed;
  }

  #tell(happening: WorldEvent): void {
    const teamId =
      happening.kind === "plain"
        ? happening.team.id
        : (happening.kind === "deleted" ? happening.before : happening.message).teamId;
    const team = this.world.team(teamId);
    const bot = team.install?.botUserId;
    if (bot === undefined) return;
    for (const event of eventsOf(this.world, happening)) {
      const payload = envelope(this.world, team, event, bot);
      void this.deliveries.send("events_api", String(event["type"]), payload);
    }
  }
}
