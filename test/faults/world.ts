/**
 * An installation at work while its parts fail: two processes of Redline on a Postgres of their own, with a
 * Redis or without, a model, a Slack and a Discord, and a wire to each that can be cut.
 */
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { placesBusy } from "../support/chat-places.ts";
import { HttpClient } from "../support/http-client.ts";
import { brokenInvariants, isBusy } from "../support/invariants.ts";
import { freePort } from "../support/ports.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import type { TestRedis } from "../support/redis.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { numberedDocument } from "./marks.ts";
import type { OutsideWire } from "./outside.ts";
import { Outside, wireTo } from "./outside.ts";
import { DiscordPlace, SlackPlace } from "./places.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { answering, Traffic } from "./traffic.ts";

/** Slack's and Discord's limits are spaced for seconds; tests live in a faster time. */
const PACE = 0.01;
const THREADS = 3;
/** What has not come about by then never does. */
const NEVER_MS = 90_000;
/** More than there are changes in a whole run: beyond them no two would be about different lines. */
const LINES = 2_000;

type WorkerWire = "worker's postgres" | "worker's redis";
export type WireName = OutsideWire | WorkerWire;

export class FaultWorld implements AsyncDisposable {
  readonly redis: TestRedis | null;
  readonly slack: SlackPlace;
  readonly discord: DiscordPlace;
  readonly traffic: Traffic;
  readonly wires: Readonly<Record<WireName, TcpProxy>>;
  readonly client: HttpClient;
  readonly #outside: Outside;
  readonly #workerWires: Readonly<Record<WorkerWire, TcpProxy>>;
  readonly #environment: Record<string, string>;
  #front: RedlineProcess | null = null;
  #worker: RedlineProcess | null = null;
  #sql: Sql;

  private constructor({ redis, outside, workerWires, port }: Parts) {
    this.redis = redis;
    this.#outside = outside;
    this.#workerWires = workerWires;
    this.wires = { ...outside.wires, ...workerWires };
    this.slack = new SlackPlace(outside.slack);
    this.discord = new DiscordPlace(outside.discord);
    this.client = new HttpClient(`http://127.0.0.1:${port}`);
    this.#environment = {
      ...outside.environment(this.slack.team),
      PORT: String(port),
      SHUTDOWN_GRACE_SECONDS: "2",
    };
    this.#sql = connect(outside.postgres.url, { max: 3, name: "test" });
    this.traffic = new Traffic(this);
  }

  /** Settled, with threads, and linked places to ask in. */
  static async start(redis: TestRedis | null): Promise<FaultWorld> {
    const document = numberedDocument(LINES);
    const outside = await Outside.start({ redis, pace: PACE, document });
    const workerWires = {
      "worker's postgres": await wireTo(outside.postgres.url),
      "worker's redis": await wireTo(redis?.url ?? outside.postgres.url),
    };
    const world = new FaultWorld({ redis, outside, workerWires, port: await freePort() });
    outside.model.reply(answering);
    await world.startFront();
    await world.startWorker();
    await world.client.registerRfc(outside.repository);
    const threads = Array.from({ length: THREADS }, () => world.client.newThread());
    world.traffic.threads.push(...(await Promise.all(threads)));
    await Promise.all([world.slack.link(), world.discord.link()]);
    return world;
  }

  get postgres(): PostgresServer {
    return this.#outside.postgres;
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
    return { sql: this.#sql, repository: this.#outside.repository, posted: this.traffic.posted };
  }

  async startFront(): Promise<void> {
    this.#front = await RedlineProcess.start(this.#environment);
  }

  async startWorker(): Promise<void> {
    const { DATABASE_URL: url = "", ...rest } = this.#environment;
    const { "worker's postgres": postgres, "worker's redis": redis } = this.wires;
    this.#worker = await RedlineProcess.start({
      ...rest,
      ROLES: "worker",
      DATABASE_URL: postgres.through(url),
      ...(this.redis && { REDIS_URL: redis.through(this.redis.url) }),
    });
  }

  /** The tests, and all of Redline, find the database there from now on. */
  async moveDatabase(url: string): Promise<void> {
    const { port } = new URL(url);
    for (const wire of ["postgres", "worker's postgres"] as const) {
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
        this.holds([missing, ...broken]);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Of processes that have ended, though nobody ended them. */
  dead(): string[] {
    return Object.entries({ front: this.front, worker: this.worker })
      .filter(([, redline]) => !redline.isRunning)
      .map(([name]) => `${name} has ended`);
  }

  /** Fails with what must not be, and what the processes said. */
  holds(wrong: readonly string[]): void {
    if (wrong.length > 0) throw new Error([...wrong, this.output()].join("\n"));
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
    const own = Object.values(this.#workerWires);
    await Promise.all(own.map((wire) => wire[Symbol.asyncDispose]()));
    await this.#outside[Symbol.asyncDispose]();
  }
}

interface Parts {
  redis: TestRedis | null;
  outside: Outside;
  workerWires: Readonly<Record<WorkerWire, TcpProxy>>;
  port: number;
}
