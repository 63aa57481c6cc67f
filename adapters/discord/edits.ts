/**
 * The order of edits in a channel: one at a time, finals first, previews with a rest between them. Of several
 * previews of one message the newest is enough, as it shows the newest text.
 */
import type { Urgency } from "../../src/chat/chat-platform.ts";
import { pause } from "../../src/waiting.ts";
import { PREVIEW_MS } from "./paces.ts";

interface Edit {
  messageId: string;
  urgency: Urgency;
  run(): Promise<void>;
  done(error?: Error): void;
}

interface Line {
  waiting: Edit[];
  /** Since when there was no edit, by `performance.now()`. */
  restedSince: number;
  /** Ends a rest, as something more pressing has come. */
  wake: AbortController;
}

export interface EditOrderDeps {
  /** Milliseconds until the channel has room for a preview. */
  waitForRoom(channel: string): number;
  scaled(ms: number): number;
}

export class EditOrder {
  readonly #deps: EditOrderDeps;
  readonly #lines = new Map<string, Line>();

  constructor(deps: EditOrderDeps) {
    this.#deps = deps;
  }

  /** Resolves once it ran, or a newer one of its message takes its place; rejects as `run` does. */
  add(
    channel: string,
    messageId: string,
    urgency: Urgency,
    run: () => Promise<void>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      const line = this.#lines.get(channel);
      const edit = { messageId, urgency, run, done };
      if (!line) {
        const begun: Line = {
          waiting: [edit],
          restedSince: -Infinity,
          wake: new AbortController(),
        };
        this.#lines.set(channel, begun);
        void this.#work(channel, begun);
        return;
      }
      const isOutdated = (one: Edit): boolean =>
        one.urgency === "preview" && one.messageId === messageId;
      for (const old of line.waiting.filter(isOutdated)) old.done();
      line.waiting = line.waiting.filter((one) => !isOutdated(one));
      line.waiting.push(edit);
      line.wake.abort();
    });
  }

  async #work(channel: string, line: Line): Promise<void> {
    for (;;) {
      const next = await this.#next(channel, line);
      if (!next) {
        if (line.waiting.length > 0) continue;
        break;
      }
      await next.run().then(
        () => next.done(),
        (error: Error) => next.done(error),
      );
      line.restedSince = performance.now();
    }
    this.#lines.delete(channel);
  }

  /** Null once nothing is left to do and the rest after it is over. */
  async #next(channel: string, line: Line): Promise<Edit | null> {
    for (;;) {
      const final = line.waiting.findIndex(({ urgency }) => urgency === "final");
      const wait = final >= 0 ? 0 : this.#restLeft(channel, line);
      if (wait <= 0) return line.waiting.splice(Math.max(final, 0), 1)[0] ?? null;
      line.wake = new AbortController();
      await pause(wait, line.wake.signal);
    }
  }

  #restLeft(channel: string, { restedSince }: Line): number {
    const rest = restedSince + this.#deps.scaled(PREVIEW_MS) - performance.now();
    return Math.max(rest, this.#deps.waitForRoom(channel));
  }
}
