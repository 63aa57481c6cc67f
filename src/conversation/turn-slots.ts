import type { Logger } from "../log.ts";
import { FewAtOnce } from "../waiting.ts";

/** Of the turns that may run here, the part that is begun without a way through the queue. */
const NEAR_PART = 4;

/**
 * How many threads run in this process at once. Who asks for a turn in a process that works begins it there:
 * the queue would cost as much as the turn itself. What is beyond a part of the room goes through the queue,
 * where whoever has least to do takes it. Both ways end in a claim, which one worker alone gets.
 */
export class TurnSlots {
  private readonly run: (threadId: string) => Promise<void>;
  private readonly most: number;
  private readonly logger: Logger;
  private readonly places: FewAtOnce;
  /** Threads that were begun at once; true where somebody asked again meanwhile. */
  private readonly near = new Map<string, boolean>();
  private stopped = false;

  constructor(run: (threadId: string) => Promise<void>, most: number, logger: Logger) {
    this.run = run;
    this.most = most;
    this.places = new FewAtOnce(most);
    this.logger = logger;
  }

  /** Begins what waits in the thread, if there is room; false: it is for the queue. */
  offer(threadId: string): boolean {
    if (this.stopped) return false;
    if (this.near.has(threadId)) {
      // What runs may have looked for more before this came.
      this.near.set(threadId, true);
      return true;
    }
    if (this.places.taken >= Math.ceil(this.most / NEAR_PART)) return false;
    void this.runNear(threadId);
    return true;
  }

  /** Runs what waits in the thread as soon as there is room. @throws what the run throws */
  take(threadId: string): Promise<void> {
    return this.places.run(() => this.run(threadId));
  }

  /** Nothing is begun any more but by the queue. */
  stop(): void {
    this.stopped = true;
  }

  private async runNear(threadId: string): Promise<void> {
    try {
      do {
        this.near.set(threadId, false);
        await this.take(threadId);
      } while (this.near.get(threadId) === true && !this.stopped);
    } catch (error) {
      this.logger.warn({ err: error, threadId }, "a thread could not be run; a sweep finds it");
    } finally {
      this.near.delete(threadId);
    }
  }
}
