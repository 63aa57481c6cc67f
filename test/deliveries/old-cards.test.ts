import { expect, it } from "vitest";

import { SendUncertain } from "../../src/chat/chat-platform.ts";
import { findCardRef } from "../../src/store/deliveries.ts";
import { block } from "../fakes/scripted-provider.ts";
import type { FailingCall } from "../fakes/fake-chat-platform.ts";
import { DOCUMENT, until } from "../support/test-app.ts";
import { ChatWorld } from "./chat-world.ts";

/** A place with the cards of these edits, each of which takes no more changes. */
async function withOldCards(edits: readonly [string, string][]): Promise<ChatWorld> {
  const world = await ChatWorld.start(
    {},
    { document: `${DOCUMENT}\none two three four five six seven\n` },
  );
  world.test.provider.script = (request) => [
    "Yes.\n",
    ...edits.map(([original, proposed]) => block(request, original, proposed)),
  ];
  await world.test.ask(world.threadId, "Longer?");
  await world.settled();
  for (const { id, content } of world.shown) {
    if (content.kind === "card" || content.kind === "list") world.platform.tooOld.add(id);
  }
  return world;
}

const MINUTE: [string, string] = ["one minute", "one hour"];

async function decline(world: ChatWorld): Promise<void> {
  const { test } = world;
  const [change] = (await test.engine.threads.view(world.threadId)).changes;
  await test.engine.changes.decline(change!.id, "Too long.", test.user);
}

const DECLINED = "#1 Declined by Local maintainer: Too long.";
const NOTE = "(Local maintainer declined change #1: Too long.)";

it("gives a card that is too old to be edited a successor that links back", async () => {
  await using world = await withOldCards([MINUTE]);
  const old = world.shown[1]!;
  await decline(world);
  await until(async () => world.lines.length === 4);
  await world.settled();
  expect(world.lines).toEqual(["Yes.", "#1 Pending.", DECLINED, NOTE]);
  const { content } = world.shown[2]!;
  expect(content).toMatchObject({
    card: { replaces: `https://chat.example/T1/C1/1.1/${old.id}`, actions: [] },
  });
  expect(old.content).toMatchObject({ card: { replaces: null } });
});

it("goes on to edit the successor", async () => {
  await using world = await withOldCards([MINUTE]);
  const { test, platform } = world;
  await test.repository.outsideCommit("rfc.md", DOCUMENT.replace("one minute", "one day"));
  await until(async () => world.lines.length > 2);
  await world.settled();
  const successor = world.shown.findLast(({ content }) => content.kind === "card")!;
  await decline(world);
  await until(async () => world.lines.includes(DECLINED));
  await world.settled();
  expect(successor).toMatchObject({ content: { card: { tone: "closed" } } });
  expect(platform.messages.filter(({ content }) => content.kind === "card")).toHaveLength(2);
});

it("lets the buttons of both mean the same change", async () => {
  await using world = await withOldCards([MINUTE]);
  const { test } = world;
  const [change] = (await test.engine.threads.view(world.threadId)).changes;
  await test.repository.outsideCommit("rfc.md", DOCUMENT.replace("one minute", "one day"));
  await until(async () => world.lines.filter((line) => line.startsWith("#1")).length === 2);
  for (const { content } of world.shown) {
    if (content.kind !== "card") continue;
    const ref = await findCardRef(test.app.sql, content.card.ref);
    expect(ref).toMatchObject({ subjectId: change!.id, kind: "card" });
  }
});

it("says what the document reads where it conflicts with a change", async () => {
  await using world = await ChatWorld.start();
  const { test } = world;
  test.provider.script = (request) => ["Yes.\n", block(request, ...MINUTE)];
  await test.ask(world.threadId, "Longer?");
  await world.settled();
  expect(world.shown[1]!.content).toMatchObject({ card: { present: null } });
  await test.repository.outsideCommit("rfc.md", DOCUMENT.replace("one minute", "one day"));
  await until(async () => world.lines.some((line) => line.startsWith("#1 Conflict")));
  expect(world.shown[1]!.content).toMatchObject({ card: { present: "one day" } });
  await decline(world);
  await until(async () => world.lines.includes(DECLINED));
  expect(world.shown[1]!.content).toMatchObject({ card: { present: null } });
});

it("replaces a list as a whole", async () => {
  const words = ["one two", "three", "four", "five", "six", "seven"];
  await using world = await withOldCards(words.map((word) => [word, `${word}!`]));
  expect(world.shown[1]!.content).toMatchObject({ kind: "list", list: { replaces: null } });
  const old = world.shown[1]!;
  await decline(world);
  await until(async () => world.shown.length === 4);
  await world.settled();
  expect(world.shown[2]!.content).toMatchObject({
    kind: "list",
    list: { total: 6, replaces: `https://chat.example/T1/C1/1.1/${old.id}` },
  });
});

const LOST: { call: FailingCall; moment: "before" | "after" }[] = [
  { call: "edit", moment: "before" },
  { call: "post", moment: "before" },
  { call: "post", moment: "after" },
];

it.each(LOST)("shows one successor when $call is lost $moment its effect", async (lost) => {
  await using world = await withOldCards([MINUTE]);
  world.platform.failNext(lost.call, lost.moment);
  if (lost.call === "post") {
    world.platform.failNext("listOwn", "before", new SendUncertain("not even that is known"));
  }
  await decline(world);
  await until(async () => {
    await world.settled();
    return world.lines.length === 4;
  });
  expect(world.lines.toSorted()).toEqual(["Yes.", "#1 Pending.", DECLINED, NOTE].toSorted());
});

it("leaves a card alone that only names somebody as they were called", async () => {
  await using world = await withOldCards([MINUTE]);
  const { sql } = world.test.app;
  await decline(world);
  await until(async () => world.lines.length === 4);
  await world.settled();
  const edited = (id: string) =>
    world.platform.calls.filter(({ call, messageId }) => call === "edit" && messageId === id);
  const { id } = world.shown[2]!;
  world.platform.tooOld.add(id);
  world.test.provider.script = () => ["Well."];
  await sql`update users set display_name = 'Somebody else'`;
  await world.test.ask(world.threadId, "Well?");
  await world.settled();
  await world.test.ask(world.threadId, "And?");
  await world.settled();
  expect(world.shown.filter(({ content }) => content.kind === "card")).toHaveLength(2);
  expect(edited(id)).toHaveLength(1);
});

it("says a text once that is too old to be edited", async () => {
  await using world = await ChatWorld.start({ streamLifetimeMs: null });
  const { test, platform } = world;
  let goOn = (): void => {};
  const more = new Promise<void>((resolve) => (goOn = resolve));
  test.provider.script = () => ["One. ", more, "Two."];
  const asked = test.ask(world.threadId, "Count.");
  await until(async () => world.lines[0] === "One.");
  platform.tooOld.add(world.shown[0]!.id);
  goOn();
  await asked;
  await world.settled();
  expect(world.lines).toEqual(["One. Two."]);
});
