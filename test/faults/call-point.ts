import type { RedlineProcess } from "../support/redline-process.ts";
import { until } from "../support/test-app.ts";
import type { Rig } from "./rig.ts";

/** Of a call's effect. */
export type Moment = "before" | "after";

/** Calls of one kind, as a platform's fake sees them. */
export interface PointCalls {
  /** In order; the status is 0 while one is under way. */
  made(): readonly { status: number }[];
  /** Keeps the next one until then. */
  hold(until: Promise<void>): void;
}

/** The next call of a kind that is made from now on, held before, or just after, it takes effect. */
export class CallPoint {
  readonly #rig: Rig;
  readonly #moment: Moment;
  readonly #calls: PointCalls;
  readonly #from: number;
  #open: () => void = () => {};

  constructor(rig: Rig, moment: Moment, calls: PointCalls) {
    this.#rig = rig;
    this.#moment = moment;
    this.#calls = calls;
    this.#from = calls.made().length;
    calls.hold(new Promise<void>((resolve) => (this.#open = resolve)));
  }

  /** Ends Redline there as a power switch would: it has heard nothing of what became of the call. */
  async kill(): Promise<void> {
    const redline = await this.freeze();
    await redline.kill();
  }

  /** Stops Redline there: what became of the call it learns when it is let go on. */
  async freeze(): Promise<RedlineProcess> {
    const { redline } = this.#rig;
    await until(async () => this.#calls.made().length > this.#from, "the call");
    redline.signal("SIGSTOP");
    this.#open();
    if (this.#moment === "after") {
      await until(async () => this.#calls.made()[this.#from]!.status !== 0, "the call's effect");
    }
    return redline;
  }
}
