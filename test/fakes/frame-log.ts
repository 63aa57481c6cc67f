import type { StreamFrame } from "../../src/conversation/stream-frames.ts";
import type { StreamSource } from "../../src/engine.ts";

/** Frames in order, kept, with any number of readers; an id is a frame's place in the log. */
export class FrameLog {
  readonly frames: StreamFrame[] = [];
  readonly #waiting = new Set<() => void>();

  get lastId(): string {
    return String(this.frames.length);
  }

  push(data: string, event?: string): void {
    const id = String(this.frames.length + 1);
    this.frames.push(event === undefined ? { id, data } : { id, event, data });
    for (const wake of this.#waiting) wake();
  }

  /** From after `lastId`; `isLast` ends the stream with the frame for which it holds. */
  read(lastId: string, isLast: (frame: StreamFrame) => boolean = () => false): FakeStream {
    return new FakeStream(this.frames, Number(lastId), isLast, this.#waiting);
  }
}

export class FakeStream implements StreamSource {
  /** How many frames were handed out. */
  pulled = 0;
  closed = false;
  readonly #frames: readonly StreamFrame[];
  readonly #isLast: (frame: StreamFrame) => boolean;
  readonly #waiting: Set<() => void>;
  #at: number;
  #wake: (() => void) | null = null;

  constructor(
    frames: readonly StreamFrame[],
    at: number,
    isLast: (frame: StreamFrame) => boolean,
    waiting: Set<() => void>,
  ) {
    this.#frames = frames;
    this.#at = at;
    this.#isLast = isLast;
    this.#waiting = waiting;
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamFrame> {
    while (!this.closed) {
      const frame = this.#frames[this.#at];
      if (!frame) {
        await this.#more();
        continue;
      }
      this.#at += 1;
      this.pulled += 1;
      yield frame;
      if (this.#isLast(frame)) return;
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        this.#wake = null;
        resolve();
      };
      this.#wake = wake;
      this.#waiting.add(wake);
    });
  }
}
