import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { findRunning } from "../../adapters/postgres/running.ts";
import { scratchFolder } from "../../adapters/postgres/shared-temp.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { FakeAnthropic } from "../fakes/fake-anthropic.ts";
import { startFakeAnthropic } from "../fakes/fake-anthropic.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { GitRepository } from "../support/git-repository.ts";
import { HttpClient } from "../support/http-client.ts";
import type { PostedMessage } from "../support/invariants.ts";
import { brokenInvariants, isBusy } from "../support/invariants.ts";
import { freePort } from "../support/ports.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import { DOCUMENT } from "../support/test-app.ts";
import type { SseReader } from "../adapters/web/sse-reader.ts";

/** Everything recovers within seconds; this is for a test that would never end. */
const LIMIT_MS = 60_000;

/** Where a rig's data are. */
type Store = { database: TestDatabase } | { dataDir: string };

/**
 * One Redline in a process of its own, with data, a repository and a model that stay when it is killed. A
 * further start goes on with the same data on the same port.
 */
export class Rig implements AsyncDisposable {
  readonly repository: GitRepository;
  readonly model: FakeAnthropic;
  readonly client: HttpClient;
  readonly posted: PostedMessage[] = [];
  readonly environment: Record<string, string>;
  readonly #store: Store;
  #sql: Sql | null = null;
  #redline: RedlineProcess | null = null;
  readonly #others: RedlineProcess[] = [];
  readonly #readers: SseReader[] = [];

  private constructor(
    store: Store,
    parts: Pick<Rig, "repository" | "model" | "environment" | "client">,
  ) {
    this.#store = store;
    this.repository = parts.repository;
    this.model = parts.model;
    this.environment = parts.environment;
    this.client = parts.client;
  }

  /** Without a process yet. */
  static async prepare(store: Store, environment: Record<string, string> = {}): Promise<Rig> {
    const port = await freePort();
    const model = await startFakeAnthropic();
    const data: Record<string, string> =
      "database" in store
        ? { DATABASE_URL: store.database.url }
        : { REDLINE_DATA_DIR: store.dataDir };
    return new Rig(store, {
      repository: await GitRepository.create({ "rfc.md": DOCUMENT }),
      model,
      client: new HttpClient(`http://127.0.0.1:${port}`),
      environment: {
        ...data,
        PORT: String(port),
        TURN_LEASE_SECONDS: "2",
        SHUTDOWN_GRACE_SECONDS: "1",
        LOG_LEVEL: "warn",
        ANTHROPIC_API_KEY: model.apiKey,
        ANTHROPIC_BASE_URL: model.url,
        ...environment,
      },
    });
  }

  /** On a database of its own, with the RFC. */
  static async start(environment: Record<string, string> = {}): Promise<Rig> {
    const rig = await Rig.prepare({ database: await createTestDatabase() }, environment);
    await rig.start();
    await rig.client.registerRfc(rig.repository);
    return rig;
  }

  /** On the embedded Postgres, with the RFC. */
  static async startEmbedded(dataDir = scratchFolder()): Promise<Rig> {
    const rig = await Rig.prepare({ dataDir });
    await rig.start();
    await rig.client.registerRfc(rig.repository);
    return rig;
  }

  get redline(): RedlineProcess {
    if (!this.#redline) throw new Error("Redline was not started");
    return this.#redline;
  }

  /** The address of the database; an embedded one has another at every start. */
  get databaseUrl(): string {
    if ("database" in this.#store) return this.#store.database.url;
    const url = findRunning(this.#store.dataDir);
    if (url === null) throw new Error("no embedded Postgres is running");
    return url;
  }

  /** The test's own connections. */
  get sql(): Sql {
    this.#sql ??= connect(this.databaseUrl, { max: 3, name: "test" });
    return this.#sql;
  }

  /** Starts it, or starts it again. */
  async start(): Promise<void> {
    if (this.#sql && "dataDir" in this.#store) {
      await this.#sql.end({ timeout: 0 });
      this.#sql = null;
    }
    this.#redline = await RedlineProcess.start(this.environment);
  }

  /** A further process on the same data. */
  async startAnother(environment: Record<string, string> = {}): Promise<RedlineProcess> {
    const other = await RedlineProcess.start({ ...this.environment, PORT: "0", ...environment });
    this.#others.push(other);
    return other;
  }

  /** The command line on the same data and port. */
  async startCommand(...args: string[]): Promise<void> {
    this.#redline = await RedlineProcess.startCommand(args, this.environment);
  }

  /** Posts a message with a text that no other has. */
  async post(threadId: string, text = `message ${this.posted.length}`): Promise<SseReader> {
    const reader = await this.client.post(threadId, text);
    this.posted.push({ threadId, text });
    this.#readers.push(reader);
    return reader;
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    const limit = Date.now() + LIMIT_MS;
    while (await isBusy(this)) {
      if (Date.now() > limit || !this.redline.isRunning) {
        const broken = await brokenInvariants(this);
        throw new Error(
          `It ${this.redline.isRunning ? "does not settle" : "has ended"}:\n${broken.join("\n")}\n${this.redline.output()}`,
        );
      }
      await delay(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#redline ? [this.#redline, ...this.#others] : this.#others;
    await Promise.all(running.map((redline) => redline.kill()));
    await Promise.all(this.#readers.map((reader) => reader.leave()));
    await this.model.close();
    await this.#sql?.end({ timeout: 0 });
    if ("database" in this.#store) await this.#store.database.drop();
    // Its Postgres may still be shutting down in there.
    else await rm(this.#store.dataDir, { recursive: true, maxRetries: 50, retryDelay: 20 });
    await this.repository.remove();
  }
}

/** Waits until all is done, asks once more in the thread, and looks whether everything is as it must be. */
export async function expectWhole(rig: Rig, threadId: string): Promise<void> {
  await rig.settled();
  rig.model.reply(["Still here."]);
  const reader = await rig.post(threadId);
  const frames = await reader.until((frame) => frame.data === "DONE");
  expect(frames.map(({ event }) => event)).toContain("changes");
  await rig.settled();
  expect(await brokenInvariants(rig)).toEqual([]);
}
