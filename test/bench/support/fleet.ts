import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { EmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import { startEmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import { scratchFolder } from "../../../adapters/postgres/shared-temp.ts";
import { connect } from "../../../src/store/database.ts";
import { GitRepository } from "../../support/git-repository.ts";
import { HttpClient } from "../../support/http-client.ts";
import type { TestRedis } from "../../support/redis.ts";
import { startRedis } from "../../support/redis.ts";
import { cpuOf } from "./processes.ts";
import type { QueueKind } from "./start-server.ts";
import { nextMessage } from "./start-server.ts";

const SERVER = fileURLToPath(new URL("./bench-server.ts", import.meta.url));

/** One process of a fleet. */
export class Member implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Milliseconds of processor time so far. */
  cpu(): number {
    return cpuOf(this.#child.pid!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.send("stop");
    await gone;
  }
}

/** Processes of any roles on one Postgres, and one Redis where the queue is there. */
export class Fleet implements AsyncDisposable {
  readonly #postgres: EmbeddedPostgres;
  readonly #redis: TestRedis | null;
  readonly #repository: GitRepository;

  private constructor(postgres: EmbeddedPostgres, redis: TestRedis | null, repo: GitRepository) {
    this.#postgres = postgres;
    this.#redis = redis;
    this.#repository = repo;
  }

  /** Null when the queue's server is not installed. */
  static async open(queue: QueueKind): Promise<Fleet | null> {
    const redis = queue === "Redis" ? await startRedis() : null;
    if (queue === "Redis" && redis === null) return null;
    const repository = await GitRepository.create({ "rfc.md": "# RFC\n\nA short document.\n" });
    const postgres = await startEmbeddedPostgres({ dataDir: scratchFolder(), ephemeral: true });
    return new Fleet(postgres, redis, repository);
  }

  get environment(): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      DATABASE_URL: this.#postgres.url(),
      PORT: "0",
      LOG_LEVEL: "error",
      ...(this.#redis && { REDIS_URL: this.#redis.url }),
    };
  }

  async start(roles: string): Promise<Member> {
    const env = { ...this.environment, ROLES: roles, TURN_CONCURRENCY: "256" };
    const child = fork(SERVER, { execArgv: ["--import", "tsx"], env });
    const { url } = (await nextMessage(child, roles)) as { url: string | null };
    return new Member(child, url ?? "");
  }

  /** Makes the RFC known by a process that serves the API. */
  async registerRfc(url: string): Promise<void> {
    await new HttpClient(url).registerRfc(this.#repository);
  }

  /** Milliseconds of processor time that the servers have used. */
  serverCpu(): { postgres: number; redis: number } {
    return {
      postgres: cpuOf(this.#postgres.pid),
      redis: this.#redis ? cpuOf(this.#redis.pid) : 0,
    };
  }

  /** Connections to the database that all processes hold together. */
  async connections(): Promise<number> {
    const sql = connect(this.#postgres.url(), { max: 1 });
    const [row] = await sql<{ held: number }[]>`
      select count(*)::int as held from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid()`;
    await sql.end();
    return row!.held;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#postgres.stop();
    await this.#redis?.stop();
    await this.#repository[Symbol.asyncDispose]();
  }
}
