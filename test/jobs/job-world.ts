import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { createJobBackend } from "../../jobs/backend.ts";
import type { JobBackend } from "../../jobs/backend.ts";
import { startCommitWorker } from "../../jobs/commit-worker.ts";
import { startDispatcher } from "../../jobs/dispatcher.ts";
import type { Dispatcher } from "../../jobs/dispatcher.ts";
import type { JobWorker } from "../../jobs/job-worker.ts";
import { QUEUE_NAMES } from "../../jobs/queues.ts";
import { createStreamRelay } from "../../jobs/relay.ts";
import { startTurnWorker } from "../../jobs/turn-worker.ts";
import { createWakeUps } from "../../jobs/wake-ups.ts";
import type { WakeUps } from "../../jobs/wake-ups.ts";
import type { Logger } from "../../src/log.ts";
import type { StreamRelay } from "../../src/ports.ts";
import { connect } from "../../src/store/database.ts";
import type { Sql } from "../../src/store/database.ts";
import { createOutbox } from "../../src/store/outbox.ts";
import type { Outbox } from "../../src/store/outbox.ts";
import type { CuttableProxy } from "./cuttable-proxy.ts";

/** A server for the queue, and the database beside it. */
export interface JobServer {
  databaseUrl: string;
  /** How the queue reaches its server: through `proxy`. */
  backend: { databaseUrl: string; redisUrl?: string; prefix?: string };
  proxy: CuttableProxy;
  stop(): Promise<void>;
}

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Longer than anything here takes on a busy machine: only conditions are awaited. */
export const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 90_000, interval: 20 });

/** The parts of the queue on one server; what a test opens is closed after it, and all jobs are gone. */
export class JobWorld {
  server!: JobServer;
  sql!: Sql;
  outbox!: Outbox;
  private closers: (() => Promise<unknown>)[] = [];

  /** Call it in a `describe`. */
  constructor(start: () => Promise<JobServer>) {
    beforeAll(async () => {
      this.server = await start();
      this.sql = connect(this.server.databaseUrl);
      this.outbox = createOutbox(this.sql);
    });
    afterEach(() => this.clean());
    afterAll(async () => {
      await this.sql.end();
      await this.server.stop();
    });
  }

  async open(): Promise<JobBackend> {
    const backend = await createJobBackend({ ...this.server.backend, logger });
    return this.closing(backend, () => backend.close());
  }

  wakeUps(backend: JobBackend): WakeUps {
    const wakes = createWakeUps({ backend, logger });
    return this.closing(wakes, () => wakes.close());
  }

  async turns(
    backend: JobBackend,
    runThread: (threadId: string) => Promise<void>,
    concurrency = 10,
  ): Promise<JobWorker> {
    const worker = await startTurnWorker(backend, { runThread, concurrency });
    return this.closing(worker, () => worker.close(0));
  }

  async commits(
    backend: JobBackend,
    commitChange: (changeId: string) => Promise<void>,
    onGiveUp: (changeId: string, error: unknown) => Promise<void> = async () => {},
  ): Promise<JobWorker> {
    const options = { commitChange, onGiveUp, concurrency: 5 };
    const worker = await startCommitWorker(backend, options);
    return this.closing(worker, () => worker.close(0));
  }

  async dispatcher(backend: JobBackend, outbox = this.outbox): Promise<Dispatcher> {
    const dispatcher = await startDispatcher({ backend, outbox, logger });
    return this.closing(dispatcher, () => dispatcher.close());
  }

  relay(backend: JobBackend, alone = false): StreamRelay {
    const relay = createStreamRelay({ backend, alone, logger });
    return this.closing(relay, () => relay.close());
  }

  private closing<T>(thing: T, close: () => Promise<unknown>): T {
    this.closers.unshift(close);
    return thing;
  }

  private async clean(): Promise<void> {
    await this.server.proxy.restore();
    const closers = this.closers;
    this.closers = [];
    for (const close of closers) await close();
    const backend = await createJobBackend({ ...this.server.backend, logger });
    for (const name of QUEUE_NAMES) await backend.queue(name).obliterate({ force: true });
    await backend.close();
    await this.sql`truncate outbox`;
  }
}

/** A promise and the function that resolves it. */
export function makeGate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
