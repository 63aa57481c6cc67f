import { describe, expect, it } from "vitest";
import type { ChatEvent, ChatMessage } from "../../src/chat/chat-event.ts";
import { listHistory } from "../../src/store/messages.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MEMBER, PLACE, person } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const ASK_ANEW = "I do not answer what an edit adds; ask me in a new message.";

describe("in a linked place", () => {
  it("keeps what people say to each other, and answers who addresses it", async () => {
    const { threadId } = await world.linked();
    await world.say("I like it.", { addressed: false });
    await world.say("How often are retries sent?", { addressed: false });
    await world.say("make it two minutes", { quote: "one minute" });
    expect(await world.said(threadId)).toEqual([
      "Mel: I like it.",
      "Mel: How often are retries sent?",
      "Mel: make it two minutes *",
    ]);
    expect((await world.messages(threadId)).at(-1)!.quote).toBe("one minute");
    expect(world.platform.told).toEqual([]);
  });

  it("follows questions that are put to nobody else", async () => {
    const { threadId } = await world.linked();
    await world.say("mode follow", { by: person(ADMIN) });
    await world.say("How often?", { addressed: false });
    await world.say("Max, do you agree?", { addressed: false, addressesOther: true });
    await world.say("See https://a.example/?q=1 and `a?b`.", { addressed: false });
    expect(await world.said(threadId)).toEqual([
      "Mel: How often? *",
      "Mel: Max, do you agree?",
      "Mel: See https://a.example/?q=1 and `a?b`.",
    ]);
  });

  it("is quiet, and tells who addresses it so", async () => {
    const { threadId } = await world.linked();
    await world.say("mode quiet", { by: person(ADMIN) });
    await world.say("How often?");
    expect(await world.said(threadId)).toEqual(["Mel: How often?"]);
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringContaining("`mode mention`")]);
  });

  it("takes a message that comes again once", async () => {
    const { threadId } = await world.linked();
    const message = await world.say("make it two minutes");
    await world.desk.handle({ kind: "message", message });
    expect(await world.said(threadId)).toHaveLength(1);
  });

  it("takes up where it was interrupted after storing a message", async () => {
    const { threadId } = await world.linked();
    const message = await world.say("make it two minutes");
    await world.sql`delete from chat_messages where message_id is not null`;
    await world.desk.handle({ kind: "message", message });
    expect(await world.said(threadId)).toHaveLength(1);
    await world.desk.handle({ kind: "edited", message: { ...message, text: "three minutes" } });
    expect(await world.said(threadId)).toEqual(["Mel: three minutes *"]);
  });

  it("says that a closed discussion is closed, to who addresses it", async () => {
    const { threadId } = await world.linked();
    await world.built.engine.threads.close(threadId, await world.user(ADMIN));
    await world.say("And now?");
    await world.say("Hm.", { addressed: false });
    expect(await world.said(threadId)).toEqual([]);
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringContaining("is closed")]);
  });

  it("says so when a message is longer than can be kept", async () => {
    const { threadId } = await world.linked();
    await world.say("x".repeat(64_001), { addressed: false });
    expect(await world.said(threadId)).toEqual([]);
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringContaining("64,000")]);
  });

  it("answers only so often, keeps the rest, and says when it goes on", async () => {
    const { threadId } = await world.linked();
    for (let n = 1; n <= 11; n += 1) await world.say(`question ${n}`);
    const said = await world.said(threadId);
    expect(said.filter((line) => line.endsWith("*"))).toHaveLength(10);
    expect(said.at(-1)).toBe("Mel: question 11");
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringMatching(/in 5 minutes/)]);
    await world.say("may I?", { by: person(ADMIN) });
    expect((await world.said(threadId)).at(-1)).toBe("Ada: may I? *");
  });

  it("says a person's name even when it cannot be asked for", async () => {
    const { threadId } = await world.linked();
    world.platform.nameOf = () => Promise.reject(new Error("busy"));
    await world.say("Hm.", { addressed: false });
    expect(await world.said(threadId)).toEqual([`${MEMBER}: Hm.`]);
  });
});

describe("edits and deletions", () => {
  it("follow a message, and a deleted one is not answered", async () => {
    const { threadId } = await world.linked();
    const message = await world.say("make it two minutes");
    await world.desk.handle({ kind: "edited", message: { ...message, text: "make it three" } });
    expect(await world.said(threadId)).toEqual(["Mel: make it three *"]);
    await world.desk.handle({ kind: "deleted", at: message.at, id: message.id });
    const view = await world.built.engine.threads.view(threadId);
    expect(view.messages.find(({ role }) => role === "user")).toMatchObject({ text: "" });
    expect(view.turns.map(({ state }) => state)).toEqual(["cancelled"]);
  });

  it("may come before their message", async () => {
    const { threadId } = await world.linked();
    const message = world.message("make it two");
    await world.desk.handle({ kind: "edited", message: { ...message, text: "make it three" } });
    await world.desk.handle({ kind: "message", message });
    expect(await world.said(threadId)).toEqual(["Mel: make it three *"]);
    const other = world.message("never mind");
    await world.desk.handle({ kind: "deleted", at: other.at, id: other.id });
    await world.desk.handle({ kind: "message", message: other });
    await world.desk.handle({ kind: "edited", message: { ...other, text: "or do" } });
    await world.desk.handle({ kind: "message", message: other });
    expect(await world.said(threadId)).toHaveLength(1);
  });

  it("take away what they leave nothing of", async () => {
    const { threadId } = await world.linked();
    const message = await world.say("The password is hunter2.", { quote: "one minute" });
    await world.desk.handle({ kind: "edited", message: { ...message, text: " ", quote: null } });
    const { messages, turns } = await world.built.engine.threads.view(threadId);
    const left = messages.find(({ role }) => role === "user");
    expect(left).toMatchObject({ text: "", quote: null, deletedAt: expect.any(Date) });
    expect(turns.map(({ state }) => state)).toEqual(["cancelled"]);
    const { rows } = await listHistory(world.sql, threadId, 1_000, 1_000_000);
    expect(JSON.stringify(rows)).not.toContain("hunter2");
    // It stays so, and whoever writes there anew is told once to do it in a new message.
    const anew = { kind: "edited", message: { ...message, text: "How often?" } } as const;
    await world.desk.handle(anew);
    await world.desk.handle(anew);
    expect(await world.said(threadId)).toEqual(["Mel:  *"]);
    expect(world.platform.toldTo(MEMBER)).toEqual([ASK_ANEW]);
  });

  it("take away what has not come yet", async () => {
    const { threadId } = await world.linked();
    const message = world.message("The password is hunter2.");
    await world.desk.handle({ kind: "edited", message: { ...message, text: "" } });
    await world.desk.handle({ kind: "message", message });
    expect(await world.said(threadId)).toEqual([]);
  });

  it("may come while their message is being stored", async () => {
    const { threadId } = await world.linked();
    const { threads } = world.built.engine;
    const message = world.message("make it two");
    const post = threads.post.bind(threads);
    let meanwhile: ChatEvent = { kind: "edited", message: { ...message, text: "make it three" } };
    threads.post = async (...given) => {
      const posted = await post(...given);
      await world.desk.handle(meanwhile);
      return posted;
    };
    await world.desk.handle({ kind: "message", message });
    expect(await world.said(threadId)).toEqual(["Mel: make it three *"]);
    const other = world.message("never mind");
    meanwhile = { kind: "deleted", at: other.at, id: other.id };
    await world.desk.handle({ kind: "message", message: other });
    expect(await world.said(threadId)).toEqual(["Mel: make it three *", "Mel:  *"]);
  });

  it("come to nothing where nothing is known of the message", async () => {
    const message = world.message("elsewhere");
    await world.desk.handle({ kind: "edited", message });
    await world.desk.handle({ kind: "deleted", at: message.at, id: message.id });
    expect(await world.sql`select 1 from chat_messages`).toHaveLength(0);
    await world.linked();
    // A command is answered once; that it reads otherwise later makes no question of it.
    const command = await world.say("status");
    await world.desk.handle({ kind: "edited", message: { ...command, text: "status of what" } });
    await world.desk.handle({ kind: "message", message: command });
    expect(world.platform.toldTo(MEMBER)).toHaveLength(1);
  });

  it("still reach a message after the place was unlinked", async () => {
    const { threadId } = await world.linked();
    const message = await world.say("I like it.", { addressed: false });
    await world.say("unlink", { by: person(ADMIN) });
    await world.desk.handle({ kind: "deleted", at: message.at, id: message.id });
    expect(await world.said(threadId)).toEqual(["Mel: "]);
  });
});

describe("a mention that an edit adds", () => {
  const mention = (message: ChatMessage, more: Partial<ChatMessage> = {}): Promise<void> =>
    world.desk.handle({ kind: "edited", message: { ...message, addressed: true, ...more } });

  it("asks nothing, and its author is told so once", async () => {
    const { threadId } = await world.linked();
    const message = await world.say("How often?", { addressed: false });
    await mention(message);
    await mention(message, { text: "How often now?" });
    expect(await world.said(threadId)).toEqual(["Mel: How often now?"]);
    expect(world.platform.toldTo(MEMBER)).toEqual([ASK_ANEW]);
    const bare = await world.say("");
    await mention(bare, { text: "How often?" });
    const old = world.message("Said before the place was linked.");
    await mention(old);
    expect(world.platform.toldTo(MEMBER).slice(2)).toEqual([ASK_ANEW, ASK_ANEW]);
  });

  it("is told again only where the telling failed", async () => {
    await world.linked();
    const message = await world.say("How often?", { addressed: false });
    world.platform.failNext("tell");
    await expect(mention(message)).rejects.toThrow("lost");
    await mention(message);
    await mention(message);
    expect(world.platform.toldTo(MEMBER)).toEqual([ASK_ANEW]);
  });

  it("is nothing new where it was answered, refused or done already", async () => {
    await world.linked();
    await world.say("mode follow", { by: person(ADMIN) });
    await mention(await world.say("How often?", { addressed: false }));
    await mention(await world.say("make it two"), { text: "make it three" });
    await mention(await world.say("status"), { text: "status of what" });
    const gone = await world.say("I like it.", { addressed: false });
    await world.desk.handle({ kind: "deleted", at: gone.at, id: gone.id });
    await mention(gone);
    await mention(world.message("elsewhere", { at: { ...gone.at, place: "C1/9.9" } }));
    await world.say("mode quiet", { by: person(ADMIN) });
    await mention(await world.say("How often?"));
    expect(world.platform.toldTo(MEMBER)).toEqual([
      expect.stringContaining("Branch"),
      expect.stringMatching(/^I am quiet here/),
    ]);
  });

  it("is told what the place is like: quiet, or closed", async () => {
    const { threadId } = await world.linked();
    await world.say("mode quiet", { by: person(ADMIN) });
    const [first, second] = [
      await world.say("I like it.", { addressed: false }),
      await world.say("Hm.", { addressed: false }),
    ];
    await mention(first);
    await world.built.engine.threads.close(threadId, await world.user(ADMIN));
    await mention(second);
    expect(world.platform.toldTo(MEMBER)).toEqual([
      expect.stringMatching(/^I am quiet here/),
      expect.stringMatching(/^This discussion is closed/),
    ]);
  });
});

describe("in a place that is not linked", () => {
  it("hints once, and only to who addresses it", async () => {
    await world.say("How often?", { addressed: false });
    expect(world.platform.told).toEqual([]);
    const first = await world.say("How often?");
    await world.say("Hello?");
    await world.desk.handle({ kind: "message", message: first });
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringContaining("`link <slug>`")]);
    expect(await world.sql`select 1 from turns`).toHaveLength(0);
  });

  it("is told in the channel where there is no thread yet", async () => {
    await world.say("How often?", { startsThread: true });
    expect(world.platform.told[0]!.where).toEqual({
      channel: "C1",
      thread: null,
      trigger: null,
      responseUrl: null,
    });
  });

  it("offers the only RFC in private, and anybody may link their own conversation", async () => {
    const at = { platform: "slack", workspaceId: "T1", place: "D1/1.1" } as const;
    await world.say("How often?", { at, isPrivate: true });
    await world.say("Hello?", { at, isPrivate: true });
    const offer = expect.stringContaining("`link rfc`");
    expect(world.platform.toldTo(MEMBER)).toEqual([offer, offer]);
    await world.say("link rfc", { at, isPrivate: true });
    await world.say("How often?", { at, isPrivate: true });
    const link = (await world.link("D1/1.1"))!;
    expect(await world.said(link.threadId)).toEqual(["Mel: How often? *"]);
    expect(await world.link(PLACE)).toBeNull();
  });
});

it("throws what went wrong on our side, so that the event is handled again", async () => {
  await world.linked();
  world.platform.failNext("tell", "before", new Error("lost"));
  const message = world.message("status");
  await expect(world.desk.handle({ kind: "message", message })).rejects.toThrow("lost");
  await world.desk.handle({ kind: "message", message });
  expect(world.platform.toldTo(MEMBER)).toHaveLength(1);
});
