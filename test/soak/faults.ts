/** What fails in a soak, one after the other, and how long it is until all goes its way again. */
import { setTimeout as delay } from "node:timers/promises";
import type { OutsideWire } from "../faults/outside.ts";
import type { WireFault } from "../support/tcp-proxy.ts";
import type { ProcessName, SoakWorld } from "./world.ts";

export interface SoakFault {
  name: string;
  needsRedis?: boolean;
  /** Resolves when it has just ended. */
  strike(world: SoakWorld): Promise<void>;
}

const MS = {
  away: 10_000,
  /** Longer than the lease on a thread: others have to take over. */
  frozen: 15_000,
  betweenFlushes: 500,
  /** After SIGTERM: the grace period and 8 s. */
  ending: 20_000,
  /** Between two looks at whether all goes its way. */
  look: 250,
  /** What waits longer than that waits because of the fault. */
  patience: 5_000,
};

const VICTIM: ProcessName = "worker 2";

function wire(name: OutsideWire, kind: WireFault, says: string): SoakFault {
  return {
    name: says,
    ...(name === "redis" && { needsRedis: true }),
    async strike({ wires }) {
      await wires[name].fail(kind);
      await delay(MS.away);
      await wires[name].heal();
    },
  };
}

/** In the order in which they come; after the last, the first again. */
export const SOAK_FAULTS: readonly SoakFault[] = [
  {
    name: "Redis is killed and started again",
    needsRedis: true,
    async strike({ redis }) {
      redis!.kill();
      await delay(MS.away);
      await redis!.restart();
    },
  },
  {
    name: "a worker is killed and started again",
    async strike(world) {
      await world.of(VICTIM).redline.kill();
      await world.startProcess(VICTIM);
    },
  },
  wire("slack", "cut", "Slack is cut off"),
  {
    name: "Postgres is restarted",
    async strike({ postgres }) {
      await postgres.stop();
      await delay(MS.away);
      await postgres.startAgain();
    },
  },
  wire("model", "cut", "the model is cut off"),
  {
    name: "a worker is frozen",
    async strike(world) {
      const { redline } = world.of("worker 1");
      redline.signal("SIGSTOP");
      await delay(MS.frozen);
      redline.signal("SIGCONT");
    },
  },
  {
    name: "Redis is flushed, again and again",
    needsRedis: true,
    async strike({ redis }) {
      for (let times = 0; times < 5; times += 1) {
        await redis!.flush();
        await delay(MS.betweenFlushes);
      }
    },
  },
  wire("discord", "cut", "Discord is cut off"),
  {
    name: "a worker is asked to end, and started again",
    async strike(world) {
      const { redline } = world.of(VICTIM);
      redline.signal("SIGTERM");
      const ended = await Promise.race([redline.ended, delay(MS.ending, null)]);
      if (!ended) await redline.kill();
      await world.startProcess(VICTIM);
      if (!ended) throw new Error("the worker did not end by itself");
    },
  },
  wire("postgres", "cut", "Postgres is cut off"),
  wire("redis", "cut", "Redis is cut off"),
  wire("discord", "lose", "the way to Discord is lost silently"),
];

/** Milliseconds from now until nothing waits that could go on, and both platforms' events come in; null: too long. */
export async function recovery(world: SoakWorld, withinMs: number): Promise<number | null> {
  const begun = performance.now();
  const since = new Date();
  for (;;) {
    const tookMs = performance.now() - begun;
    // The soak's own connections may be broken, too.
    if (await goesItsWay(world, since).catch(() => false)) return tookMs;
    if (tookMs > withinMs) return null;
    await delay(MS.look);
  }
}

async function goesItsWay(world: SoakWorld, since: Date): Promise<boolean> {
  const { url } = world.of("ingest,web");
  const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
  if (!ready) return false;
  const patience = `${MS.patience} ms`;
  const [row] = await world.sql<{ waiting: number; sources: number }[]>`
    select (select count(*) from inbox where state = 'waiting'
        and due_at < now() - ${patience}::interval
        and (lease_until is null or lease_until < now()))::int
      + (select count(*) from threads where lease_until < now()
        or lease_until is null and ready_at < now() - ${patience}::interval)::int
      + (select count(*) from place_looks where due_at < now() - ${patience}::interval
        and (lease_until is null or lease_until < now()))::int as waiting,
      (select count(distinct source) from inbox where received_at > ${since})::int as sources`;
  return row!.waiting === 0 && row!.sources === world.crowds.length;
}
