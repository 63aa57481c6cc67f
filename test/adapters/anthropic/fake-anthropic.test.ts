import { afterEach, describe, expect, it } from "vitest";

import { startFakeAnthropic } from "../../fakes/fake-anthropic.ts";
import type { FakeAnthropic } from "../../fakes/fake-anthropic.ts";
import { changeBlock, createGate, cut, httpError } from "../../fakes/reply-script.ts";

const GOOD = {
  model: "claude-fake-1",
  max_tokens: 100,
  stream: true,
  system: [{ type: "text", text: 'Use <change k="ab12">.', cache_control: { type: "ephemeral" } }],
  messages: [{ role: "user", content: "Hello" }],
};

describe("the fake of the Anthropic API", () => {
  let fake: FakeAnthropic;
  afterEach(() => fake.close());

  async function post(body: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${fake.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": fake.apiKey, "anthropic-version": "2023-06-01", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  it.each<[string, object, number, string]>([
    ["no model", { ...GOOD, model: undefined }, 400, "invalid_request_error"],
    ["an unknown model", { ...GOOD, model: "x" }, 404, "not_found_error"],
    ["no token limit", { ...GOOD, max_tokens: undefined }, 400, "invalid_request_error"],
    ["a token limit of 0", { ...GOOD, max_tokens: 0 }, 400, "invalid_request_error"],
    ["a token limit too high", { ...GOOD, max_tokens: 9000 }, 400, "invalid_request_error"],
    ["no messages", { ...GOOD, messages: [] }, 400, "invalid_request_error"],
    [
      "the assistant first",
      { ...GOOD, messages: [{ role: "assistant", content: "a" }] },
      400,
      "invalid_request_error",
    ],
    [
      "one role twice",
      { ...GOOD, messages: [GOOD.messages[0], GOOD.messages[0], GOOD.messages[0]] },
      400,
      "invalid_request_error",
    ],
    [
      "an empty message",
      { ...GOOD, messages: [{ role: "user", content: " " }] },
      400,
      "invalid_request_error",
    ],
    [
      "an empty system block",
      { ...GOOD, system: [{ type: "text", text: "" }] },
      400,
      "invalid_request_error",
    ],
    [
      "a wrong cache mark",
      { ...GOOD, system: [{ type: "text", text: "a", cache_control: { type: "x" } }] },
      400,
      "invalid_request_error",
    ],
    ["an unknown field", { ...GOOD, max_completion_tokens: 1 }, 400, "invalid_request_error"],
    ["no stream", { ...GOOD, stream: false }, 400, "invalid_request_error"],
  ])("refuses %s as the real one does", async (_case, body, status, type) => {
    fake = await startFakeAnthropic();
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ type: "error", error: { type } });
    expect(fake.requests).toEqual([]);
    expect(fake.refusals).toHaveLength(1);
  });

  it("refuses a wrong key and a missing version", async () => {
    fake = await startFakeAnthropic();
    expect((await post(GOOD, { "x-api-key": "wrong" })).status).toBe(401);
    const unversioned = await fetch(`${fake.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": fake.apiKey },
      body: JSON.stringify(GOOD),
    });
    expect(unversioned.status).toBe(400);
  });

  it("streams the real protocol", async () => {
    fake = await startFakeAnthropic();
    fake.reply((call) => ["Hi.\n\n", changeBlock(call.tag, { original: "a", proposed: "b" })]);
    const { text } = await post(GOOD);
    const names = [...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(names).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(text).toContain(
      JSON.stringify(
        '<change k="ab12">\n<original>a</original>\n<proposed>b</proposed>\n</change>\n',
      ),
    );
  });

  it("answers as told once, then as told for good, and waits at gates", async () => {
    fake = await startFakeAnthropic();
    const gate = createGate();
    fake.reply(["a", gate.wait, "b"]);
    fake.replyOnce(httpError(429, { retryAfter: 3 }));
    fake.replyOnce([cut]);
    expect((await post(GOOD)).status).toBe(429);
    await expect(post(GOOD)).rejects.toThrow("fetch failed");
    const third = post(GOOD);
    await gate.reached;
    gate.open();
    expect((await third).status).toBe(200);
    const outcomes = await Promise.all(fake.requests.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(["sent", "cut", "sent"]);
  });
});
