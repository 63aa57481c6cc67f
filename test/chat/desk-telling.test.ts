import { describe, expect, it } from "vitest";
import { HostBusy } from "../../src/ports.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person, replyWith } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const byAdmin = { by: person(ADMIN) };

it("says to each person once how a place is linked", async () => {
  for (const by of [MEMBER, MAINTAINER, MEMBER, MAINTAINER]) {
    await world.say("How often?", { by: person(by) });
  }
  const hint = expect.stringContaining("not linked to an RFC yet");
  expect(world.platform.toldTo(MEMBER)).toEqual([hint]);
  expect(world.platform.toldTo(MAINTAINER)).toEqual([hint]);
});

describe("an edit's quote", () => {
  const quotes = async (threadId: string) =>
    (await world.messages(threadId))
      .filter(({ role }) => role === "user")
      .map(({ text, quote }) => [text, quote]);

  it("takes the place of the one before, also where it is gone", async () => {
    const { threadId } = await world.linked();
    const message = await world.say("make it two", { quote: "one minute" });
    const edit = (text: string, quote: string | null) =>
      world.desk.handle({ kind: "edited", message: { ...message, text, quote } });
    await edit("make it two", "one hour");
    expect(await quotes(threadId)).toEqual([["make it two", "one hour"]]);
    await edit("make it three", null);
    expect(await quotes(threadId)).toEqual([["make it three", null]]);
  });

  it("holds where the edit came before its message", async () => {
    const { threadId } = await world.linked();
    const message = world.message("make it two", { quote: "one minute" });
    const edited = { ...message, text: "make it three", quote: null };
    await world.desk.handle({ kind: "edited", message: edited });
    await world.desk.handle({ kind: "message", message });
    const other = world.message("and this");
    await world.desk.handle({ kind: "edited", message: { ...other, quote: "the fox" } });
    await world.desk.handle({ kind: "message", message: other });
    expect(await quotes(threadId)).toEqual([
      ["make it three", null],
      ["and this", "the fox"],
    ]);
  });
});

describe("a platform that is too busy to tell", () => {
  const busy = () => new HostBusy("Later.", new Date(Date.now() + 1_000));

  it("is asked again for the telling alone", async () => {
    const { number } = await world.card(await world.linked());
    const message = world.message(`decline ${number} no`, { by: person(MAINTAINER) });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      world.platform.failNext("tell", "before", busy());
      await expect(world.desk.handle({ kind: "message", message })).rejects.toThrow("Later.");
    }
    await world.desk.handle({ kind: "message", message });
    await world.desk.handle({ kind: "message", message });
    expect(world.platform.toldTo(MAINTAINER)).toEqual([`You declined change #${number}.`]);
    expect(await world.sql`select 1 from owed_answers`).toHaveLength(0);
  });

  it("is asked again after a command outside of threads and a press, too", async () => {
    world.platform.failNext("tell", "before", busy());
    const event = {
      kind: "command",
      at: null,
      channel: "C1",
      by: person(ADMIN),
      text: "link rfc",
      reply: replyWith("t"),
    } as const;
    await expect(world.desk.handle(event)).rejects.toThrow("Later.");
    await world.desk.handle(event);
    expect(world.platform.calls.filter(({ call }) => call === "startThread")).toHaveLength(1);
    expect(world.platform.toldTo(ADMIN)).toEqual([expect.stringContaining("in a new thread")]);
    const { ref } = await world.card(await world.linked());
    world.platform.failNext("tell", "before", busy());
    const reply = replyWith("p");
    const by = person(MEMBER);
    const press = { kind: "pressed", action: "accept", ref, choice: null, by, reply } as const;
    await expect(world.desk.handle(press)).rejects.toThrow("Later.");
    await world.desk.handle(press);
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringMatching(/^Only maintainers/)]);
  });

  it("does not swallow that there is no answer for now", async () => {
    const { threadId } = await world.linked();
    for (let n = 1; n <= 10; n += 1) await world.say(`question ${n}`);
    const message = world.message("question 11");
    world.platform.failNext("tell", "before", busy());
    await expect(world.desk.handle({ kind: "message", message })).rejects.toThrow("Later.");
    await world.desk.handle({ kind: "message", message });
    await world.desk.handle({ kind: "message", message });
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringMatching(/in 5 minutes/)]);
    expect(await world.said(threadId)).toHaveLength(11);
  });
});

describe("how often somebody may ask", () => {
  it("is thirty commands a minute, said once", async () => {
    await world.linked();
    for (let n = 1; n <= 33; n += 1) await world.say("mode");
    await world.slash("help", MEMBER);
    const told = world.platform.toldTo(MEMBER);
    expect(told.filter((line) => line.startsWith("That was a lot of commands"))).toHaveLength(1);
    expect(world.platform.toldTo(MEMBER).at(-1)).toMatch(/^That was a lot/);
    await world.say("mode", byAdmin);
    expect(world.platform.toldTo(ADMIN)).toHaveLength(1);
    await world.sql`update command_counts set since = since - interval '1 minute'`;
    await world.slash("help", MEMBER);
    expect(world.platform.toldTo(MEMBER).at(-1)).toContain("`help` shows this list");
  });

  it("is said once until there are answers again, to each person", async () => {
    const { threadId } = await world.linked();
    for (let n = 1; n <= 13; n += 1) await world.say(`question ${n}`);
    expect(await world.said(threadId)).toHaveLength(13);
    const limit = expect.stringMatching(/^You have asked a lot .* in 5 minutes/);
    expect(world.platform.toldTo(MEMBER)).toEqual([limit]);
    for (let n = 1; n <= 12; n += 1) await world.say(`question ${n}`, byAdmin);
    expect(world.platform.toldTo(ADMIN)).toEqual([limit]);
    // The five minutes are over.
    await world.sql`update thread_messages set created_at = created_at - interval '5 minutes'`;
    await world.sql`update limit_notices set until = until - interval '5 minutes'`;
    for (let n = 1; n <= 12; n += 1) await world.say(`question ${n}`);
    expect(world.platform.toldTo(MEMBER)).toEqual([limit, limit]);
  });

  it("leaves what was kept without an answer as it is, should the message come again", async () => {
    const { threadId } = await world.linked();
    for (let n = 1; n <= 10; n += 1) await world.say(`question ${n}`);
    const message = world.message("one more");
    await world.desk.handle({ kind: "message", message });
    // As after a crash just before that was noted, and later, when there are answers again.
    await world.sql`delete from chat_messages where platform_message_id = ${message.id}`;
    await world.sql`update thread_messages set created_at = created_at - interval '5 minutes'`;
    await world.desk.handle({ kind: "message", message }, new Date(0));
    expect(await world.said(threadId)).toHaveLength(11);
  });

  it("counts presses as commands, each once", async () => {
    const { ref } = await world.card(await world.linked());
    const by = person(MAINTAINER);
    const first = { kind: "pressed", action: "decline", ref, choice: null, by } as const;
    for (let n = 1; n <= 31; n += 1) {
      await world.desk.handle({ ...first, reply: replyWith("same") }, new Date(0));
    }
    world.platform.forms.length = 0;
    for (let n = 1; n <= 30; n += 1) await world.press("decline", ref, MAINTAINER);
    expect(world.platform.forms).toHaveLength(30);
    const message = world.message("Too slow.", { by });
    await world.press("decline", ref, MAINTAINER);
    await world.desk.handle({ kind: "discuss", message, by, reply: replyWith("d") });
    await world.desk.handle({ kind: "propose", message, by, reply: replyWith("q") });
    await world.say("mode", { by });
    expect(world.platform.forms).toHaveLength(30);
    expect(world.platform.toldTo(MAINTAINER)).toEqual([
      expect.stringMatching(/^That was a lot of commands and presses within a minute/),
    ]);
  });

  it("counts what is asked along with a link", async () => {
    const url = world.pull(7, "rfc.md");
    await world.linked();
    for (let n = 1; n <= 10; n += 1) await world.say(`question ${n}`, byAdmin);
    await world.slash(`link ${url} And this?`, ADMIN);
    const { place } = world.platform.threadsStarted[0]!.at;
    expect(await world.said((await world.link(place))!.threadId)).toEqual(["Ada: And this?"]);
    const told = world.platform.toldTo(ADMIN).at(-1)!;
    expect(told).toContain("in a new thread");
    expect(told).toMatch(/in 5 minutes/);
    // A conversation with Redline alone joins no other, and so asks nothing first.
    await world.say(`${url} And that?`, {
      ...byAdmin,
      at: { ...T, place: "D9/dm" },
      isPrivate: true,
    });
    expect(world.platform.toldTo(ADMIN).at(-1)).toMatch(/^You have asked a lot/);
  });
});

const T = { platform: "slack", workspaceId: "T1" } as const;

it("says when a place is linked that the document is discussed elsewhere", async () => {
  const first = await world.linked();
  expect((await world.notes(first.threadId))[0]).not.toContain("Other conversations");
  await world.say("link rfc new", { ...byAdmin, at: { ...T, place: "C1/2.2" } });
  const second = (await world.link("C1/2.2"))!;
  expect((await world.notes(second.threadId))[0]).not.toContain("Other conversations");
  const by = await world.user(ADMIN);
  await world.sql`
    insert into threads (rfc_slug, branch_name, thread_kind, created_by)
    values ('rfc', 'main', 'discussion', ${by.id})`;
  await world.say("link rfc new", { ...byAdmin, at: { ...T, place: "C1/3.3" } });
  const third = (await world.link("C1/3.3"))!;
  expect((await world.notes(third.threadId))[0]).toContain(
    "Other conversations about it are in the console: https://redline.example/rfcs/rfc",
  );
});
