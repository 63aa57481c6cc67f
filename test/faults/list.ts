/** The faults, each from its beginning to its end. */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Sql } from "../../src/store/database.ts";
import { WAITING } from "../../src/store/database-clock.ts";
import { persist } from "../../src/waiting.ts";
import type { WireFault } from "../support/tcp-proxy.ts";
import type { FaultWorld, WireName } from "./world.ts";

/** What `npm run test:faults` takes its time for; `npm test` shows the same in little time. */
export const FULL = process.env["TEST_FAULTS"] === "full";
export const SPAN_MS = FULL ? 30_000 : 3_000;
/** Of waiting after a fault; the machine's own slowness is in it, too. */
export const RECOVERY_MS = 30_000;
/** Longer than the lease on a thread: others have to take over. */
const FROZEN_MS = FULL ? 60_000 : 12_000;

export interface Fault {
  name: string;
  /** Null: with every queue. */
  queue: "redis" | null;
  /** Resolves when it has just ended. */
  strike(world: FaultWorld): Promise<void>;
  /** Left out of `npm test`, where another shows much the same. */
  fullOnly?: boolean;
}

const span = (): Promise<void> => delay(SPAN_MS);

/** Some wires fail together. */
function wireFault(name: string, kind: WireFault, wires: readonly WireName[], more = {}): Fault {
  const says = { cut: "is cut", refuse: "is refused", stall: "stalls", lose: "is lost silently" }[
    kind
  ];
  return {
    name: `${name} ${says}`,
    queue: wires.includes("worker's redis") ? "redis" : null,
    async strike(world) {
      await Promise.all(wires.map((wire) => world.wires[wire].fail(kind)));
      await span();
      await Promise.all(wires.map((wire) => world.wires[wire].heal()));
    },
    ...more,
  };
}

const REDIS: readonly Fault[] = [
  {
    name: "Redis is killed and started again",
    queue: "redis",
    async strike({ redis }) {
      redis!.kill();
      await span();
      await redis!.restart();
    },
  },
  {
    name: "Redis is flushed, again and again",
    queue: "redis",
    async strike({ redis }) {
      for (let times = 0; times < 5; times += 1) {
        await redis!.flush();
        await delay(500);
      }
    },
  },
  wireFault("the way to Redis", "refuse", ["redis", "worker's redis"], { fullOnly: true }),
  wireFault("the way to Redis", "stall", ["redis", "worker's redis"], { fullOnly: true }),
  wireFault("the way to Redis", "lose", ["redis", "worker's redis"]),
  wireFault("one worker's way to Redis", "cut", ["worker's redis"], { fullOnly: true }),
  wireFault("one worker's way to Redis", "lose", ["worker's redis"], { fullOnly: true }),
  {
    name: "Redis takes no writes",
    queue: "redis",
    async strike({ redis }) {
      await redis!.refuseWrites(true);
      await span();
      await redis!.refuseWrites(false);
    },
  },
];

const DATABASE: readonly Fault[] = [
  {
    name: "Postgres is restarted",
    queue: null,
    async strike({ postgres }) {
      await postgres.stop();
      await span();
      await postgres.startAgain();
    },
  },
  {
    name: "Postgres crashes",
    queue: null,
    strike: ({ postgres }) => postgres.crash(),
  },
  {
    name: "Postgres has no connection left",
    queue: null,
    async strike(world) {
      await using greed = new Greed(world.postgres.url);
      await greed.takeAll(world.sql, SPAN_MS);
    },
  },
  {
    name: "Postgres is read-only",
    queue: null,
    async strike({ sql }) {
      await setReadOnly(sql, "on");
      await span();
      await setReadOnly(sql, "off");
    },
  },
  {
    name: "the disk of Postgres is full",
    queue: null,
    async strike({ sql }) {
      // Whoever is at work may hold a table that this waits for.
      await persist(() => sql.unsafe(FILL_DISK), SPAN_MS);
      await span();
      await persist(() => sql.unsafe("drop function disk_full cascade"), SPAN_MS);
    },
  },
  wireFault("the way to Postgres", "cut", ["postgres", "worker's postgres"], { fullOnly: true }),
  wireFault("the way to Postgres", "stall", ["postgres", "worker's postgres"], { fullOnly: true }),
  wireFault("the way to Postgres", "lose", ["postgres", "worker's postgres"]),
  wireFault("one worker's way to Postgres", "cut", ["worker's postgres"], { fullOnly: true }),
  wireFault("one worker's way to Postgres", "lose", ["worker's postgres"]),
  {
    // The last one, since nothing is at the old address afterwards.
    name: "Postgres fails over to another address",
    queue: null,
    async strike(world) {
      const copy = await world.postgres.copy();
      const wires = [world.wires.postgres, world.wires["worker's postgres"]];
      await Promise.all(wires.map((wire) => wire.fail("lose")));
      await world.postgres.stop();
      await copy.promote();
      await span();
      await world.moveDatabase(copy.url);
      await Promise.all(wires.map((wire) => wire.heal()));
    },
  },
];

const OTHERS: readonly Fault[] = [
  wireFault("the way to the model", "cut", ["model"]),
  wireFault("the way to the model", "lose", ["model"], { fullOnly: true }),
  wireFault("the way to Slack", "cut", ["slack"], { fullOnly: true }),
  wireFault("the way to Slack", "lose", ["slack"]),
  wireFault("the way to Discord", "cut", ["discord"], { fullOnly: true }),
  wireFault("the way to Discord", "lose", ["discord"]),
  {
    name: "a worker is frozen",
    queue: null,
    async strike({ worker }) {
      worker.signal("SIGSTOP");
      await delay(FROZEN_MS);
      worker.signal("SIGCONT");
    },
  },
  {
    name: "a worker is killed and started again",
    queue: null,
    fullOnly: true,
    async strike(world) {
      await world.worker.kill();
      await world.startWorker();
    },
  },
  {
    name: "the clocks jump, an hour ahead and an hour back",
    queue: null,
    async strike({ front, worker }) {
      const HOUR = 3_600_000;
      for (const [first, second] of [
        [HOUR, -HOUR],
        [-HOUR, HOUR],
      ]) {
        front.order({ clockMs: first! });
        worker.order({ clockMs: second! });
        await delay(SPAN_MS / 2);
      }
      for (const redline of [front, worker]) redline.order({ clockMs: 0 });
    },
  },
  {
    name: "the database's clock is set back an hour, and a worker is killed",
    queue: null,
    async strike(world) {
      await world.worker.kill();
      await persist(() => setClockBack(world.sql), SPAN_MS);
      await world.startWorker();
    },
  },
];

/** To whatever waits it is as if the clock had gone back by an hour. */
async function setClockBack(sql: Sql): Promise<void> {
  await sql.begin(async (tx) => {
    for (const { table, due, lease } of WAITING) {
      for (const column of [due, lease].filter((one) => one !== null)) {
        await tx`update ${tx(table)} set ${tx(column)} = ${tx(column)} + interval '1 hour'`;
      }
    }
    await tx`update database_clock set seen_at = seen_at + interval '1 hour'`;
  });
}

export const FAULTS: readonly Fault[] = [...REDIS, ...OTHERS, ...DATABASE];

/** Takes every connection that a server has. */
class Greed implements AsyncDisposable {
  readonly #url: string;
  readonly #held: pg.Client[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  /** For so long; at first it ends every session but the tests'. */
  async takeAll(sql: Sql, forMs: number): Promise<void> {
    const until = performance.now() + forMs;
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where backend_type = 'client backend' and application_name <> 'test'`;
    while (performance.now() < until) if (!(await this.#takeOne())) await delay(20);
  }

  async #takeOne(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.#url, application_name: "greedy" });
    client.on("error", () => {});
    try {
      await client.connect();
    } catch {
      return false;
    }
    this.#held.push(client);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#held.map((client) => client.end()));
  }
}

/** Of all sessions, also of those that are there. */
async function setReadOnly(sql: Sql, value: "on" | "off"): Promise<void> {
  const held = await sql.reserve();
  try {
    await held.unsafe("set default_transaction_read_only = off");
    await held.unsafe(`alter system set default_transaction_read_only = ${value}`);
    await held.unsafe("select pg_reload_conf()");
    await held.unsafe("reset default_transaction_read_only");
  } finally {
    held.release();
  }
}

/** Postgres answers to every new row as when a file cannot grow. */
const FILL_DISK = `
  create function disk_full() returns trigger language plpgsql as $$ begin
    raise exception 'could not extend file' using errcode = 'disk_full';
  end $$;
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname in ('public', 'bullmq') loop
      execute format('create trigger disk_full before insert on %s for each statement execute function disk_full()',
        case when to_regclass('public.' || quote_ident(name)) is null then 'bullmq.' else 'public.' end || quote_ident(name));
    end loop;
  end $$;`;
