/**
 * An installation at work while its parts fail: two processes of Redline on a Postgres of their own, with a
 * Redis or without, a model, a Slack and a Discord, and a wire to each that can be cut.
 */
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { FakeAnthropic } from "../fakes/fake-anthropic.ts";
import { startFakeAnthropic } from "../fakes/fake-anthropic.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import { placesBusy } from "../support/chat-places.ts";
import { GitRepository } from "../support/git-repository.ts";
import { HttpClient } from "../support/http-client.ts";
import { brokenInvariants, isBusy } from "../support/invariants.ts";
import { freePort } from "../support/ports.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import type { TestRedis } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { PostgresServer } from "./postgres-server.ts";
import { DiscordPlace, SlackPlace } from "./places.ts";
import { answering, Traffic } from "./traffic.ts";

/** Slack's and Discord's limits are spaced for seconds; tests live in a faster time. */
const PACE = 0.01;
const THREADS = 3;
/** What has not come about by then never does. */
const NEVER_MS = 90_000;
const LINES = 400;

const DOCUMENT = `# The RFC\n\n${Array.from({ length: LINES }, (_, n) => `Line ${n} of the document.\n\n`).join("")}`;

export type WireName =
  | "database"
  | "worker's database"
  | "redis"
  | "worker's redis"
  | "model"
  | "slack"
  | "discord";

export class FaultWorld implements AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly redis: TestRedis | null;
  readonly model: FakeAnthropic;
  readonly slack: SlackPlace;
  readonly discord: DiscordPlace;
  readonly repository: GitRepository;
  readonly traffic: Traffic;
  readonly wires: Readonly<Record<WireName, TcpProxy>>;
  readonly client: HttpClient;
  readonly #environment: Record<string, string>;
  #front: RedlineProcess | null = null;
  #worker: RedlineProcess | null = null;
  #sql: Sql;

  private constructor(parts: Parts) {
    this.postgres = parts.postgres;
    this.redis = parts.redis;
    this.model = parts.model;
    this.slack = parts.slack;
    this.discord = parts.discord;
    this.repository = parts.repository;
    this.wires = parts.wires;
    this.client = parts.client;
    this.#environment = parts.environment;
    this.#sql = connect(parts.postgres.url, { max: 3, name: "test" });
    this.traffic = new Traffic(this);
  }

  /** Settled, with threads, and linked places to ask in. */
  static async start(redis: TestRedis | null): Promise<FaultWorld> {
    const world = new FaultWorld(await prepare(redis));
    world.model.reply(answering);
    await world.startFront();
    await world.startWorker();
    await world.client.registerRfc(world.repository);
    const threads = Array.from({ length: THREADS }, () => world.client.newThread());
    world.traffic.threads.push(...(await Promise.all(threads)));
    await Promise.all([world.slack.link(), world.discord.link()]);
    return world;
  }

  /** Of the tests, past all wires. */
  get sql(): Sql {
    return this.#sql;
  }

  get front(): RedlineProcess {
    return this.#front!;
  }

  get worker(): RedlineProcess {
    return this.#worker!;
  }

  /** What `brokenInvariants` looks at. */
  get whole() {
    return { sql: this.#sql, repository: this.repository, posted: this.traffic.posted };
  }

  async startFront(): Promise<void> {
    this.#front = await RedlineProcess.start(this.#environment);
  }

  async startWorker(): Promise<void> {
    const { DATABASE_URL: url = "", ...rest } = this.#environment;
    const { "worker's database": database, "worker's redis": redis } = this.wires;
    this.#worker = await RedlineProcess.start({
      ...rest,
      ROLES: "worker",
      DATABASE_URL: database.through(url),
      ...(this.redis && { REDIS_URL: redis.through(this.redis.url) }),
    });
  }

  /** The tests, and all of Redline, find the database there from now on. */
  async moveDatabase(url: string): Promise<void> {
    const { port } = new URL(url);
    for (const wire of ["database", "worker's database"] as const) {
      this.wires[wire].lead(Number(port));
    }
    await this.#sql.end({ timeout: 0 });
    this.#sql = connect(url, { max: 3, name: "test" });
  }

  /** Resolves once nothing is under way and all that was asked is answered; says what is missing otherwise. */
  async settled(): Promise<void> {
    const limit = performance.now() + NEVER_MS;
    await this.traffic.stop();
    for (;;) {
      const missing = await this.#missing();
      if (missing === null) return;
      if (performance.now() > limit) {
        const marks = missing.match(/\(q\d+\)/g) ?? [];
        const broken = [
          ...(await Promise.all(marks.slice(0, 3).map((mark) => this.traffic.whereIs(mark)))),
          ...(await brokenInvariants(this.whole)),
        ];
        throw new Error(`${[missing, ...broken].join("\n")}\n${this.output()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Processes that have ended, though nobody ended them. */
  dead(): string[] {
    return Object.entries({ front: this.front, worker: this.worker })
      .filter(([, redline]) => !redline.isRunning)
      .map(([name]) => name);
  }

  output(): string {
    const outputs = [this.#front, this.#worker].map((one) => one?.output().slice(-4_000) ?? "");
    return `front:\n${outputs[0]}\nworker:\n${outputs[1]}`;
  }

  /** Every sentence is something that must not be. */
  async broken(): Promise<string[]> {
    const found = [
      ...(await brokenInvariants(this.whole)),
      ...(await this.traffic.broken()),
      ...this.slack.broken(),
      ...this.discord.broken(),
    ];
    return found;
  }

  async #missing(): Promise<string | null> {
    const asked = [...this.traffic.asked];
    const answered = await this.traffic.answers();
    const open = asked.filter((mark) => !answered.has(mark));
    if (open.length > 0) return `without an answer: ${open.join(", ")}`;
    for (const place of [this.slack, this.discord]) {
      const unseen = place.unseen();
      if (unseen.length > 0) return `not shown in ${place.name}: ${unseen.join(", ")}`;
    }
    if (await isBusy(this.whole)) return "something is under way";
    return (await placesBusy(this.#sql)) ? "a place is busy" : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.traffic.stop();
    await Promise.all([this.#front?.kill(), this.#worker?.kill()]);
    await this.#sql.end({ timeout: 0 });
    await Promise.all(Object.values(this.wires).map((wire) => wire[Symbol.asyncDispose]()));
    await Promise.all([this.slack.fake.close(), this.discord.fake.close(), this.model.close()]);
    await this.postgres[Symbol.asyncDispose]();
    await this.repository.remove();
  }
}

interface Parts {
  postgres: PostgresServer;
  redis: TestRedis | null;
  model: FakeAnthropic;
  slack: SlackPlace;
  discord: DiscordPlace;
  repository: GitRepository;
  wires: Readonly<Record<WireName, TcpProxy>>;
  client: HttpClient;
  environment: Record<string, string>;
}

/** Everything but Redline itself. */
async function prepare(redis: TestRedis | null): Promise<Parts> {
  const [postgres, model, slack, discord, repository] = await Promise.all([
    PostgresServer.start(),
    startFakeAnthropic(),
    FakeSlack.start({
      rates: { window: 60_000 * PACE, postInterval: 1_000 * PACE },
      // Slack's own pauses are minutes; whatever came back within them would be Slack's to bring again.
      timing: { retryDelays: Array.from({ length: 60 }, () => 1_000) },
    }),
    FakeDiscord.start({ rates: { pace: PACE }, gateway: { identifyInterval: 5_000 * PACE } }),
    GitRepository.create({ "rfc.md": DOCUMENT }),
  ]);
  const wireTo = (url: string): Promise<TcpProxy> => TcpProxy.to(Number(new URL(url).port));
  const wires = {
    database: await wireTo(postgres.url),
    "worker's database": await wireTo(postgres.url),
    redis: await wireTo(redis?.url ?? postgres.url),
    "worker's redis": await wireTo(redis?.url ?? postgres.url),
    model: await wireTo(model.url),
    slack: await wireTo(slack.url),
    discord: await wireTo(discord.apiUrl),
  };
  slack.standBehind(wires.slack.through(slack.url));
  discord.standBehind(new URL(wires.discord.through(discord.apiUrl)).origin);
  const slackPlace = new SlackPlace(slack);
  const port = await freePort();
  const client = new HttpClient(`http://127.0.0.1:${port}`);
  return {
    postgres,
    redis,
    model,
    slack: slackPlace,
    discord: new DiscordPlace(discord),
    repository,
    wires,
    client,
    environment: {
      DATABASE_URL: wires.database.through(postgres.url),
      ...(redis && { REDIS_URL: wires.redis.through(redis.url) }),
      PORT: String(port),
      SHUTDOWN_GRACE_SECONDS: "2",
      LOG_LEVEL: "warn",
      ANTHROPIC_API_KEY: model.apiKey,
      ANTHROPIC_BASE_URL: wires.model.through(model.url),
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slackPlace.team.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
      TEST_SLACK_PACE: String(PACE),
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_TOKEN: discord.token,
      TEST_DISCORD_PACE: String(PACE),
    },
  };
}
