/** What is handled again after a crash half way has happened once, and is told as what it was. */
import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../../src/chat/chat-event.ts";
import { insertMaintainer } from "../../src/store/maintainers.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person, replyWith, T1 } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const byAdmin = { by: person(ADMIN) };
const stateOf = async (changeId: string) => (await world.built.engine.changes.get(changeId)).state;

/** Handles an event in a process that ends when it is about to tell somebody something. */
async function handleAndDie(event: ChatEvent): Promise<void> {
  const dying = new Promise<void>((die) => {
    world.platform.onCall = ({ call }) => {
      if (call !== "tell") return;
      die();
      return new Promise<never>(() => {});
    };
  });
  await Promise.race([dying, world.desk.handle(event)]);
  world.platform.onCall = () => {};
}

/** Handles an event while nothing can be said in threads, and once more afterwards. */
async function handleWithoutNotice(event: ChatEvent): Promise<void> {
  await world.sql`
    alter table thread_messages add constraint no_notice check (role <> 'system') not valid`;
  try {
    await expect(world.desk.handle(event)).rejects.toThrow("no_notice");
  } finally {
    await world.sql`alter table thread_messages drop constraint no_notice`;
  }
  await world.desk.handle(event, new Date(0));
}

describe("what all in the thread are to see", () => {
  const cases: Record<string, [command: string, notice: string]> = {
    "a maintainer": [
      `maintainers add <@${MEMBER}>`,
      "Ada made Mel a maintainer: they may accept and decline in this workspace.",
    ],
    "a maintainer less": [
      `maintainers remove <@${MAINTAINER}>`,
      "Ada took Max off the maintainers of this workspace.",
    ],
    "a role": [
      "maintainers add <@&R1>",
      "Ada made everybody with the role Core a maintainer: they may accept and decline in this workspace.",
    ],
    "a mode": ["mode follow", expect.stringMatching(/^The mode is `follow` now/)],
  };

  for (const [what, [command, notice]] of Object.entries(cases)) {
    it(`is said once, though it could not be said at first: ${what}`, async () => {
      world.platform.roleNames.set("R1", "Core");
      const { threadId } = await world.linked();
      const message = world.message(command, byAdmin);
      await handleWithoutNotice({ kind: "message", message });
      expect((await world.notes(threadId)).slice(1)).toEqual([notice]);
      await world.desk.handle({ kind: "message", message }, new Date(0));
      expect((await world.notes(threadId)).slice(1)).toEqual([notice]);
      expect(world.platform.toldTo(ADMIN)).toEqual([]);
    });
  }

  it("is said once where the process ended right behind it", async () => {
    const { threadId } = await world.linked();
    const message = world.message("mode follow", byAdmin);
    await world.desk.handle({ kind: "message", message });
    await world.sql`delete from chat_messages`;
    await world.desk.handle({ kind: "message", message }, new Date(0));
    expect(await world.notes(threadId)).toHaveLength(2);
    expect(world.platform.toldTo(ADMIN)).toEqual([]);
  });
});

describe("what one person is to be told", () => {
  const slash = (text: string): ChatEvent => ({
    kind: "command",
    at: null,
    channel: "C1",
    by: person(ADMIN),
    text,
    reply: replyWith("t"),
  });

  it("is what was done, outside of threads", async () => {
    const event = slash(`maintainers add <@${MEMBER}>`);
    await handleAndDie(event);
    expect(world.platform.toldTo(ADMIN)).toEqual([]);
    await world.desk.handle(event, new Date(0));
    expect(world.platform.toldTo(ADMIN)).toEqual([
      "Ada made Mel a maintainer: they may accept and decline in this workspace.",
    ]);
    expect(await world.sql`select 1 from owed_answers`).toHaveLength(0);
  });

  it("leaves nothing to be told behind", async () => {
    await world.desk.handle(slash(`maintainers add <@${MEMBER}>`));
    expect(world.platform.toldTo(ADMIN)).toHaveLength(1);
    expect(await world.sql`select 1 from owed_answers`).toHaveLength(0);
  });

  it("is that the place is unlinked", async () => {
    await world.linked();
    const message = world.message("unlink", byAdmin);
    await handleAndDie({ kind: "message", message });
    expect(await world.link()).toBeNull();
    await world.desk.handle({ kind: "message", message }, new Date(0));
    expect(world.platform.toldTo(ADMIN)).toEqual([
      expect.stringMatching(/^This place is no longer linked to `rfc`/),
    ]);
  });
});

describe("a decision", () => {
  const by = person(MAINTAINER);

  for (const verdict of ["accept", "decline"] as const) {
    it(`is told as taken when its command is handled again: ${verdict}`, async () => {
      const { changeId, number } = await world.card(await world.linked());
      const before = new Date();
      const message = world.message(`${verdict} ${number}`, { by });
      await handleAndDie({ kind: "message", message });
      expect(await stateOf(changeId)).toBe(verdict === "accept" ? "accepting" : "declined");
      await world.desk.handle({ kind: "message", message }, before);
      expect(world.platform.toldTo(MAINTAINER)).toEqual([
        expect.stringMatching(verdict === "accept" ? /^You accepted/ : /^You declined/),
      ]);
      expect(await world.sql`select 1 from decisions`).toHaveLength(1);
      await world.say(`${verdict} ${number}`, { by });
      expect(world.platform.toldTo(MAINTAINER)[1]).toMatch(/already\.$/);
    });
  }

  it("is no failure when its button, or its form, is handled again", async () => {
    const link = await world.linked();
    const before = new Date();
    const first = await world.card(link);
    const press = {
      kind: "pressed",
      action: "accept",
      ref: first.ref,
      choice: null,
      by,
      reply: replyWith("p"),
    } as const;
    await world.desk.handle(press);
    await world.desk.handle(press, before);
    const forms = [
      ["decline", { reason: "Too slow." }],
      ["edit", { proposed: "five minutes", reason: "" }],
    ] as const;
    for (const [form, values] of forms) {
      const { ref } = await world.card(link);
      const reply = replyWith(form);
      const submitted = { kind: "submitted", form, ref, values, by, reply } as const;
      await world.desk.handle(submitted);
      await world.desk.handle(submitted, before);
    }
    expect(world.platform.toldTo(MAINTAINER)).toEqual([]);
    expect(await world.sql`select 1 from decisions`).toHaveLength(3);
  });

  it("of somebody else, or of before, is told as theirs", async () => {
    const { ref, number } = await world.card(await world.linked());
    const before = new Date();
    await insertMaintainer(
      world.sql,
      T1,
      (await world.user(MEMBER)).id,
      (await world.user(ADMIN)).id,
    );
    await world.press("accept", ref, MEMBER);
    const press = { kind: "pressed", action: "accept", ref, choice: null } as const;
    await world.desk.handle({ ...press, by, reply: replyWith("p") }, before);
    await world.desk.handle(
      { ...press, by: person(MEMBER), reply: replyWith("q") },
      new Date(Date.now() + 60_000),
    );
    const already = `Change #${number} is being committed already.`;
    expect(world.platform.told.map(({ markdown }) => markdown)).toEqual([already, already]);
  });
});
