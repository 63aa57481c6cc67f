import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { HttpClient } from "../support/http-client.ts";
import { figure, printTable } from "./report.ts";
import type { Member } from "./support/fleet.ts";
import { Fleet } from "./support/fleet.ts";
import type { QueueKind } from "./support/start-server.ts";
import { post } from "./support/start-server.ts";

export const title =
  "Turns of 1, 2 and 4 worker processes beside one for the web, and what one costs";

const QUEUES: QueueKind[] = ["PostgreSQL", "Redis"];
const WORKERS = [1, 2, 4];
const CLIENTS = 48;
/** Of each worker: what its engine compiles on the way is no cost of a turn. */
const WARM_UP = 600;
/** What else goes on on the machine changes what a turn costs: all are measured in turns, a part at a time. */
const ROUNDS = 5;
const TURNS = 300;
/** A load that two cores carry with ease. */
const RATE = 40;
/** And one that grows with the workers, as it does where workers are added because there is more to do. */
const RATE_EACH = 20;

/** Messages of so many turns, and when each is sent. */
type Load = (group: Group) => Promise<void>;

const LOADS: { name: string; load: Load }[] = [
  { name: "all that goes", load: (group) => group.asFastAsItGoes(TURNS) },
  { name: `${RATE}/s`, load: (group) => group.atRate(TURNS, RATE) },
  { name: `${RATE_EACH}/s each`, load: (group) => group.atRate(TURNS, RATE_EACH * group.size) },
];

/**
 * Where the machine has no cores for more workers, the rate says little: what counts there is whether a turn
 * costs more among several workers than with one. Cores that are full cost more a turn by themselves, the more
 * processes share them; so the cost is measured at fixed rates as well: at one rate for all, where the standing
 * work of more workers is shared by as few turns, and at a rate that grows with them.
 */
export async function run(): Promise<void> {
  console.log(`${cpus().length} cores.\n`);
  for (const queue of QUEUES) {
    await using groups = await Groups.open(queue);
    if (!groups) {
      console.log(`${queue} is not installed.`);
      continue;
    }
    const rows: string[][] = [];
    for (const { name, load } of LOADS) {
      const measured = await groups.measure(load);
      for (const [n, { rate, workers, postgres, redis, web }] of measured.entries()) {
        const all = measured.map(cost);
        rows.push([
          queue,
          name,
          String(WORKERS[n]),
          figure(rate),
          ...[workers, postgres, redis, web].map(figure),
          figure(all[n]! / all[0]!),
        ]);
      }
    }
    printTable(COLUMNS, rows);
  }
}

const COLUMNS = [
  "queue",
  "load",
  "workers",
  "turns/s",
  "CPU ms a turn: workers",
  "Postgres",
  "Redis",
  "web",
  "cost to one",
];

interface Measured {
  /** Turns a second. */
  rate: number;
  /** Milliseconds of processor time a turn. */
  workers: number;
  postgres: number;
  redis: number;
  web: number;
}

/** Of a turn, without the process that stands in for whoever asks. */
const cost = ({ workers, postgres, redis }: Measured): number => workers + postgres + redis;

/** Some workers with a process for the web, and servers of their own. */
class Group implements AsyncDisposable {
  private readonly fleet: Fleet;
  private readonly web: Member;
  private readonly workers: readonly Member[];
  private readonly threads: readonly string[];

  private constructor(
    fleet: Fleet,
    web: Member,
    workers: readonly Member[],
    threads: readonly string[],
  ) {
    this.fleet = fleet;
    this.web = web;
    this.workers = workers;
    this.threads = threads;
  }

  /** Null when the queue's server is not installed. */
  static async open(queue: QueueKind, count: number): Promise<Group | null> {
    const fleet = await Fleet.open(queue);
    if (!fleet) return null;
    const web = await fleet.start("web");
    await fleet.registerRfc(web.url);
    const workers: Member[] = [];
    for (let n = 0; n < count; n += 1) workers.push(await fleet.start("worker"));
    const client = new HttpClient(web.url);
    const threads: string[] = [];
    for (let n = 0; n < CLIENTS; n += 1) threads.push(await client.newThread());
    const group = new Group(fleet, web, workers, threads);
    await group.asFastAsItGoes(WARM_UP * count);
    return group;
  }

  /** How many workers there are. */
  get size(): number {
    return this.workers.length;
  }

  /** Milliseconds of processor time so far. */
  used(): Omit<Measured, "rate"> {
    const workers = this.workers.reduce((total, member) => total + member.cpu(), 0);
    return { ...this.fleet.serverCpu(), web: this.web.cpu(), workers };
  }

  async asFastAsItGoes(turns: number): Promise<void> {
    let left = turns;
    await Promise.all(
      this.threads.map(async (threadId) => {
        while (left-- > 0) await this.ask(threadId);
      }),
    );
  }

  async atRate(turns: number, rate: number): Promise<void> {
    const start = performance.now();
    const asked: Promise<void>[] = [];
    for (let n = 0; n < turns; n += 1) {
      await pause(Math.max(0, start + (n * 1_000) / rate - performance.now()));
      asked.push(this.ask(this.threads[n % this.threads.length]!));
    }
    await Promise.all(asked);
  }

  private async ask(threadId: string): Promise<void> {
    await (await post(this.web.url, threadId, "empty")).text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of [...this.workers, this.web]) await member[Symbol.asyncDispose]();
    await this.fleet[Symbol.asyncDispose]();
  }
}

class Groups implements AsyncDisposable {
  private readonly all: readonly Group[];

  private constructor(all: readonly Group[]) {
    this.all = all;
  }

  static async open(queue: QueueKind): Promise<Groups | null> {
    const all: Group[] = [];
    for (const count of WORKERS) {
      const group = await Group.open(queue, count);
      if (!group) return null;
      all.push(group);
    }
    return new Groups(all);
  }

  async measure(load: Load): Promise<Measured[]> {
    const sums = this.all.map(() => ({ rate: 0, workers: 0, postgres: 0, redis: 0, web: 0 }));
    const turns = ROUNDS * TURNS;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [n, group] of this.all.entries()) {
        const before = group.used();
        const start = performance.now();
        await load(group);
        const seconds = (performance.now() - start) / 1_000;
        const after = group.used();
        const sum = sums[n]!;
        sum.rate += TURNS / seconds / ROUNDS;
        for (const part of ["workers", "postgres", "redis", "web"] as const) {
          sum[part] += (after[part] - before[part]) / turns;
        }
      }
    }
    return sums;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const group of this.all) await group[Symbol.asyncDispose]();
  }
}
