/**
 * What every `ModelProvider` does, whatever is behind it. Each adapter's test runs this suite.
 */
import { afterEach, describe, expect, it } from "vitest";

import { ModelError } from "../../src/ports.ts";
import type { ModelEvent, ModelProvider, ModelRequest } from "../../src/ports.ts";

export interface ProviderUnderTest {
  provider: ModelProvider;
  /** An id that the provider has. */
  model: string;
  /** Answered with `answer`, in several pieces. */
  request: ModelRequest;
  answer: string;
  /** From now on an answer stops after its first piece and waits for ever. */
  stall: () => void;
  /** Requests for an answer that went out so far. */
  sent: () => number;
  /** "left" once whoever works on the last answer noticed that nobody wants it any more. */
  left: () => Promise<string | undefined>;
  close: () => Promise<void>;
}

/** A request as the engine makes it. */
export function modelRequest(model: string, text = "Ada: What do you think?"): ModelRequest {
  return {
    model,
    stablePrompt: "You help with an RFC.\n<document>\n# Queue\n\nUse the Redis queue.\n</document>",
    turnPrompt: 'Propose edits as <change k="7f3a"> blocks.',
    messages: [{ role: "user", content: text }],
    maxTokens: 1000,
  };
}

/** All events; `onEvent` is awaited after each. */
export async function collect(
  events: AsyncIterable<ModelEvent>,
  onEvent?: (event: ModelEvent) => unknown,
): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) {
    all.push(event);
    await onEvent?.(event);
  }
  return all;
}

export const textOf = (events: readonly ModelEvent[]): string =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");

/** The error that an iteration or a promise rejects with. */
export async function failureOf(
  action: AsyncIterable<ModelEvent> | Promise<unknown>,
): Promise<Error> {
  try {
    await ("then" in action ? action : collect(action));
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("expected a rejection");
}

export function describeModelProvider(name: string, start: () => Promise<ProviderUnderTest>): void {
  describe(`${name} as a ModelProvider`, () => {
    let running: ProviderUnderTest | undefined;
    const begin = async (): Promise<ProviderUnderTest> => (running = await start());
    const never = new AbortController().signal;

    afterEach(async () => {
      await running?.close();
      running = undefined;
    });

    it("streams the text in order, in pieces, and ends once", async () => {
      const { provider, request, answer } = await begin();
      const events = await collect(provider.stream(request, never));
      expect(textOf(events)).toBe(answer);
      expect(events.filter(({ type }) => type === "text").length).toBeGreaterThan(1);
      expect(events.map(({ type }) => type).indexOf("end")).toBe(events.length - 1);
    });

    it("ends with whole, non-negative token counts", async () => {
      const { provider, request } = await begin();
      const end = (await collect(provider.stream(request, never))).at(-1);
      if (end?.type !== "end") throw new Error("the last event is no end");
      expect(end.stop).toBe("complete");
      expect(Object.keys(end.usage).toSorted()).toEqual([
        "cacheRead",
        "cacheWrite",
        "input",
        "output",
      ]);
      for (const count of Object.values(end.usage)) {
        expect(Number.isInteger(count) && count >= 0).toBe(true);
      }
    });

    it("keeps answers apart that stream at the same time", async () => {
      const { provider, request, answer } = await begin();
      const all = await Promise.all([1, 2, 3].map(() => collect(provider.stream(request, never))));
      expect(all.map(textOf)).toEqual([answer, answer, answer]);
    });

    it("rejects with the signal's reason when aborted in the middle", async () => {
      const { provider, request, stall, left } = await begin();
      stall();
      const control = new AbortController();
      const reason = new Error("stopped by a person");
      const seen: ModelEvent[] = [];
      const reading = collect(provider.stream(request, control.signal), (event) => {
        seen.push(event);
        setImmediate(() => control.abort(reason));
      });
      expect(await failureOf(reading)).toBe(reason);
      expect(seen.map(({ type }) => type)).not.toContain("end");
      expect(await left()).toBe("left");
    });

    it("rejects with an AbortError when aborted without a reason", async () => {
      const { provider, request, stall } = await begin();
      stall();
      const control = new AbortController();
      const stream = provider.stream(request, control.signal);
      const error = await failureOf(collect(stream, () => control.abort()));
      expect(error.name).toBe("AbortError");
      expect(error).not.toBeInstanceOf(ModelError);
    });

    it("sends nothing for a signal that is aborted already", async () => {
      const { provider, request, sent } = await begin();
      const reason = new Error("too late");
      const signal = AbortSignal.abort(reason);
      expect(await failureOf(provider.stream(request, signal))).toBe(reason);
      expect(await failureOf(provider.models(signal))).toBe(reason);
      expect(sent()).toBe(0);
    });

    it("lets go of the answer when the reader leaves", async () => {
      const { provider, request, stall, left } = await begin();
      stall();
      const events = provider.stream(request, never)[Symbol.asyncIterator]();
      await events.next();
      await events.return?.();
      expect(await left()).toBe("left");
    });

    it("refuses an unknown model in one sentence that names it", async () => {
      const { provider, request } = await begin();
      const error = await failureOf(provider.stream({ ...request, model: "gpt-none" }, never));
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toContain("“gpt-none”");
      expect(error.message).toMatch(/^[A-Z][^\n]*\.$/);
    });

    it.each<[string, ModelRequest["messages"]]>([
      ["no messages", []],
      ["an empty message", [{ role: "user", content: " \n" }]],
      ["the assistant first", [{ role: "assistant", content: "Hello" }]],
      [
        "two messages of one role",
        [
          { role: "user", content: "a" },
          { role: "user", content: "b" },
        ],
      ],
      [
        "the assistant last",
        [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      ],
    ])("never sends %s: that is the caller's mistake", async (_case, messages) => {
      const { provider, request, sent } = await begin();
      const error = await failureOf(provider.stream({ ...request, messages }, never));
      expect(error).toBeInstanceOf(TypeError);
      expect(sent()).toBe(0);
    });

    it("lists its models, each once, the one in use among them", async () => {
      const { provider, model } = await begin();
      const models = await provider.models(never);
      const ids = models.map(({ id }) => id);
      expect(ids).toContain(model);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { label } of models) expect(label).not.toBe("");
    });
  });
}
