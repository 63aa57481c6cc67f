/**
 * An installation as it is run in production: one process that takes in and serves, two that work, on a Postgres
 * and a Redis of their own, with a Slack, a Discord and a model, and a wire to each that can be cut.
 */
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { OutsideWire } from "../faults/outside.ts";
import { Outside } from "../faults/outside.ts";
import type { PostgresServer } from "../faults/postgres-server.ts";
import type { GitRepository } from "../support/git-repository.ts";
import { HttpClient } from "../support/http-client.ts";
import { freePort } from "../support/ports.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import type { TestRedis } from "../support/redis.ts";
import { startRedis } from "../support/redis.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
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

interface Running {
  redline: RedlineProcess;
  /** Of its health and its metrics. */
  url: string;
  /** How many of the name there were before. */
  life: number;
}

export class SoakWorld implements AsyncDisposable {
  readonly redis: TestRedis | null;
  readonly sql: Sql;
  readonly crowds: readonly Crowd[];
  readonly #outside: Outside;
  readonly #environment: Record<string, string>;
  readonly #running = new Map<ProcessName, Running>();
  readonly #lives = new Map<ProcessName, number>();

  private constructor(
    redis: TestRedis | null,
    outside: Outside,
    { threads, turnsAtOnce }: SoakOptions,
  ) {
    this.redis = redis;
    this.#outside = outside;
    const half = Math.ceil(threads / 2);
    const each = Math.ceil(turnsAtOnce / 2);
    const slack = new SlackCrowd(outside.slack, half, each);
    this.crowds = [slack, new DiscordCrowd(outside.discord, half, each)];
    this.#environment = { ...outside.environment(slack.team), SHUTDOWN_GRACE_SECONDS: "5" };
    this.sql = connect(outside.postgres.url, { max: 4, name: "soak" });
  }

  /** With all processes up, and no thread linked yet. */
  static async start(options: SoakOptions): Promise<SoakWorld> {
    const redis = await startRedis();
    const outside = await Outside.start({ redis, pace: PACE, document: DOCUMENT });
    const world = new SoakWorld(redis, outside, options);
    try {
      outside.model.reply(answering);
      for (const name of PROCESSES) await world.startProcess(name);
      await new HttpClient(world.of("ingest,web").url).registerRfc(outside.repository);
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  get postgres(): PostgresServer {
    return this.#outside.postgres;
  }

  get wires(): Readonly<Record<OutsideWire, TcpProxy>> {
    return this.#outside.wires;
  }

  get repository(): GitRepository {
    return this.#outside.repository;
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
    this.#outside.model.requests.splice(0);
  }

  output(): string {
    return [...this.#running]
      .map(([name, { redline }]) => `${name}:\n${redline.output().slice(-6_000)}`)
      .join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ redline }) => redline.kill()));
    await this.sql.end({ timeout: 0 });
    await this.#outside[Symbol.asyncDispose]();
    await this.redis?.stop();
  }
}
