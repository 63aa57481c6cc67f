/** What a model provider may do wrong, through the real client and the whole engine. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAnthropicProvider } from "../../adapters/anthropic/provider.ts";
import type { ThreadView } from "../../src/engine.ts";
import type { FakeAnthropic } from "../fakes/fake-anthropic.ts";
import { startFakeAnthropic } from "../fakes/fake-anthropic.ts";
import type { ModelCall } from "../fakes/model-server.ts";
import type { Reply, Step } from "../fakes/reply-script.ts";
import {
  bytes,
  changeBlock,
  cut,
  end,
  hang,
  httpError,
  ping,
  PROVIDER_WORDS,
  raw,
  streamError,
} from "../fakes/reply-script.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { collect, TestApp, textOf } from "../support/test-app.ts";

const EDIT = { original: "after one minute", proposed: "after two minutes", reason: "Too short." };

let fake: FakeAnthropic;
/** Gives silence up soon; only for what is silent. */
let impatient: TestApp;
let patient: TestApp;

beforeAll(async () => {
  fake = await startFakeAnthropic();
  const startWith = (idleTimeoutMs: number): Promise<TestApp> =>
    TestApp.start({
      provider: createAnthropicProvider({
        apiKey: fake.apiKey,
        baseUrl: fake.url,
        idleTimeoutMs,
        retries: { sleep: () => Promise.resolve() },
      }),
    });
  [impatient, patient] = await Promise.all([startWith(2_000), startWith(60_000)]);
});
afterAll(async () => {
  await Promise.all([impatient, patient].map((test) => test[Symbol.asyncDispose]()));
  await fake.close();
});

type Script = Parameters<FakeAnthropic["reply"]>[0];

/** Asks in a new thread; what came over the stream, and what is there afterwards. */
async function ask(
  test: TestApp,
  reply: Script,
): Promise<{ threadId: string; text: string; error: string | null; view: ThreadView }> {
  fake.reply(reply);
  const threadId = await test.newThread();
  const frames = await test.ask(threadId, "Is one minute enough?");
  expect(frames.at(-1)!.data).toBe("DONE");
  const told = frames.at(-2)!;
  const error = told.event === "error" ? (JSON.parse(told.data) as { detail: string }) : null;
  const start = frames.findLastIndex(({ event }) => event === "turn");
  return {
    threadId,
    text: textOf(frames.slice(start)),
    error: error?.detail ?? null,
    view: await test.engine.threads.view(threadId),
  };
}

/** Everything is settled, and the next question is answered. */
async function expectUsable(test: TestApp, threadId: string): Promise<void> {
  fake.reply(["All is well."]);
  expect(textOf(await test.ask(threadId, "And now?"))).toBe("All is well.");
  expect(JSON.stringify(fake.requests.at(-1)!.messages)).not.toContain(PROVIDER_WORDS);
  const { sql } = test.app;
  const broken = await brokenInvariants({ sql, repository: test.repository, posted: [] });
  expect(broken).toEqual([]);
  expect(fake.refusals).toEqual([]);
}

const messagesOf = ({ messages }: ThreadView): [string, string, string][] =>
  messages.map(({ role, text, status }) => [role, text, status]);

interface Failure {
  sentence: string;
  /** What was written before it. */
  partial?: string;
}

/** The turn has failed with a plain sentence, beside what was written before. */
async function expectFailure(test: TestApp, reply: Script, failure: Failure): Promise<ThreadView> {
  const { sentence, partial = "" } = failure;
  const { threadId, text, error, view } = await ask(test, reply);
  expect(error).toBe(sentence);
  expect(text).toBe(partial);
  expect(view.turns).toMatchObject([{ state: "failed", error: sentence }]);
  expect(messagesOf(view)).toEqual([
    ["user", "Is one minute enough?", "complete"],
    ["assistant", partial, "failed"],
    ["system", sentence, "complete"],
  ]);
  expect(JSON.stringify(view)).not.toContain(PROVIDER_WORDS);
  await expectUsable(test, threadId);
  return view;
}

/** For a test that looks at nothing else. */
async function expectFails(test: TestApp, reply: Script, failure: Failure): Promise<void> {
  await expectFailure(test, reply, failure);
}

const SILENT = "Anthropic sent nothing for 2 s and was given up; try again.";
const BROKEN_OFF = "Anthropic broke off the answer before its end; try again.";

describe("a provider that hangs", () => {
  it("before it answers at all", () => expectFails(impatient, [hang], { sentence: SILENT }));

  it("after a sign of life", () => expectFails(impatient, [ping, hang], { sentence: SILENT }));

  it("in the middle of its answer", () =>
    expectFails(impatient, ["Half an ", hang], { sentence: SILENT, partial: "Half an " }));
});

describe("a provider that sends nothing", () => {
  it("ends its stream at once", () => expectFails(patient, [end], { sentence: BROKEN_OFF }));

  it("answers with no words", async () => {
    const { threadId, error, view } = await ask(patient, []);
    expect(error).toBeNull();
    expect(messagesOf(view).slice(1)).toEqual([
      ["assistant", "", "complete"],
      ["system", "The model answered nothing; ask again.", "complete"],
    ]);
    await expectUsable(patient, threadId);
  });
});

describe("a provider that cuts the line", () => {
  it("before the first word is asked again", async () => {
    fake.replyOnce([cut]);
    const { text, error } = await ask(patient, ["Whole."]);
    expect({ text, error }).toEqual({ text: "Whole.", error: null });
  });

  it("again and again", () =>
    expectFails(patient, [cut], {
      sentence:
        "Anthropic cannot be reached; check the network and ANTHROPIC_BASE_URL, then try again.",
    }));

  it("between two words", () =>
    expectFails(patient, ["Half an ", cut], { sentence: BROKEN_OFF, partial: "Half an " }));

  it("within a change: those before it stay, and it can be repaired", async () => {
    const reply = ({ tag }: ModelCall): Step[] => [
      changeBlock(tag, EDIT),
      `${tag}\n<original>lazy dog</original>\n<proposed>idle`,
      cut,
    ];
    const view = await expectFailure(patient, reply, { sentence: BROKEN_OFF, partial: "\n" });
    expect(view.changes).toMatchObject([{ state: "pending", proposed: EDIT.proposed }]);
    expect(view.looseBlocks).toMatchObject([
      { kind: "malformed", state: "open", fields: { original: "lazy dog", proposed: "idle" } },
    ]);
  });
});

describe("a provider that sends too much", () => {
  const words = (kilobytes: number): string[] =>
    Array.from({ length: kilobytes * 10 }, (_, index) => `${1e8 + index} `.repeat(10));

  it("200 KB are shown and stored to the last character", async () => {
    const pieces = words(200);
    const { threadId, text, view } = await ask(patient, ({ tag }) => [
      ...pieces,
      "\n",
      changeBlock(tag, EDIT),
    ]);
    expect(text.trimEnd()).toBe(pieces.join("").trimEnd());
    expect(view.messages[1]!.text).toBe(text);
    expect(view.changes).toMatchObject([{ state: "pending" }]);
    await expectUsable(patient, threadId);
  });

  it("200 KB within one change are no change, and nothing after it is lost", async () => {
    const proposed = words(200).join("");
    const { threadId, text, view } = await ask(patient, ({ tag }) => [
      changeBlock(tag, { original: "after one minute", proposed }),
      "And this is why.",
    ]);
    expect(view.changes).toEqual([]);
    expect(view.looseBlocks).toMatchObject([
      { kind: "malformed", code: "limit_field", fields: { original: "after one minute" } },
    ]);
    expect(text).toContain("And this is why.");
    await expectUsable(patient, threadId);
  });

  it("700 KB are not read to their end: what came is kept, and the cut is told", async () => {
    const pieces = words(700);
    const { threadId, text, view } = await ask(patient, pieces);
    expect(text.length).toBeGreaterThan(500_000);
    expect(pieces.join("").startsWith(text)).toBe(true);
    expect(messagesOf(view).slice(1)).toEqual([
      ["assistant", text, "cut"],
      ["system", expect.stringMatching(/^The answer was cut .*; ask Redline to go on/), "complete"],
    ]);
    await expectUsable(patient, threadId);
  });
});

describe("a provider that sends what is no text", () => {
  it("bytes that are no UTF-8 become replacement characters", async () => {
    const { threadId, text, view } = await ask(patient, ["a ", bytes(0xff, 0xfe, 0xc3), " b"]);
    expect(text).toMatch(/^a \ufffd+ b$/);
    expect(view.messages[1]).toMatchObject({ text, status: "complete" });
    await expectUsable(patient, threadId);
  });

  it("also within a change", async () => {
    const { threadId, view } = await ask(patient, ({ tag }) => [
      `${tag}\n<original>lazy dog</original>\n<proposed>idle `,
      bytes(0xf0, 0x9f, 0x98),
      "</proposed>\n</change>\n",
    ]);
    expect(view.changes).toMatchObject([
      { state: "pending", proposed: expect.stringMatching(/^idle \ufffd+$/) },
    ]);
    await expectUsable(patient, threadId);
  });

  it("NUL and half characters are kept from the database", async () => {
    const { threadId, text } = await ask(patient, [
      "a ",
      bytes(...Buffer.from("\\u0000 \\ud83d b")),
    ]);
    expect(text).toBe("a \ufffd \ufffd b");
    await expectUsable(patient, threadId);
  });

  it("frames that are no JSON", () =>
    expectFails(patient, ["Half an ", raw("event: content_block_delta\ndata: {oops\n\n")], {
      sentence: "Anthropic sent an answer that cannot be read; try again.",
      partial: "Half an ",
    }));

  it("a web page instead of an answer", () =>
    expectFails(patient, httpError(502, { body: `<html>${PROVIDER_WORDS}</html>` }), {
      sentence: "Anthropic has a fault on its side; try again in a minute.",
    }));
});

describe("a provider that refuses", () => {
  it.each<[string, Reply, string]>([
    [
      "for a time",
      httpError(429),
      "Anthropic's rate limit for this account is reached; try again in a minute.",
    ],
    ["the key", httpError(401), "Anthropic refused the API key; check ANTHROPIC_API_KEY."],
    [
      "in the middle",
      [streamError("overloaded_error")],
      "Anthropic is overloaded; try again in a minute.",
    ],
  ])("%s", (_, reply, sentence) => expectFails(patient, reply, { sentence }));

  it("a model that does not exist", async () => {
    const threadId = await patient.newThread();
    fake.reply(["never"]);
    const { turnId } = await patient.engine.threads.post(
      threadId,
      { text: "Is one minute enough?", model: "claude-none" },
      patient.user,
    );
    await collect(await patient.engine.streams.turn(turnId));
    const view = await patient.engine.threads.view(threadId);
    expect(messagesOf(view)[2]).toEqual([
      "system",
      "The model “claude-none” does not exist at Anthropic; choose another one.",
      "complete",
    ]);
    expect(fake.refusals.splice(0)).toEqual(["model: claude-none"]);
    await expectUsable(patient, threadId);
  });
});
