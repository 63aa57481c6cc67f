import { expect, it } from "vitest";

import { StreamOver } from "../../src/chat/chat-platform.ts";
import { block } from "../fakes/scripted-provider.ts";
import { DOCUMENT, until } from "../support/test-app.ts";
import { ChatWorld } from "./chat-world.ts";

function later(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

it("streams an answer, then shows a card for each change", async () => {
  await using world = await ChatWorld.start();
  const { test } = world;
  const more = later();
  test.provider.script = (request) => [
    "I would say ",
    "“hour”.\n\n",
    more.promise,
    block(request, "one minute", "one hour"),
    "\nThat is all.",
  ];
  const asked = test.ask(world.threadId, "Is a minute enough?");
  await until(async () => world.lines[0]?.includes("“hour”") ?? false);
  expect(world.shown[0]).toMatchObject({ stream: "open" });
  more.resolve();
  await asked;
  await world.settled();
  expect(world.lines).toEqual([expect.stringContaining("That is all."), "#1 Pending."]);
  expect(world.lines[0]).not.toContain("change");
  expect(world.shown[0]).toMatchObject({ stream: "closed", edits: 0 });
  expect([...world.shown[0]!.tasks.values()]).toEqual([
    { title: "Drafted an edit to § The RFC", done: true },
  ]);
  expect(world.platform.statuses.size).toBe(0);
});

it("keeps a card up to date, and shows what Redline says", async () => {
  await using world = await ChatWorld.start();
  const { test } = world;
  test.provider.script = (request) => ["Yes.\n", block(request, "one minute", "one hour")];
  await test.ask(world.threadId, "Longer?");
  await world.settled();
  const [change] = (await test.engine.threads.view(world.threadId)).changes;
  await test.engine.changes.decline(change!.id, "Too long.", test.user);
  await until(async () => world.lines.at(-1)?.startsWith("(") ?? false);
  await world.settled();
  expect(world.lines).toEqual([
    "Yes.",
    "#1 Declined by Local maintainer: Too long.",
    "(Local maintainer declined change #1: Too long.)",
  ]);
});

it("shows more than five changes as a list", async () => {
  await using world = await ChatWorld.start(
    {},
    { document: `${DOCUMENT}\none two three four five six\n` },
  );
  const { test } = world;
  test.provider.script = (request) => [
    "All:\n",
    ...["one two", "three", "four", "five", "six", "first item"].map((word) =>
      block(request, word, `${word}!`),
    ),
  ];
  await test.ask(world.threadId, "Shout.");
  await world.settled();
  expect(world.lines).toEqual(["All:", "#1 #2 #3 #4 #5"]);
  const { content } = world.shown[1]!;
  expect(content).toMatchObject({ list: { total: 6, pages: 2, page: 0 } });
});

it("goes on in another message where one is full", async () => {
  const budget = { limit: 1_000, measure: (text: string) => text.length };
  const limits = { posted: budget, streamed: budget, streamMs: 240_000 };
  await using world = await ChatWorld.start({ limits, streamCharacters: 1_000 });
  const { test } = world;
  const lines = Array.from({ length: 120 }, (_, at) => `Line ${at} of the answer.\n`);
  test.provider.script = () => ["```text\n", ...lines, "```\n"];
  await test.ask(world.threadId, "Count.");
  await world.settled();
  expect(world.shown.length).toBeGreaterThan(2);
  for (const line of world.lines) {
    expect(line.length).toBeLessThanOrEqual(1_000);
    expect(line).toMatch(/^```text\n[^]*\n```$/);
  }
  const all = world.lines.map((line) => line.slice(8, -4)).join("\n");
  expect(all.match(/Line \d+ /g)).toEqual(lines.map((line) => /Line \d+ /.exec(line)![0]));
});

const CALLS = ["openStream", "append", "close", "post", "edit"] as const;
const LOST = CALLS.flatMap((call) => [
  { call, moment: "before" as const },
  { call, moment: "after" as const },
]);

it.each(LOST)("survives $call that is lost $moment its effect", async ({ call, moment }) => {
  await using world = await ChatWorld.start();
  const { test, platform } = world;
  platform.failNext(call, moment);
  if (call === "edit") platform.failNext("append", moment);
  test.provider.script = (request) => [
    "One. ",
    "Two.\n",
    block(request, "one minute", "one hour"),
    "Three.",
  ];
  await test.ask(world.threadId, "Count.");
  await until(async () => {
    await world.settled();
    return world.lines.at(-1) === "#1 Pending.";
  });
  expect(world.lines).toEqual(["One. Two.\n\nThree.", "#1 Pending."]);
  expect(world.shown.every(({ stream }) => stream !== "open")).toBe(true);
});

it("goes on where a stream ends too early", async () => {
  await using world = await ChatWorld.start({ streamCharacters: 20 });
  const { test, platform } = world;
  platform.failNext("append", "before", new StreamOver("too old"));
  const words = Array.from({ length: 30 }, (_, at) => `word${at} `);
  test.provider.script = () => words;
  await test.ask(world.threadId, "Count.");
  await world.settled();
  expect(world.lines.join(" ").trim()).toBe(words.join("").trim());
});

it("posts and edits where there are no streams", async () => {
  await using world = await ChatWorld.start({ streamLifetimeMs: null });
  const { test } = world;
  const more = later();
  test.provider.script = () => ["One. ", more.promise, "Two."];
  const asked = test.ask(world.threadId, "Count.");
  await until(async () => world.lines[0] === "One.");
  more.resolve();
  await asked;
  await world.settled();
  expect(world.lines).toEqual(["One. Two."]);
});

it("shows one attempt alone when the first one broke", async () => {
  await using world = await ChatWorld.start();
  const { test } = world;
  test.provider.script = (_request, index) =>
    index === 0 ? ["Half of ", new Error("the process broke")] : ["The whole."];
  await test.ask(world.threadId, "Say it.");
  await world.settled();
  expect(world.lines).toEqual(["The whole."]);
});

const BUDGET = { limit: 4_000, measure: (text: string) => text.length };

it("finds a text again that the platform tells no key of", async () => {
  const limits = { posted: BUDGET, streamed: null, streamMs: 0 };
  await using world = await ChatWorld.start({ limits, keepsKeys: false });
  const { test, platform } = world;
  test.provider.script = (request) => ["Yes.\n", block(request, "one minute", "one hour")];
  await test.ask(world.threadId, "Longer?");
  await world.settled();
  platform.failNext("post", "after");
  platform.failNext("listOwn", "before");
  const [change] = (await test.engine.threads.view(world.threadId)).changes;
  await test.engine.changes.decline(change!.id, "Too long.", test.user);
  await until(async () => {
    await world.settled();
    return platform.calls.filter(({ call }) => call === "listOwn").length > 1;
  });
  expect(world.lines).toEqual([
    "Yes.",
    "#1 Declined by Local maintainer: Too long.",
    "(Local maintainer declined change #1: Too long.)",
  ]);
});
