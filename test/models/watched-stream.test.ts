import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ModelSilence, watchedStream } from "../../src/models/watched-stream.ts";
import type { Pulse } from "../../src/models/watched-stream.ts";

const never = new AbortController().signal;

/** A stream that the test feeds by hand. */
function handFed() {
  const waiting: ((value: string) => void)[] = [];
  let pulse: Pulse | undefined;
  let signal: AbortSignal | undefined;
  async function* open(inner: AbortSignal, innerPulse: Pulse) {
    signal = inner;
    pulse = innerPulse;
    for (;;) yield await new Promise<string>((resolve) => waiting.push(resolve));
  }
  return {
    open,
    feed: (value: string) => waiting.shift()?.(value),
    pulse: () => pulse!,
    signal: () => signal!,
  };
}

describe("watchedStream", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives up after silence, and tells the one below", async () => {
    const source = handFed();
    const next = watchedStream(source.open, never, 1000).next();
    next.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(999);
    expect(source.signal().aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await expect(next).rejects.toThrow(ModelSilence);
    expect(source.signal().aborted).toBe(true);
  });

  it("counts from the last item, and not the time that the consumer takes", async () => {
    const source = handFed();
    const stream = watchedStream(source.open, never, 1000);
    const first = stream.next();
    await vi.advanceTimersByTimeAsync(900);
    source.feed("a");
    expect(await first).toEqual({ done: false, value: "a" });
    await vi.advanceTimersByTimeAsync(60_000);
    const second = stream.next();
    await vi.advanceTimersByTimeAsync(900);
    source.feed("b");
    expect(await second).toEqual({ done: false, value: "b" });
  });

  it("is held open by progress for ever, by bytes alone for ten idle times", async () => {
    const source = handFed();
    const next = watchedStream(source.open, never, 1000).next();
    let failure: unknown;
    next.catch((error: unknown) => (failure = error));
    for (let n = 0; n < 30; n += 1) {
      await vi.advanceTimersByTimeAsync(900);
      source.pulse().progress();
    }
    for (let n = 0; n < 11; n += 1) {
      await vi.advanceTimersByTimeAsync(900);
      source.pulse().bytes();
    }
    expect(failure).toBeUndefined();
    for (let n = 0; n < 2; n += 1) {
      await vi.advanceTimersByTimeAsync(900);
      source.pulse().bytes();
    }
    expect(failure).toBeInstanceOf(ModelSilence);
  });

  it("notices an abort that came while the consumer was busy", async () => {
    const source = handFed();
    const control = new AbortController();
    const stream = watchedStream(source.open, control.signal, 1000);
    const first = stream.next();
    source.feed("a");
    await vi.advanceTimersByTimeAsync(0);
    source.feed("a");
    await first;
    const reason = new Error("enough");
    control.abort(reason);
    await expect(stream.next()).rejects.toBe(reason);
  });

  it("leaves no listener on the caller's signal", async () => {
    const source = handFed();
    const control = new AbortController();
    const removed = vi.spyOn(control.signal, "removeEventListener");
    const stream = watchedStream(source.open, control.signal, 1000);
    const first = stream.next();
    await vi.advanceTimersByTimeAsync(0);
    source.feed("a");
    await first;
    await stream.return(undefined);
    expect(removed).toHaveBeenCalledOnce();
    expect(source.signal().aborted).toBe(true);
  });
});
