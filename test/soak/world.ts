/**
 * An installation as it is run in production: one process that takes in and serves, two that work, on a Postgres
 * and a Redis of their own, with a Slack, a Discord and a model, and a wire to each that can be cut.
 */
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { FakeAnthropic } from "../fakes/fake-anthropic.ts";
import { startFakeAnthropic } from "../fakes/fake-anthropic.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import { PostgresServer } from "../faults/postgres-server.ts";
import { GitRepository } from "../support/git-repository.ts";
import { HttpClient } from "../support/http-client.ts";
import { freePort } from "../support/ports.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import type { TestRedis } from "../support/redis.ts";
import { startRedis } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import type { Crowd } from "./crowd.ts";
import { DiscordCrowd } from "./discord-crowd.ts";
import { answering, DOCUMENT } from "./model.ts";
import type { SoakOptions } from "./options.ts";
import { SlackCrowd } from "./slack-crowd.ts";

/** Minutes of the platforms' limits are seconds here: linking 500 threads would take half an hour otherwise. */
const PACE = 0.05;

/** The second worker is the one that is killed, so that the others live as long as the soak. */
export const PROCESSES = ["ingest,web", "worker 1", "worker 2"] as const;
export type ProcessName = (typeof PROCESSES)[number];

export type WireName = "postgres" | "redis" | "model" | "slack" | "discord";

interface Running {
  redline: RedlineProcess;
  /** Of its health and its metrics. */
  url: string;
  /** How many of the name there were before. */
  life: number;
}

export class SoakWorld implements AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly redis: TestRedis | null;
  readonly wires: Readonly<Record<WireName, TcpProxy>>;
  readonly sql: Sql;
  readonly repository: GitRepository;
  readonly crowds: readonly Crowd[];
  readonly #fakes: { slack: FakeSlack; discord: FakeDiscord; model: FakeAnthropic };
  readonly #environment: Record<string, string>;
  readonly #running = new Map<ProcessName, Running>();
  readonly #lives = new Map<ProcessName, number>();

  private constructor(parts: Parts) {
    this.postgres = parts.postgres;
    this.redis = parts.redis;
    this.wires = parts.wires;
    this.repository = parts.repository;
    this.crowds = parts.crowds;
    this.#fakes = parts.fakes;
    this.#environment = parts.environment;
    this.sql = connect(parts.postgres.url, { max: 4, name: "soak" });
  }

  /** With all processes up, and no thread linked yet. */
  static async start(options: SoakOptions): Promise<SoakWorld> {
    const world = new SoakWorld(await prepare(options));
    try {
      world.#fakes.model.reply(answering);
      for (const name of PROCESSES) await world.startProcess(name);
      await new HttpClient(world.of("ingest,web").url).registerRfc(world.repository);
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  of(name: ProcessName): Running {
    return this.#running.get(name)!;
  }

  /** Those that are up. */
  get running(): [ProcessName, Running][] {
    return [...this.#running].filter(([, { redline }]) => redline.isRunning);
  }

  async startProcess(name: ProcessName): Promise<void> {
    const port = String(await freePort());
    const isFront = name === "ingest,web";
    const redline = await RedlineProcess.start({
      ...this.#environment,
      ROLES: isFront ? "ingest,web" : "worker",
      ...(isFront ? { PORT: port } : { HEALTH_PORT: port }),
    });
    const life = (this.#lives.get(name) ?? 0) + 1;
    this.#lives.set(name, life);
    this.#running.set(name, { redline, url: `http://127.0.0.1:${port}`, life });
  }

  /** What commands of this installation need. */
  get commandEnvironment(): Record<string, string> {
    const { DATABASE_URL: url = "" } = this.#environment;
    return { DATABASE_URL: url, LOG_LEVEL: "warn" };
  }

  /** What the fakes keep of what is over. */
  forget(): void {
    for (const crowd of this.crowds) crowd.forget();
    this.#fakes.model.requests.splice(0);
  }

  output(): string {
    return [...this.#running]
      .map(([name, { redline }]) => `${name}:\n${redline.output().slice(-6_000)}`)
      .join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ redline }) => redline.kill()));
    await this.sql.end({ timeout: 0 });
    await Promise.all(Object.values(this.wires).map((wire) => wire[Symbol.asyncDispose]()));
    await Promise.all(Object.values(this.#fakes).map((fake) => fake.close()));
    await this.redis?.stop();
    await this.postgres[Symbol.asyncDispose]();
    await this.repository.remove();
  }
}

interface Parts {
  postgres: PostgresServer;
  redis: TestRedis | null;
  wires: Readonly<Record<WireName, TcpProxy>>;
  repository: GitRepository;
  crowds: readonly Crowd[];
  fakes: { slack: FakeSlack; discord: FakeDiscord; model: FakeAnthropic };
  environment: Record<string, string>;
}

/** Everything but Redline itself. */
async function prepare({ threads, turnsAtOnce }: SoakOptions): Promise<Parts> {
  const [postgres, redis, model, slack, discord, repository] = await Promise.all([
    PostgresServer.start(),
    startRedis(),
    startFakeAnthropic(),
    FakeSlack.start({
      rates: { window: 60_000 * PACE, postInterval: 1_000 * PACE },
      // Slack's own pauses are minutes; an outage here is of seconds.
      timing: { retryDelays: Array.from({ length: 60 }, () => 1_000) },
    }),
    FakeDiscord.start({ rates: { pace: PACE }, gateway: { identifyInterval: 5_000 * PACE } }),
    GitRepository.create({ "rfc.md": DOCUMENT }),
  ]);
  const wireTo = (url: string): Promise<TcpProxy> => TcpProxy.to(Number(new URL(url).port));
  const wires = {
    postgres: await wireTo(postgres.url),
    redis: await wireTo(redis?.url ?? postgres.url),
    model: await wireTo(model.url),
    slack: await wireTo(slack.url),
    discord: await wireTo(discord.apiUrl),
  };
  slack.standBehind(wires.slack.through(slack.url));
  discord.standBehind(new URL(wires.discord.through(discord.apiUrl)).origin);
  const half = Math.ceil(threads / 2);
  const each = Math.ceil(turnsAtOnce / 2);
  const slackCrowd = new SlackCrowd(slack, half, each);
  return {
    postgres,
    redis,
    wires,
    repository,
    crowds: [slackCrowd, new DiscordCrowd(discord, half, each)],
    fakes: { slack, discord, model },
    environment: {
      DATABASE_URL: wires.postgres.through(postgres.url),
      ...(redis && { REDIS_URL: wires.redis.through(redis.url) }),
      SHUTDOWN_GRACE_SECONDS: "5",
      LOG_LEVEL: "warn",
      ANTHROPIC_API_KEY: model.apiKey,
      ANTHROPIC_BASE_URL: wires.model.through(model.url),
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slackCrowd.team.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
      TEST_SLACK_PACE: String(PACE),
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_TOKEN: discord.token,
      TEST_DISCORD_PACE: String(PACE),
    },
  };
}
