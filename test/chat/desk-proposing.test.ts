import { describe, expect, it } from "vitest";
import type { ChatEvent, ChatMessage } from "../../src/chat/chat-event.ts";
import { prefill } from "../../src/chat/proposing.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person, replyWith } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const propose = (text: string, more: Partial<ChatMessage> = {}, by = MEMBER): Promise<void> =>
  world.desk.handle({
    kind: "propose",
    message: world.message(text, { addressed: false, ...more }),
    by: person(by),
    reply: replyWith(`propose ${text}`),
  });

const submitted = (ref: string, values: Record<string, string>, by = MEMBER): ChatEvent => ({
  kind: "submitted",
  form: "propose",
  ref,
  values,
  by: person(by),
  reply: replyWith(`submit ${JSON.stringify(values)} ${by}`),
});

const formOf = () => world.platform.forms.at(-1)!.form;
const told = (id = MEMBER): string | undefined => world.platform.toldTo(id).at(-1);
const changesOf = async (threadId: string) =>
  (await world.built.engine.threads.view(threadId)).changes;

describe("“Propose edit”", () => {
  it("makes a change by hand in the thread of the place, once", async () => {
    const { threadId } = await world.linked();
    await propose("Too fast.", { quote: "one minute" });
    const { ref, fields } = formOf();
    expect(fields).toMatchObject([
      { name: "original", value: "one minute", required: true },
      { name: "proposed", value: "one minute", required: false },
      { name: "reason", value: "", required: false },
    ]);
    const values = { original: "one minute", proposed: "two minutes", reason: " Gentler. " };
    const event = submitted(ref, values);
    await world.desk.handle(event);
    await world.desk.handle(event);
    expect(await changesOf(threadId)).toMatchObject([
      {
        kind: "manual",
        state: "pending",
        author: "Mel",
        original: "one minute",
        proposed: "two minutes",
        reason: "Gentler.",
        placement: { certainty: "certain" },
      },
    ]);
    expect(world.platform.toldTo(MEMBER)).toEqual(
      Array(2).fill("You proposed change #1; it waits for a decision on its card."),
    );
    await propose("Once more.");
    await world.desk.handle(submitted(formOf().ref, values));
    expect(await changesOf(threadId)).toHaveLength(2);
  });

  it("says in one sentence what is not clear, and keeps the change", async () => {
    const { threadId } = await world.linked();
    await propose("Too fast.");
    await world.desk.handle(submitted(formOf().ref, { original: "e", proposed: "E" }));
    expect(told()).toMatch(/^The original text of change #1 stands at \d+ places: choose [^.]*\.$/);
    await propose("Too fast.");
    const missing = { original: "Penguins march at dawn.", proposed: "E" };
    await world.desk.handle(submitted(formOf().ref, missing));
    expect(told()).toMatch(/^Change #2 is kept, but its original text was not found/);
    expect((await changesOf(threadId)).map(({ placement }) => placement.certainty)).toEqual([
      "ask",
      "none",
    ]);
  });

  it("refuses what is no edit", async () => {
    const { threadId } = await world.linked();
    await propose("Too fast.");
    const { ref } = formOf();
    await world.desk.handle(submitted(ref, { original: " ", proposed: "x" }));
    expect(told()).toMatch(/original text was left empty/);
    await world.desk.handle(submitted(ref, { original: "fox", proposed: "fox" }));
    expect(told()).toMatch(/nothing would change/);
    expect(await changesOf(threadId)).toEqual([]);
  });

  it("is not for a place that is not linked, nor for somebody else's form", async () => {
    await propose("Too fast.");
    expect(world.platform.forms).toEqual([]);
    expect(told()).toMatch(/^This place is not linked to an RFC yet; `link/);
    const { threadId } = await world.linked();
    await propose("Too fast.");
    const { ref } = formOf();
    await world.desk.handle(submitted(ref, { original: "fox", proposed: "cat" }, MAINTAINER));
    expect(told(MAINTAINER)).toMatch(/^This form is too old/);
    await world.say("unlink", { by: person(ADMIN) });
    await world.desk.handle(submitted(ref, { original: "fox", proposed: "cat" }));
    expect(told()).toMatch(/^This place is not linked/);
    expect(await changesOf(threadId)).toEqual([]);
  });

  it("is not for a closed discussion", async () => {
    const { threadId } = await world.linked();
    await propose("Too fast.");
    const { ref } = formOf();
    await world.built.engine.threads.close(threadId, await world.user(ADMIN));
    await world.desk.handle(submitted(ref, { original: "fox", proposed: "cat" }));
    await propose("Too slow.");
    expect(world.platform.toldTo(MEMBER)).toEqual([
      expect.stringMatching(/^This discussion is closed/),
      expect.stringMatching(/^This discussion is closed/),
    ]);
    expect(world.platform.forms).toHaveLength(1);
  });

  it("has a limit of its own, which a repeated form does not meet", async () => {
    const { threadId } = await world.linked();
    const events: ChatEvent[] = [];
    for (let at = 0; at <= 10; at += 1) {
      await propose(`Number ${at}`);
      events.push(submitted(formOf().ref, { original: "fox", proposed: `cat ${at}` }));
      await world.desk.handle(events.at(-1)!);
    }
    expect(told()).toMatch(/^You have proposed a lot .* propose this again in \d minutes\.$/);
    expect(await changesOf(threadId)).toHaveLength(10);
    await world.desk.handle(events[0]!);
    expect(told()).toMatch(/^You proposed change #1/);
  });
});

describe("what the form begins with", () => {
  const CODE = "Better:\n```md\nThe cat jumps.\nTwice.\n```\nRight?";

  it.each([
    ["nothing", { text: "Too fast.", quote: null }, ["", ""]],
    ["the quote", { text: "Too fast.", quote: " one minute " }, ["one minute", "one minute"]],
    [
      "the block of code",
      { text: CODE, quote: null },
      ["The cat jumps.\nTwice.", "The cat jumps.\nTwice."],
    ],
    ["both", { text: CODE, quote: "The fox" }, ["The fox", "The cat jumps.\nTwice."]],
    ["a block on one line", { text: "so ```a fox``` it is", quote: null }, ["a fox", "a fox"]],
    ["what is too long for a field", { text: "x", quote: "y".repeat(3_001) }, ["", ""]],
  ])("is %s", (_what, message, [original, proposed]) => {
    expect(prefill(message)).toEqual({ original, proposed });
  });
});
