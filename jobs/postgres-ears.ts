import { EventEmitter } from "node:events";
import type { Notification, Pool, PoolClient } from "pg";
import { pause } from "../src/waiting.ts";

/** BullMQ's channel for jobs; what is told there is the queue's name. */
const JOBS_CHANNEL = "bullmq_jobs";
/**
 * A job is told of to all workers that wait for one, and one of them gets it. Each waits up to so long, another
 * time each, before it looks whether there is still something to fetch.
 */
const SPREAD_MS = 20;
/** So many looks in a row that found a job: nobody else seems to take from the queue. */
const ALONE_AFTER = 8;
/** Then one of so many wake-ups is looked at. */
const SAMPLED = 16;
/**
 * A connection that only listens would never notice that its server was lost without a word: no query of its own
 * runs out of time, and the system asks after hours.
 */
const ASK_EVERY_MS = 5_000;

/** Of those that wait. A delayed one changes until when a worker has to wait. */
const HAS_JOB = {
  name: "has-job",
  text: "select from job where queue = $1 and state in ('waiting', 'delayed') limit 1",
};

/** A connection on which this process listens, and the channels that it hears. */
interface Ear {
  client: PoolClient;
  channels: Map<string, Promise<unknown>>;
  /** Aborts when it is let go of, or lost. */
  over: AbortController;
}

/**
 * One connection that listens for all of BullMQ's workers and its relay in a process, which would hold one each.
 * Postgres wakes every connection that listens whenever anything is told, so each process more would make each
 * turn dearer; and of the workers that wait for the same job only few go to fetch it.
 */
export class PostgresEars {
  private readonly pool: Pool;
  private readonly askEveryMs: number;
  private readonly sessions = new Set<Session>();
  private readonly calls = new Map<string, JobCalls>();
  private ear: Promise<Ear> | null = null;

  /** @param pool whose `query_timeout` is how long the connection has to answer */
  constructor(pool: Pool, askEveryMs = ASK_EVERY_MS) {
    this.pool = pool;
    this.askEveryMs = askEveryMs;
  }

  /** The pool as one of BullMQ's workers is given it, or its relay (null). */
  poolFor(queue: string | null): Pool {
    const { pool } = this;
    const shared = {
      options: pool.options,
      query: pool.query.bind(pool),
      connect: () => Promise.resolve(new Session(this, queue)),
      end: () => Promise.resolve(),
      // A lost connection is told of by the pool itself.
      on: () => shared,
    };
    // All that BullMQ uses of a pool.
    return shared as unknown as Pool;
  }

  query(text: string, values?: unknown[]): Promise<unknown> {
    return this.pool.query(text, values);
  }

  async listen(session: Session, channel: string): Promise<void> {
    this.sessions.add(session);
    const { client, channels } = await (this.ear ??= this.open());
    let listening = channels.get(channel);
    if (!listening) {
      listening = client.query(`listen ${channel}`);
      channels.set(channel, listening);
      listening.catch(() => channels.delete(channel));
    }
    await listening;
  }

  /** Lets go of the connection with the last one who listens. */
  leave(session: Session): void {
    if (!this.sessions.delete(session) || this.sessions.size > 0) return;
    const { ear } = this;
    this.ear = null;
    ear?.then((left) => this.letGo(left)).catch(() => {});
  }

  private open(): Promise<Ear> {
    const opening = this.connect();
    opening.catch(() => {
      if (this.ear === opening) this.ear = null;
    });
    return opening;
  }

  private async connect(): Promise<Ear> {
    const client = await this.pool.connect();
    const ear: Ear = { client, channels: new Map(), over: new AbortController() };
    client.on("notification", (message) => this.hear(message));
    client.on("error", (error) => this.lose(ear, error));
    void this.watch(ear);
    return ear;
  }

  /** Asks now and then whether it is still there. Never rejects. */
  private async watch(ear: Ear): Promise<void> {
    const { signal } = ear.over;
    for (;;) {
      await pause(this.askEveryMs, signal);
      if (signal.aborted) return;
      try {
        await ear.client.query("select 1");
      } catch (error) {
        this.lose(ear, error);
      }
    }
  }

  private lose(ear: Ear, error: unknown): void {
    // Of one that was lost a further error says nothing new.
    if (ear.over.signal.aborted) return;
    this.ear = null;
    const lost = [...this.sessions];
    this.sessions.clear();
    this.letGo(ear);
    for (const session of lost) session.emit("error", error);
  }

  private letGo({ client, over }: Ear): void {
    over.abort();
    client.release(true);
  }

  private hear(message: Notification): void {
    const { channel, payload = "" } = message;
    if (channel !== JOBS_CHANNEL) return this.tell(message, [...this.sessions]);
    const waiting = () => [...this.sessions].filter((one) => one.waitsFor(payload));
    if (waiting().length === 0) return;
    let calls = this.calls.get(payload);
    if (!calls) {
      const look = async () =>
        ((await this.pool.query({ ...HAS_JOB, values: [payload] })).rowCount ?? 0) > 0;
      calls = new JobCalls(look, () => this.tell(message, waiting()));
      this.calls.set(payload, calls);
    }
    void calls.hear();
  }

  private tell(message: Notification, sessions: readonly Session[]): void {
    for (const session of sessions) session.emit("notification", message);
  }
}

/** What one of BullMQ's workers takes for a connection of its own. */
class Session extends EventEmitter {
  private readonly ears: PostgresEars;
  private readonly queue: string | null;

  constructor(ears: PostgresEars, queue: string | null) {
    super();
    this.ears = ears;
    this.queue = queue;
  }

  async query(text: string, values?: unknown[]): Promise<unknown> {
    const [, channel] = /^LISTEN (\w+)/m.exec(text) ?? [];
    if (channel !== undefined) return this.ears.listen(this, channel);
    // A name is for a connection of one's own.
    if (text.includes("set_config('application_name'")) return { rows: [] };
    return this.ears.query(text, values);
  }

  waitsFor(queue: string): boolean {
    return this.queue === queue && this.listenerCount("notification") > 0;
  }

  release(): void {
    this.ears.leave(this);
  }
}

/** Decides when this process goes to fetch a job of one queue that it was told of. */
export class JobCalls {
  private readonly hasJob: () => Promise<boolean>;
  private readonly wake: () => void;
  private found = 0;
  private heard = 0;
  private looking: "no" | "soon" | "now" | "again" = "no";

  /** @param hasJob looks whether there is still one */
  constructor(hasJob: () => Promise<boolean>, wake: () => void) {
    this.hasJob = hasJob;
    this.wake = wake;
  }

  async hear(): Promise<void> {
    this.heard += 1;
    const isAlone = this.found >= ALONE_AFTER;
    if (isAlone && this.heard % SAMPLED > 0) return this.wake();
    // What is told of while it waits is seen by its look; what comes later may not be.
    if (this.looking === "now") this.looking = "again";
    if (this.looking !== "no") return;
    this.looking = "soon";
    if (!isAlone) await pause(Math.random() * SPREAD_MS);
    do {
      this.looking = "now";
      const isThere = await this.hasJob().catch(() => true);
      this.found = isThere ? this.found + 1 : 0;
      if (isThere) this.wake();
    } while (this.isAskedAgain());
    this.looking = "no";
  }

  private isAskedAgain(): boolean {
    return this.looking === "again";
  }
}
