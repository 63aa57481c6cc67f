/** A soak from its beginning to its end. */
import { setTimeout as delay } from "node:timers/promises";
import { placesBusy } from "../support/chat-places.ts";
import { brokenInvariants, isBusy } from "../support/invariants.ts";
import type { Doing } from "./crowd.ts";
import { recovery, SOAK_FAULTS } from "./faults.ts";
import type { SoakOptions } from "./options.ts";
import { printMinute } from "./report.ts";
import { Watch } from "./watch.ts";
import type { SoakWorld } from "./world.ts";

const MS = {
  tick: 50,
  minute: 60_000,
  /** Between two looks at answers, at memory and at queues. */
  answers: 500,
  watch: 15_000,
  /** Of a recovery; the next fault comes within the minute. */
  recovery: 45_000,
  /** Until all is done after the last event; what is not by then never is. */
  settle: 600_000,
};

/** Out of twenty. */
const MIX: readonly (readonly [Doing, number])[] = [
  ["talk", 10],
  ["elsewhere", 3],
  ["edit", 3],
  ["remove", 1],
  ["react", 2],
  ["command", 1],
];
const TURN: readonly Doing[] = MIX.flatMap(([doing, times]) =>
  Array.from({ length: times }, () => doing),
);

export interface Recovery {
  fault: string;
  /** Null: it did not come about in time. */
  tookMs: number | null;
}

export class Soak {
  readonly world: SoakWorld;
  readonly watch: Watch;
  readonly recoveries: Recovery[] = [];
  /** What went wrong with the soak itself. */
  readonly problems: string[] = [];
  sent = 0;
  readonly #options: SoakOptions;
  readonly #stopping = new AbortController();

  constructor(world: SoakWorld, options: SoakOptions) {
    this.world = world;
    this.#options = options;
    this.watch = new Watch(world);
  }

  /** Resolves when the time is up and the last fault is over. */
  async run(): Promise<void> {
    const works = [this.#people(), this.#answers(), this.#looks()];
    await this.#minutes();
    this.#stopping.abort();
    await Promise.all(works);
    await this.watch.look(performance.now());
  }

  /** What is not done yet once it has had its time; null when all is. */
  async settle(): Promise<string | null> {
    const limit = performance.now() + MS.settle;
    for (;;) {
      const missing = await this.#missing();
      if (missing === null || performance.now() > limit) return missing;
      await delay(2_000);
    }
  }

  /** Against what must hold now that nothing is under way. */
  broken(): Promise<string[]> {
    const { sql, repository } = this.world;
    return brokenInvariants({ sql, repository, posted: [] });
  }

  async #missing(): Promise<string | null> {
    const { sql, repository, crowds } = this.world;
    for (const crowd of crowds) crowd.look(performance.now());
    const open = crowds.flatMap(({ openQuestions }) => openQuestions);
    if (open.length > 0) return `without the end of an answer: ${open.join(", ")}`;
    if (await placesBusy(sql)) return "a place is busy";
    return (await isBusy({ sql, repository })) ? "something is under way" : null;
  }

  /** So many events a second, whatever becomes of them. */
  async #people(): Promise<void> {
    const { signal } = this.#stopping;
    const begun = performance.now();
    while (!signal.aborted) {
      const now = performance.now();
      const due = Math.floor(((now - begun) / 1_000) * this.#options.eventsPerSecond);
      for (; this.sent < due; this.sent += 1) {
        const crowd = this.world.crowds[this.sent % this.world.crowds.length]!;
        try {
          crowd.act(TURN[Math.floor(this.sent / 2) % TURN.length]!, now);
        } catch (error) {
          this.problems.push(String(error));
        }
      }
      await delay(MS.tick, undefined, { signal }).catch(() => {});
    }
  }

  async #answers(): Promise<void> {
    await this.#every(MS.answers, async () => {
      for (const crowd of this.world.crowds) crowd.look(performance.now());
    });
  }

  async #looks(): Promise<void> {
    await this.#every(MS.watch, () => this.watch.look(performance.now()));
  }

  async #every(everyMs: number, act: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await act();
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  /** The first minute is without a fault. */
  async #minutes(): Promise<void> {
    const { minutes } = this.#options;
    const begun = performance.now();
    const faults = SOAK_FAULTS.filter(({ needsRedis }) => !needsRedis || this.world.redis);
    for (let minute = 1, struck = 0; minute <= minutes; minute += 1) {
      const said = minute > 1 ? await this.#strike(faults[struck++ % faults.length]!) : "";
      // One that took longer has taken the next one's time.
      minute = Math.max(minute, Math.ceil((performance.now() - begun) / MS.minute));
      await delay(Math.max(0, begun + minute * MS.minute - performance.now()));
      this.world.forget();
      const open = this.world.crowds.reduce((all, one) => all + one.openQuestions.length, 0);
      printMinute(this.watch, { minute, sent: this.sent, open, fault: said });
    }
  }

  async #strike(fault: (typeof SOAK_FAULTS)[number]): Promise<string> {
    const hasEnded = await fault.strike(this.world).then(
      () => true,
      (error: unknown) => {
        this.problems.push(`${fault.name}: ${String(error)}`);
        return false;
      },
    );
    const tookMs = hasEnded ? await recovery(this.world, MS.recovery) : null;
    this.recoveries.push({ fault: fault.name, tookMs });
    const took =
      tookMs === null ? "not recovered" : `recovered in ${(tookMs / 1_000).toFixed(1)} s`;
    return `${fault.name}: ${took}`;
  }
}
