import { describe, expect, it } from "vitest";

import { createOfflineProvider } from "../../../adapters/offline/provider.ts";
import {
  collect,
  describeModelProvider,
  modelRequest,
  textOf,
} from "../../contract/model-provider.ts";

const never = new AbortController().signal;
const request = modelRequest("offline", "Ada: replace “Redis” with “Valkey”");

const ANSWER = `Here is the change as asked:

<change k="7f3a">
<original>Redis</original>
<proposed>Valkey</proposed>
<reason>Asked for in the conversation: replace “Redis” with “Valkey”</reason>
</change>
`;

describeModelProvider("offline", async () => {
  const options = { pauseMs: 0 };
  return {
    provider: createOfflineProvider(options),
    model: "offline",
    request,
    answer: ANSWER,
    stall: () => {
      options.pauseMs = 2 ** 30;
    },
    sent: () => 0,
    left: async () => "left",
    close: async () => undefined,
  };
});

describe("the offline provider", () => {
  it("lists itself alone, and says that this is all there is", async () => {
    const provider = createOfflineProvider();
    expect(await provider.models(never)).toEqual([
      { id: "offline", label: "Offline editor (no language model)" },
    ]);
    expect(provider.listsAll).toBe(true);
  });

  it("streams in small deltas, counts no tokens, and does not take long over a long reply", async () => {
    const provider = createOfflineProvider();
    const started = performance.now();
    const long = modelRequest("offline", "Ada: rename “e” to “é” everywhere");
    const words = "the quick brown fox jumps over the lazy dog\n".repeat(30);
    const events = await collect(
      provider.stream({ ...long, stablePrompt: `<document>\n${words}\n</document>` }, never),
    );
    expect(events.at(-1)).toEqual({
      type: "end",
      stop: "complete",
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    });
    const lengths = events.map((event) => (event.type === "text" ? event.text.length : 0));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(16);
    expect(textOf(events).length).toBeGreaterThan(1000);
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});
