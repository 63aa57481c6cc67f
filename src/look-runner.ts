/**
 * Runs looks: a place where two sides are to be brought together is leased, looked at, and given back with
 * the moment of the next look. A look compares states and is harmless to repeat, so that whatever happens
 * only ever has to ask for one.
 */
import { randomUUID } from "node:crypto";

import { joinSignals, persist, settledWithin } from "./waiting.ts";

/** A look that this worker is to take. */
export interface HeldLook {
  epoch: number;
  /** The wishes that it fulfils. */
  asked: number;
  /** Looks in a row that failed before this one. */
  failures: number;
  /** What people were told of the last of them. */
  problem: string | null;
}

/** How a look ended: when the next one is due, and what people should know. */
export interface LookEnding {
  inMs: number;
  problem: string | null;
  failed: boolean;
  /** Whether threads hear of the problem: they have not yet, and it does not pass by itself soon. */
  tells: boolean;
}

/** The lease is over, or may be. */
export class LookLost extends Error {
  override readonly name = "LookLost";
}

/** What a look may ask while it is under way. */
export interface LookControl {
  /** Asked before each write: throws `LookLost` once the look may be another worker's. */
  assertHeld(): void;
  /** Aborted when this process stops, and when the lease is known to be lost. */
  signal: AbortSignal;
}

/** For a look that was broken off to come to its end. */
const ABORT_MS = 1_000;

export interface LookRunnerDeps<Key, Look extends HeldLook> {
  /** How long a look stays owned without a heartbeat. */
  leaseMs: number;
  /** Null when nothing is due, or somebody else does it. */
  claim(key: Key, owner: string, leaseMs: number): Promise<Look | null>;
  /** False when another worker has it. */
  renew(look: Look, leaseMs: number): Promise<boolean>;
  /** False when another worker has it. */
  end(look: Look, ending: LookEnding): Promise<boolean>;
  /** Brings both sides together; milliseconds until the next look. */
  work(look: Look, control: LookControl): Promise<number>;
  /** What a failure means. */
  explain(look: Look, error: unknown): LookEnding;
  /** Called once for an ending that is to be told. */
  tell(look: Look, problem: string): Promise<void>;
}

export class LookRunner<Key, Look extends HeldLook> {
  private readonly deps: LookRunnerDeps<Key, Look>;
  private readonly owner = randomUUID();
  private readonly running = new Set<Promise<void>>();
  private readonly shutdown = new AbortController();
  private stopping = false;

  constructor(deps: LookRunnerDeps<Key, Look>) {
    this.deps = deps;
  }

  /** Looks under way in this process. */
  get count(): number {
    return this.running.size;
  }

  /** Takes the look that is due, if nobody else does. Rejects for nothing but a failing database. */
  look(key: Key): Promise<void> {
    if (this.stopping) return Promise.resolve();
    const work = this.claimed(key).finally(() => this.running.delete(work));
    this.running.add(work);
    return work;
  }

  /** Takes no more looks, and waits for those under way; the rest of one is done by the next. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const done = Promise.allSettled(this.running);
    await settledWithin(done, graceMs);
    this.shutdown.abort();
    await settledWithin(done, ABORT_MS);
  }

  private async claimed(key: Key): Promise<void> {
    const { leaseMs } = this.deps;
    const look = await this.deps.claim(key, this.owner, leaseMs);
    if (!look) return;
    const lost = new AbortController();
    using either = joinSignals(this.shutdown.signal, lost.signal);
    // By this process's own clock: after a freeze no heartbeat has told it anything yet.
    let heldUntil = performance.now() + leaseMs;
    const renew = async (): Promise<void> => {
      const asked = performance.now();
      const held = await this.deps.renew(look, leaseMs);
      heldUntil = held ? asked + leaseMs : 0;
      if (!held) lost.abort();
    };
    const heartbeat = setInterval(() => void renew().catch(() => {}), leaseMs / 3);
    const control: LookControl = {
      assertHeld() {
        if (performance.now() > heldUntil) throw new LookLost("another worker has the look by now");
      },
      signal: either.signal,
    };
    try {
      const ending = await this.deps.work(look, control).then(
        (inMs): LookEnding => ({ inMs, problem: null, failed: false, tells: false }),
        (error: unknown) => this.deps.explain(look, error),
      );
      // Another worker has it by now: then what became of it is that one's to tell.
      if (!(await persist(() => this.deps.end(look, ending), leaseMs))) return;
      if (ending.problem !== null && ending.tells) await this.deps.tell(look, ending.problem);
    } finally {
      clearInterval(heartbeat);
    }
  }
}

export function lookFailure(inMs: number, problem: string | null, tells = false): LookEnding {
  return { inMs, problem, failed: true, tells };
}
