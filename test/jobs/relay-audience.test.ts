import { expect, test, vi } from "vitest";
import type { JobRelay } from "../../jobs/connection.ts";
import { RelayAudience } from "../../jobs/relay-audience.ts";

const KEEP_MS = 10_000;
const RETRY_MS = 1_000;

/** An audience that left while its server could not be reached, and what became of that. */
async function leftAlone() {
  const seen = { away: true, isSubscribed: false, tries: 0, errors: 0 };
  const unsubscribe = async (): Promise<void> => {
    seen.tries += 1;
    if (seen.away) throw new Error("away");
    seen.isSubscribed = false;
  };
  const subscribe = async (pattern: string) => {
    seen.isSubscribed = true;
    return { pattern, unsubscribe };
  };
  const closing = new AbortController();
  const audience = new RelayAudience({
    topic: "live.thread",
    nodeId: "one",
    relay: async () => ({ subscribe }) as unknown as JobRelay,
    receive() {},
    logError: () => (seen.errors += 1),
    closing: closing.signal,
  });
  await audience.join();
  audience.leave();
  await vi.advanceTimersByTimeAsync(KEEP_MS);
  expect(seen).toEqual({ away: true, isSubscribed: true, tries: 1, errors: 1 });
  return { seen, closing };
}

test("who leaves while the server is away leaves once it is back", async () => {
  vi.useFakeTimers();
  try {
    const { seen } = await leftAlone();
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    seen.away = false;
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(seen).toEqual({ away: false, isSubscribed: false, tries: 3, errors: 2 });
    await vi.advanceTimersByTimeAsync(5 * RETRY_MS);
    expect(seen.tries).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});

test("nobody goes on leaving a relay that is being closed", async () => {
  vi.useFakeTimers();
  try {
    const { seen, closing } = await leftAlone();
    closing.abort();
    await vi.advanceTimersByTimeAsync(5 * RETRY_MS);
    expect(seen).toMatchObject({ tries: 1, errors: 1 });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
