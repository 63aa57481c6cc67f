import { afterEach, describe, expect, it, vi } from "vitest";

import { createOpenAiProvider } from "../../../adapters/openai/provider.ts";
import type { OpenAiOptions } from "../../../adapters/openai/provider.ts";
import { ModelError } from "../../../src/ports.ts";
import type { ModelRequest } from "../../../src/ports.ts";
import {
  collect,
  describeModelProvider,
  failureOf,
  modelRequest,
  textOf,
} from "../../contract/model-provider.ts";
import { startFakeOpenAi } from "../../fakes/fake-openai.ts";
import type { FakeOpenAi, FakeOpenAiOptions } from "../../fakes/fake-openai.ts";
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
const request = modelRequest("fake-large");

describeModelProvider("openai", async () => {
  const fake = await startFakeOpenAi();
  fake.reply(["Use ", "the ", "queue — 队列 🚀."]);
  return {
    provider: createOpenAiProvider({ apiKey: fake.apiKey, baseUrl: fake.url }),
    model: "fake-large",
    request,
    answer: "Use the queue — 队列 🚀.",
    stall: () => fake.reply(["Use ", hang]),
    sent: () => fake.requests.length,
    left: async () => fake.requests.at(-1)?.outcome,
    close: () => fake.close(),
  };
});

describe("the openai provider", () => {
  let fake: FakeOpenAi;
  const pauses: number[] = [];

  afterEach(async () => {
    pauses.length = 0;
    vi.unstubAllEnvs();
    await fake.close();
  });

  async function start(fakeOptions: FakeOpenAiOptions = {}, options: Partial<OpenAiOptions> = {}) {
    fake = await startFakeOpenAi(fakeOptions);
    return createOpenAiProvider({
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

  it("sends both prompts as one system message, and asks for the usage", async () => {
    const provider = await start();
    const messages: ModelRequest["messages"] = [
      { role: "user", content: "Ada: one" },
      { role: "assistant", content: "two" },
      { role: "user", content: "Ada: three" },
    ];
    await collect(provider.stream({ ...request, messages }, never));
    expect(fake.requests[0]?.body).toEqual({
      model: "fake-large",
      max_tokens: 1000,
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: "system", content: `${request.stablePrompt}\n\n${request.turnPrompt}` },
        ...messages,
      ],
    });
    expect(fake.refusals).toEqual([]);
  });

  it("names the token limit anew for a server that asks for it, and remembers", async () => {
    const provider = await start({ refusesMaxTokens: true });
    await Promise.all([1, 2].map(() => collect(provider.stream(request, never))));
    await collect(provider.stream(request, never));
    expect(fake.refusals).toHaveLength(2);
    expect(fake.requests.map(({ body }) => body.max_completion_tokens)).toEqual([1000, 1000, 1000]);
    expect(pauses).toEqual([]);
  });

  it("counts cached tokens apart from the rest of the input", async () => {
    const provider = await start({ cachedTokens: 20 });
    const last = (await collect(provider.stream(request, never))).at(-1);
    const call = fake.requests[0];
    const prompt = Math.ceil(((call?.system.length ?? 0) + 23) / 4);
    expect(last).toEqual({
      type: "end",
      stop: "complete",
      usage: { input: prompt - 20, output: 7, cacheRead: 20, cacheWrite: 0 },
    });
  });

  it("takes an answer from a server that sends no usage", async () => {
    const provider = await start({ sendsUsage: false });
    const events = await collect(provider.stream(request, never));
    expect(events.at(-1)).toMatchObject({ stop: "complete", usage: { input: 0, output: 0 } });
  });

  it("sends no key where none is wanted", async () => {
    const provider = await start({ apiKey: null });
    await collect(provider.stream(request, never));
    expect(fake.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["stop", "complete"],
    ["length", "max_tokens"],
    ["content_filter", "refusal"],
  ])("ends by %s as %s", async (reason, expected) => {
    const provider = await start();
    fake.reply(["So far", stop(reason)]);
    const events = await collect(provider.stream(request, never));
    expect(textOf(events)).toBe("So far");
    expect(events.at(-1)).toMatchObject({ type: "end", stop: expected });
  });

  it("shows the words of a refusal, and that it is one", async () => {
    const provider = await start();
    const delta = { choices: [{ index: 0, delta: { refusal: "I won't." }, finish_reason: null }] };
    fake.reply([raw(`data: ${JSON.stringify(delta)}\n\n`)]);
    const events = await collect(provider.stream(request, never));
    expect(textOf(events)).toBe("I won't.");
    expect(events.at(-1)).toMatchObject({ stop: "refusal" });
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

  it("ends an answer whose server keeps the line open", async () => {
    const provider = await start();
    const last = {
      choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
      usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
    };
    fake.reply(["Done.", raw(`data: ${JSON.stringify(last)}\n\n`), hang]);
    const events = await collect(provider.stream(request, never));
    expect(events.at(-1)).toMatchObject({ type: "end", usage: { input: 4, output: 2 } });
  });

  it.each([
    ["503", httpError(503)],
    ["500", httpError(500)],
    ["429", httpError(429)],
    ["a cut line", [cut]],
    ["an empty stream", [end]],
    ["an error in the stream", [streamError("server_error")]],
    ["unreadable data", [raw("data: {nonsense\n\n"), end]],
  ])("tries again after %s before the first text", async (_case, reply) => {
    const warnings: object[] = [];
    const logger = { warn: (fields: object) => void warnings.push(fields) };
    const provider = await start({}, { logger });
    fake.replyOnce(reply);
    fake.reply(["fine"]);
    expect(textOf(await collect(provider.stream(request, never)))).toBe("fine");
    expect(fake.requests).toHaveLength(2);
    expect(warnings).toHaveLength(1);
  });

  it("tries nothing again once text was passed on", async () => {
    const provider = await start();
    const gate = createGate();
    fake.reply(["Half", gate.wait, cut]);
    const error = await failureOf(collect(provider.stream(request, never), () => gate.open()));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe("The model server broke off the answer before its end; try again.");
    expect(fake.requests).toHaveLength(1);
  });

  it.each([
    ["a wrong key", httpError(401), "The model server refused the API key; check OPENAI_API_KEY."],
    ["no permission", httpError(403), /does not let this API key use the model “fake-large”/],
    ["no quota", httpError(429, { type: "insufficient_quota" }), /billing reasons/],
    ["a bad request", httpError(400), /did not accept the request/],
    ["a long prompt", httpError(400, { type: "context_length_exceeded" }), /too long for this/],
    ["a 404 that says nothing", httpError(404, { body: "{}" }), /“fake-large” at that address/],
    ["a long pause", httpError(429, { retryAfter: 4000 }), /reached; try again in 67 minutes\.$/],
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

  it("says that a server cannot be reached, or speaks something else", async () => {
    const away = await start({}, { baseUrl: "http://127.0.0.1:1/v1" });
    const unreached = await failureOf(away.models(never));
    expect(unreached.message).toContain("cannot be reached; check that it runs at OPENAI_BASE_URL");
    expect(pauses).toHaveLength(2);
    const elsewhere = createOpenAiProvider({
      apiKey: fake.apiKey,
      baseUrl: fake.url.replace("/v1", "/v9"),
    });
    expect((await failureOf(elsewhere.models(never))).message).toContain("usually ends in /v1");
  });

  it.each([
    ["without an answer", [hang]],
    ["after its headers", [ping, hang]],
    ["in mid-answer", ["Half", hang]],
  ])("gives a server up that falls silent %s", async (_case, reply) => {
    const provider = await start({}, { idleTimeoutMs: 200 });
    fake.reply(reply);
    const error = await failureOf(provider.stream(request, never));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe(
      "The model server sent nothing for 1 s and was given up; try again.",
    );
    expect(fake.requests).toHaveLength(1);
  });

  it("lists models newest first, and in the server's order where it tells no age", async () => {
    const model = (id: string, created: number) => ({ id, created });
    const provider = await start({
      models: [model("a", 5), model("b", 9), model("c", 0), model("d", 0)],
    });
    expect((await provider.models(never)).map(({ id }) => id)).toEqual(["b", "a", "c", "d"]);
  });

  it("lets the environment have no say", async () => {
    for (const name of ["API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"]) {
      vi.stubEnv(`OPENAI_${name}`, "wrong");
    }
    vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:1");
    vi.stubEnv("OPENAI_LOG", "debug");
    vi.stubEnv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer wrong\nX-Spy: 1");
    const log = vi.spyOn(console, "log").mockReturnValue(undefined);
    const debug = vi.spyOn(console, "debug").mockReturnValue(undefined);
    const provider = await start({ apiKey: null });
    await collect(provider.stream(request, never));
    const headers = fake.requests[0]?.headers;
    expect(headers?.authorization).toBeUndefined();
    expect(headers?.["x-spy"]).toBeUndefined();
    expect(headers?.["openai-organization"]).toBeUndefined();
    expect(log).not.toHaveBeenCalled();
    expect(debug).not.toHaveBeenCalled();
    log.mockRestore();
    debug.mockRestore();
  });
});
