/** What browsers and programs send to the console, and what models' services answer. */
import { createServer, request } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import fc from "fast-check";
import { expect } from "vitest";

import { createAnthropicProvider } from "../../adapters/anthropic/provider.ts";
import { createOpenAiProvider } from "../../adapters/openai/provider.ts";
import { createWebServer } from "../../adapters/web/server.ts";
import { ModelError } from "../../src/ports.ts";
import type { ModelProvider } from "../../src/ports.ts";
import { collect, modelRequest } from "../contract/model-provider.ts";
import { block } from "../fakes/scripted-provider.ts";
import { TestApp } from "../support/test-app.ts";
import type { Json } from "./mutations.ts";
import { mutatedJson, mutatedText, NASTY } from "./mutations.ts";
import type { Target } from "./target.ts";
import { target, throwsOnly } from "./target.ts";

const QUERIES = [
  "limit",
  "cursor",
  "before",
  "after",
  "q",
  "state",
  "hours",
  "start",
  "end",
  "blob_sha",
  "last_event_id",
  "author",
  "kind",
  "to",
  "number",
];

const BODIES: readonly Json[] = [
  { slug: "other", title: "O", repository: "acme/rfcs", path: "rfc.md", branch: "main" },
  { rfc_slug: "rfc", branch_name: "main", thread_kind: "range", anchor: { start: 0, end: 5 } },
  { text: "Hello", quote: "a passage", model: "scripted-1" },
  { original: "lazy", proposed: "idle", reason: "r", after: null },
  { reason: "no" },
  { digest: "daily", quiet_from: "22:00", time_zone: "Europe/Berlin" },
  { ids: ["00000000-0000-0000-0000-000000000000"] },
  { start: 0, end: 3, blob_sha: "0".repeat(40) },
  { word: "agree" },
  { seq: 1, rfc_slug: "rfc", thread_id: "x", watched: true },
];

interface Call {
  route: string;
  ids: string[];
  query: [string, string][];
  eventId: string;
  body: Json;
}

const value = fc.oneof(
  mutatedText(["1", "20", "0".repeat(40), "x:1:2"]),
  fc.constantFrom(...NASTY),
);

/** Only what HTTP itself can carry in a header. */
const headerOf = (text: string): string => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/gu, "");

export async function http(): Promise<Target> {
  const app = await TestApp.start();
  const threadId = await app.newThread();
  app.provider.script = (given) => [block(given, "after one minute", "after two minutes")];
  await app.ask(threadId, "Hello");
  const [change] = (await app.engine.threads.view(threadId)).changes;
  const { turns } = await app.engine.threads.view(threadId);
  const known = ["rfc", threadId, change!.id, turns[0]!.id, app.user.id];
  const silent = { error: () => {} };
  const web = await createWebServer({
    engine: app.engine,
    host: "127.0.0.1",
    port: 0,
    token: null,
    logger: silent,
  });
  await web.close(0);
  // Of a turn nothing is asked: a model's answers are another parser's.
  app.provider.script = () => ["Hello."];

  const inputs: fc.Arbitrary<Call> = fc.record({
    route: fc.constantFrom(...web.routes),
    ids: fc.array(fc.oneof(fc.constantFrom(...known), value), { minLength: 2, maxLength: 2 }),
    query: fc.array(fc.tuple(fc.constantFrom(...QUERIES), value), { maxLength: 3 }),
    eventId: value,
    body: mutatedJson(BODIES),
  });
  const check = async ({ route, ids, query, eventId, body }: Call): Promise<void> => {
    const [method = "GET", pattern = "/"] = route.split(" ", 2);
    const rest = [...ids];
    const path = pattern.replaceAll(/:\w+/g, () => encoded(rest.shift() ?? "x"));
    const search = query.map(([name, text]) => `${name}=${encoded(text)}`).join("&");
    const sent = method === "GET" ? null : JSON.stringify(body);
    const answer = await send(`${app.app.url}${path}?${search}`, method, sent, headerOf(eventId));
    expect(answer.status, `${route}: ${answer.text}`).toBeLessThan(500);
    expect(answer.text).not.toMatch(/\n\s+at |node_modules|PostgresError/);
    // What one input left behind is not the next one's.
    const errors = app.log.splice(0).filter(({ level }) => level === "error");
    const told = errors.map(({ message, fields }) => [message, (fields as { err?: Error }).err]);
    expect(told, inspect(told)).toEqual([]);
  };
  return target("calls of the console", inputs, check, () => app[Symbol.asyncDispose]());
}

/** What cannot be written in UTF-8 goes as bytes that are none. */
const encoded = (text: string): string =>
  text.isWellFormed() ? encodeURIComponent(text) : "%ED%A0%80";

/** Leaves a stream once its head is there. */
function send(
  url: string,
  method: string,
  body: string | null,
  eventId: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(body !== null && {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
      }),
      ...(eventId !== "" && { "last-event-id": eventId }),
    };
    const call = request(url, { method, headers, agent: false }, (response) => {
      const { statusCode: status = 0 } = response;
      if (response.headers["content-type"]?.startsWith("text/event-stream")) {
        resolve({ status, text: "" });
        response.on("error", () => {});
        call.destroy();
        return;
      }
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status, text }));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end(body ?? undefined);
  });
}

const ANTHROPIC = [
  [
    "message_start",
    {
      message: {
        id: "m",
        type: "message",
        role: "assistant",
        model: "m",
        content: [],
        stop_reason: null,
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    },
  ],
  ["content_block_start", { index: 0, content_block: { type: "text", text: "" } }],
  ["ping", {}],
  ["content_block_delta", { index: 0, delta: { type: "text_delta", text: "Hello" } }],
  ["content_block_stop", { index: 0 }],
  ["message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } }],
  ["message_stop", {}],
] as const;
const OPENAI = [
  {
    id: "c",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: { role: "assistant", content: "Hello" } }],
  },
  {
    id: "c",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
  },
  {
    id: "c",
    object: "chat.completion.chunk",
    choices: [],
    usage: { prompt_tokens: 3, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } },
  },
];

const sse = (frames: readonly (readonly [string, Json])[]): string =>
  frames
    .map(
      ([event, data]) =>
        `${event === "" ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`,
    )
    .join("");

/** Frames in which values are changed, or the text that they make. */
function answers(frames: [string, Json][], end: string): fc.Arbitrary<string> {
  const changed = fc.tuple(
    ...frames.map(([event, data]) =>
      mutatedJson([data]).map((one) => [event, one] as [string, Json]),
    ),
  );
  return fc.oneof(
    changed.map((all) => sse(all) + end),
    mutatedText(
      [sse(frames) + end],
      ["data: ", "event: error\n", "\n\n", "data: [DONE]\n\n", ": x\n"],
    ),
  );
}

async function model(
  name: string,
  inputs: fc.Arbitrary<string>,
  providerAt: (url: string) => ModelProvider,
): Promise<Target> {
  let answer = "";
  const server: Server = createServer((given, response) => {
    given.resume();
    response.writeHead(200, { "content-type": "text/event-stream", connection: "close" });
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const provider = providerAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const never = new AbortController().signal;
  const check = (given: string): Promise<void> => {
    answer = given;
    return throwsOnly([ModelError], async () => {
      const events = await collect(provider.stream(modelRequest("m"), never));
      for (const event of events) {
        if (event.type === "text") expect(typeof event.text).toBe("string");
        if (event.type !== "end") continue;
        for (const tokens of Object.values(event.usage)) {
          expect(Number.isFinite(tokens) && tokens >= 0, JSON.stringify(event.usage)).toBe(true);
        }
      }
    });
  };
  return target(name, inputs, check, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

const retries = { tries: 1 };

export function anthropic(): Promise<Target> {
  const frames = ANTHROPIC.map(([event, data]): [string, Json] => [
    event,
    structuredClone({ type: event, ...data }) as unknown as Json,
  ]);
  return model("answers of Anthropic's API", answers(frames, ""), (baseUrl) =>
    createAnthropicProvider({ apiKey: "k", baseUrl, retries }),
  );
}

export function openAi(): Promise<Target> {
  const frames = OPENAI.map((data): [string, Json] => ["", data as Json]);
  return model("answers of OpenAI's API", answers(frames, "data: [DONE]\n\n"), (baseUrl) =>
    createOpenAiProvider({ apiKey: "k", baseUrl, retries }),
  );
}
