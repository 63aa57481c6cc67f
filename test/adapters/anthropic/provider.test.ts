import { afterEach, describe, expect, it, vi } from "vitest";

import { createAnthropicProvider } from "../../../adapters/anthropic/provider.ts";
import type { AnthropicOptions } from "../../../adapters/anthropic/provider.ts";
import { pause } from "../../../src/waiting.ts";
import { ModelError } from "../../../src/ports.ts";
import type { ModelRequest } from "../../../src/ports.ts";
import {
  collect,
  describeModelProvider,
  failureOf,
  modelRequest,
  textOf,
} from "../../contract/model-provider.ts";
import { startFakeAnthropic } from "../../fakes/fake-anthropic.ts";
import type { FakeAnthropic, FakeAnthropicOptions } from "../../fakes/fake-anthropic.ts";
import {
  PROVIDER_WORDS,
  bytes,
  createGate,
  cut,
  end,
  hang,
  httpError,
  ping,
  raw,
  stop,
  streamError,
  thinking,
} from "../../fakes/reply-script.ts";

const never = new AbortController().signal;
const request = modelRequest("claude-fake-2");

describeModelProvider("anthropic", async () => {
  const fake = await startFakeAnthropic();
  fake.reply(["Use ", "the ", "queue — 队列 🚀."]);
  return {
    provider: createAnthropicProvider({ apiKey: fake.apiKey, baseUrl: fake.url }),
    model: "claude-fake-2",
    request,
    answer: "Use the queue — 队列 🚀.",
    stall: () => fake.reply(["Use ", hang]),
    sent: () => fake.requests.length,
    left: async () => fake.requests.at(-1)?.outcome,
    close: () => fake.close(),
  };
});

describe("the anthropic provider", () => {
  let fake: FakeAnthropic;
  const pauses: number[] = [];

  afterEach(async () => {
    pauses.length = 0;
    vi.unstubAllEnvs();
    await fake.close();
  });

  async function start(
    options: Partial<AnthropicOptions> = {},
    fakeOptions: FakeAnthropicOptions = {},
  ) {
    fake = await startFakeAnthropic(fakeOptions);
    return createAnthropicProvider({
      apiKey: fake.apiKey,
      baseUrl: fake.url,
      retries: {
        sleep: (ms) => {
          pauses.push(ms);
          return Promise.resolve();
        },
      },
      ...options,
    });
  }

  it("sends the stable prompt as a cached system block, and the turn's after it", async () => {
    const provider = await start();
    const messages: ModelRequest["messages"] = [
      { role: "user", content: "Ada: one" },
      { role: "assistant", content: "two" },
      { role: "user", content: "Ada: three" },
    ];
    await collect(provider.stream({ ...request, messages }, never));
    expect(fake.requests[0]?.body).toEqual({
      model: "claude-fake-2",
      max_tokens: 1000,
      stream: true,
      system: [
        { type: "text", text: request.stablePrompt, cache_control: { type: "ephemeral" } },
        { type: "text", text: request.turnPrompt },
      ],
      messages,
    });
    expect(fake.refusals).toEqual([]);
  });

  it("reads a response to its end, so that its connection serves the next", async () => {
    const provider = await start();
    const last = raw('event: message_stop\ndata: {"type":"message_stop"}\n\n');
    fake.reply(["Use it.", last, () => pause(50), end]);
    // The first takes longer, until all that it needs is loaded.
    for (const turn of [0, 1]) {
      expect(textOf(await collect(provider.stream(request, never)))).toBe("Use it.");
      expect(await fake.requests[turn]?.outcome).toBe("sent");
    }
  });

  it("does not wait for the end of a response whose answer has ended", async () => {
    const provider = await start();
    const last = raw('event: message_stop\ndata: {"type":"message_stop"}\n\n');
    fake.reply(["Use it.", last, hang]);
    expect(textOf(await collect(provider.stream(request, never)))).toBe("Use it.");
    expect(await fake.requests[0]?.outcome).toBe("left");
  });

  it("leaves an empty turn prompt out", async () => {
    const provider = await start();
    await collect(provider.stream({ ...request, turnPrompt: "" }, never));
    expect(fake.requests[0]?.body.system).toHaveLength(1);
  });

  it("tells what was written to the cache, and then read from it", async () => {
    const provider = await start();
    const usages = [];
    for (const turnPrompt of ["first", "second"]) {
      const events = await collect(provider.stream({ ...request, turnPrompt }, never));
      usages.push(events.at(-1));
    }
    const stable = Math.ceil(request.stablePrompt.length / 4);
    expect(usages).toMatchObject([
      { type: "end", usage: { cacheWrite: stable, cacheRead: 0 } },
      { type: "end", usage: { cacheWrite: 0, cacheRead: stable } },
    ]);
    expect(usages[0]).toMatchObject({ usage: { input: 7, output: 7 } });
  });

  it.each([
    ["end_turn", "complete"],
    ["stop_sequence", "complete"],
    ["max_tokens", "max_tokens"],
    ["model_context_window_exceeded", "max_tokens"],
    ["refusal", "refusal"],
  ])("ends by %s as %s", async (reason, expected) => {
    const provider = await start();
    fake.reply(["So far", stop(reason)]);
    const events = await collect(provider.stream(request, never));
    expect(textOf(events)).toBe("So far");
    expect(events.at(-1)).toMatchObject({ type: "end", stop: expected });
  });

  it("passes on an empty answer, a long delta, and leaves reasoning out", async () => {
    const provider = await start();
    fake.reply([]);
    expect(await collect(provider.stream(request, never))).toMatchObject([{ type: "end" }]);
    const long = "0123456789".repeat(20_000);
    fake.reply([thinking("hm"), long, ping, "."]);
    expect(textOf(await collect(provider.stream(request, never)))).toBe(`${long}.`);
  });

  it("reads bytes that are no UTF-8 as replacement characters", async () => {
    const provider = await start();
    fake.reply(["a", bytes(0xff, 0xc3), "b"]);
    expect(textOf(await collect(provider.stream(request, never)))).toBe("a\uFFFD\uFFFDb");
  });

  it("yields a delta before the next one was sent", async () => {
    const provider = await start();
    const gate = createGate();
    fake.reply(["first ", gate.wait, "second"]);
    const seen: string[] = [];
    for await (const event of provider.stream(request, never)) {
      if (event.type !== "text") continue;
      seen.push(event.text);
      gate.open();
    }
    expect(seen).toEqual(["first ", "second"]);
  });

  describe("retries", () => {
    it.each([
      ["529", httpError(529)],
      ["500", httpError(500)],
      ["502 of a proxy", httpError(502, { body: "<html>bad gateway</html>" })],
      ["429", httpError(429)],
      ["a cut line", [cut]],
      ["an empty stream", [end]],
      ["an answer cut after a keep-alive", [ping, cut]],
      ["an overloaded_error in the stream", [streamError("overloaded_error")]],
      ["unreadable data", [raw("event: content_block_delta\ndata: {nonsense\n\n"), end]],
    ])("%s before the first text", async (_case, reply) => {
      const warnings: object[] = [];
      const provider = await start({ logger: { warn: (fields) => void warnings.push(fields) } });
      fake.replyOnce(reply);
      fake.reply(["fine"]);
      expect(textOf(await collect(provider.stream(request, never)))).toBe("fine");
      expect(fake.requests).toHaveLength(2);
      expect(warnings).toMatchObject([{ attempt: 1, err: expect.any(Error) }]);
    });

    it("at most twice, with growing pauses", async () => {
      const provider = await start();
      fake.reply(httpError(529));
      const error = await failureOf(provider.stream(request, never));
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toBe("Anthropic is overloaded; try again in a minute.");
      expect(error.cause).toBeInstanceOf(Error);
      expect(fake.requests).toHaveLength(3);
      expect(pauses).toHaveLength(2);
      expect(pauses[0]).toBeGreaterThanOrEqual(750);
      expect(pauses[0]).toBeLessThanOrEqual(1250);
      expect(pauses[1]).toBeGreaterThanOrEqual(1500);
    });

    it("when the provider says, if that is soon", async () => {
      const provider = await start();
      fake.replyOnce(httpError(429, { retryAfter: 7 }));
      await collect(provider.stream(request, never));
      expect(pauses).toEqual([7000]);
    });

    it("not when that is too far away, and says when", async () => {
      const provider = await start();
      fake.reply(httpError(429, { retryAfter: 270 }));
      const error = await failureOf(provider.stream(request, never));
      expect(error.message).toBe(
        "Anthropic's rate limit for this account is reached; try again in 5 minutes.",
      );
      expect(fake.requests).toHaveLength(1);
    });

    it("nothing once text was passed on", async () => {
      const provider = await start();
      const gate = createGate();
      fake.reply(["Half", gate.wait, cut]);
      const seen: string[] = [];
      const reading = collect(provider.stream(request, never), (event) => {
        seen.push(event.type);
        gate.open();
      });
      const error = await failureOf(reading);
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toBe("Anthropic broke off the answer before its end; try again.");
      expect(seen).toEqual(["text"]);
      expect(fake.requests).toHaveLength(1);
    });

    it("while listing models too", async () => {
      const provider = await start({ baseUrl: "http://127.0.0.1:1" });
      const error = await failureOf(provider.models(never));
      expect(error.message).toContain("cannot be reached");
      expect(pauses).toHaveLength(2);
    });

    it("no longer when aborted during the pause", async () => {
      const control = new AbortController();
      const reason = new Error("enough");
      const provider = await start({
        retries: {
          sleep: (_ms, signal) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => reject(new Error("the sleep's own error")));
              control.abort(reason);
            }),
        },
      });
      fake.reply(httpError(529));
      expect(await failureOf(provider.stream(request, control.signal))).toBe(reason);
    });
  });

  it.each([
    ["a wrong key", httpError(401), "Anthropic refused the API key; check ANTHROPIC_API_KEY."],
    ["no credit", httpError(402), /billing reasons/],
    ["no permission", httpError(403), /does not let this API key use the model “claude-fake-2”/],
    ["a bad request", httpError(400), /did not accept the request/],
    ["a huge request", httpError(413), /too long for this model/],
    [
      "a long prompt",
      httpError(400, {
        body: JSON.stringify({
          type: "error",
          error: {
            type: "invalid_request_error",
            message: "prompt is too long: 210000 tokens > 200000 maximum",
          },
        }),
      }),
      /too long for this model/,
    ],
    ["a wrong address", httpError(404, { body: "Not here" }), /check ANTHROPIC_BASE_URL/],
    [
      "a spent budget",
      httpError(429, {
        body: JSON.stringify({
          type: "error",
          error: {
            type: "rate_limit_error",
            message: PROVIDER_WORDS,
            details: { error_code: "enforced_spend_limit_reached" },
          },
        }),
      }),
      /billing reasons/,
    ],
  ])("says in its own words, at once, that there is %s", async (_case, reply, expected) => {
    const provider = await start();
    fake.reply(reply);
    const error = await failureOf(provider.stream(request, never));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(expected);
    expect(error.message).not.toContain(PROVIDER_WORDS);
    expect(error.message).toMatch(/^[A-Z][^\n]*\.$/);
    expect(fake.requests).toHaveLength(1);
  });

  it("tells an error in the middle of an answer, though it comes in one piece with the text", async () => {
    const provider = await start();
    fake.reply(["Half", " an", streamError("api_error")]);
    const seen: string[] = [];
    const reading = collect(provider.stream(request, never), async (event) => {
      seen.push(event.type);
      // The SDK reads on while we are busy here, and has the error before we ask for it.
      await fake.requests[0]?.outcome;
      await new Promise((resolve) => setImmediate(resolve));
    });
    const error = await failureOf(reading);
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe("Anthropic has a fault on its side; try again in a minute.");
    expect(seen).toEqual(["text", "text"]);
  });

  it("counts an answer as whole once its stop reason came", async () => {
    const provider = await start();
    const delta = {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 3 },
    };
    fake.reply(["Done.", raw(`event: message_delta\ndata: ${JSON.stringify(delta)}\n\n`), end]);
    const events = await collect(provider.stream(request, never));
    expect(events.at(-1)).toMatchObject({ type: "end", stop: "complete", usage: { output: 3 } });
  });

  it.each([
    ["without an answer", [hang]],
    ["after its headers", [ping, hang]],
    ["in mid-answer", ["Half", hang]],
  ])("gives a provider up that falls silent %s", async (_case, reply) => {
    const provider = await start({ idleTimeoutMs: 200 });
    fake.reply(reply);
    const error = await failureOf(provider.stream(request, never));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe("Anthropic sent nothing for 1 s and was given up; try again.");
    expect(fake.requests).toHaveLength(1);
    expect(await fake.requests[0]?.outcome).toBe("left");
  });

  it("lists all pages of models, newest first", async () => {
    const model = (id: string, created_at: string) => ({
      id,
      display_name: `The ${id}`,
      created_at,
      max_tokens: 1000,
    });
    const provider = await start(
      {},
      {
        pageSize: 2,
        models: [
          model("b", "2025-01-01T00:00:00Z"),
          model("c", "2026-01-01T00:00:00Z"),
          model("a", "2024-01-01T00:00:00Z"),
          model("d", "2026-06-01T00:00:00Z"),
          model("e", "2023-01-01T00:00:00Z"),
        ],
      },
    );
    const models = await provider.models(never);
    expect(models.map(({ id }) => id)).toEqual(["d", "c", "b", "a", "e"]);
    expect(models[0]?.label).toBe("The d");
  });

  it("lets the environment have no say", async () => {
    vi.stubEnv("ANTHROPIC_API_KEY", "wrong");
    vi.stubEnv("ANTHROPIC_AUTH_TOKEN", "wrong");
    vi.stubEnv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1");
    vi.stubEnv("ANTHROPIC_LOG", "debug");
    vi.stubEnv(
      "ANTHROPIC_CUSTOM_HEADERS",
      "Authorization: Bearer wrong\nX-Api-Key: wrong\nX-Spy: 1",
    );
    const log = vi.spyOn(console, "log").mockReturnValue(undefined);
    const provider = await start();
    await collect(provider.stream(request, never));
    const headers = fake.requests[0]?.headers;
    expect(headers?.authorization).toBe(`Bearer ${fake.apiKey}`);
    expect(headers?.["x-spy"]).toBeUndefined();
    expect(headers?.["x-api-key"]).toBeUndefined();
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });
});
