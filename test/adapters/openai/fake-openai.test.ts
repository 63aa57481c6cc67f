import { afterEach, describe, expect, it } from "vitest";

import { startFakeOpenAi } from "../../fakes/fake-openai.ts";
import type { FakeOpenAi } from "../../fakes/fake-openai.ts";

const GOOD = {
  model: "fake-small",
  max_tokens: 100,
  stream: true,
  stream_options: { include_usage: true },
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
  ],
};

describe("the fake of an OpenAI-compatible server", () => {
  let fake: FakeOpenAi;
  afterEach(() => fake.close());

  async function post(body: object, authorization?: string) {
    const response = await fetch(`${fake.url}/chat/completions`, {
      method: "POST",
      headers: { authorization: authorization ?? `Bearer ${fake.apiKey ?? ""}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  it.each<[string, object, number]>([
    ["an unknown model", { ...GOOD, model: "x" }, 404],
    ["no token limit", { ...GOOD, max_tokens: undefined }, 400],
    ["both token limits", { ...GOOD, max_completion_tokens: 1 }, 400],
    ["no messages but the system's", { ...GOOD, messages: GOOD.messages.slice(0, 1) }, 400],
    ["two system messages", { ...GOOD, messages: [GOOD.messages[0], ...GOOD.messages] }, 400],
    ["the system in the middle", { ...GOOD, messages: GOOD.messages.toReversed() }, 400],
    ["no usage asked for", { ...GOOD, stream_options: undefined }, 400],
    ["no stream", { ...GOOD, stream: undefined }, 400],
  ])("refuses %s", async (_case, body, status) => {
    fake = await startFakeOpenAi();
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toHaveProperty("error.message");
    expect(fake.requests).toEqual([]);
    expect(fake.refusals).toHaveLength(1);
  });

  it("refuses a wrong key", async () => {
    fake = await startFakeOpenAi();
    const answer = await post(GOOD, "Bearer wrong");
    expect(answer.status).toBe(401);
  });

  it("streams the real protocol", async () => {
    fake = await startFakeOpenAi();
    fake.reply(["Hi"]);
    const { text } = await post(GOOD);
    const data = text.split("\n\n").map((frame) => frame.replace("data: ", ""));
    expect(data.slice(-2)).toEqual(["[DONE]", ""]);
    const chunks = data.slice(0, -2).map((frame): unknown => JSON.parse(frame));
    expect(chunks).toMatchObject([
      { choices: [{ delta: { role: "assistant" }, finish_reason: null }] },
      { choices: [{ delta: { content: "Hi" }, finish_reason: null }] },
      { choices: [{ delta: {}, finish_reason: "stop" }] },
      { choices: [], usage: { completion_tokens: 1 } },
    ]);
  });
});
