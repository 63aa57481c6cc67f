import { describe, expect, it } from "vitest";
import type { ChatEvent, ChatMessage } from "../../src/chat/chat-event.ts";
import { allowRepository, disallowRepository } from "../../src/chat/repositories.ts";
import type { ThreadLink } from "../../src/store/thread-links.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person, replyWith, T1 } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const at = (place: string) => ({ platform: "slack", workspaceId: "T1", place }) as const;
const byAdmin = { by: person(ADMIN) };
const NO_CARD = "There is no such card here any more.";

const stateOf = async (changeId: string) => (await world.built.engine.changes.get(changeId)).state;

const looksAsked = async ({ id }: ThreadLink): Promise<number> => {
  const [row] = await world.sql<{ asked: number }[]>`
    select asked from place_looks where link_id = ${id}`;
  return row!.asked;
};

async function linkedAt(place: string, more: Partial<ChatMessage> = {}): Promise<ThreadLink> {
  await world.say("link rfc new", { ...byAdmin, at: at(place), ...more });
  return (await world.link(place))!;
}

async function homeOf(by: string) {
  await world.desk.handle({ kind: "home", by: person(by) });
  return world.platform.homes.at(-1)!.home;
}

const told = (id: string): string => world.platform.toldTo(id).at(-1)!;

describe("a link that has ended", () => {
  const endings: Record<string, () => Promise<unknown>> = {
    "by unlink": () => world.say("unlink", byAdmin),
    "with its place": () => world.desk.handle({ kind: "place_gone", at: T1, channel: "C1" }),
    "with the app": () => world.desk.handle({ kind: "uninstalled", ...T1 }),
    "with the repository": () => disallowRepository(world.sql, T1, "acme/rfcs"),
  };

  for (const [how, end] of Object.entries(endings)) {
    it(`decides nothing any more, and its buttons go: ended ${how}`, async () => {
      await allowRepository(world.sql, T1, "acme/rfcs");
      const link = await world.linked();
      const { ref, changeId } = await world.card(link);
      await world.sql`update place_looks set due_at = 'infinity'`;
      const before = await looksAsked(link);
      await end();
      expect(await looksAsked(link)).toBeGreaterThan(before);
      const [look] = await world.sql`
        select 1 from place_looks where link_id = ${link.id} and due_at <= now()`;
      expect(look).toBeDefined();
      for (const action of ["accept", "decline", "edit"])
        await world.press(action, ref, MAINTAINER);
      for (const form of ["decline", "edit"] as const) {
        const values = { reason: "no", proposed: "three minutes" };
        const by = person(MAINTAINER);
        await world.desk.handle({
          kind: "submitted",
          form,
          ref,
          values,
          by,
          reply: replyWith(form),
        });
      }
      expect(world.platform.toldTo(MAINTAINER)).toEqual(Array(5).fill(NO_CARD));
      expect(world.platform.forms).toEqual([]);
      expect(await stateOf(changeId)).toBe("pending");
    });
  }

  it("decides nothing where the workspace may not discuss the repository any more", async () => {
    const { ref, changeId } = await world.card(await world.linked());
    world.open.clear();
    await world.press("accept", ref, MAINTAINER);
    expect(told(MAINTAINER)).toBe(NO_CARD);
    expect(await stateOf(changeId)).toBe("pending");
    await allowRepository(world.sql, T1, "acme/rfcs");
    await world.press("accept", ref, MAINTAINER);
    expect(await stateOf(changeId)).toBe("accepting");
  });

  it("leaves nobody with news of what the workspace may not discuss", async () => {
    world.open.clear();
    await allowRepository(world.sql, T1, "acme/rfcs");
    await world.card(await world.linked());
    await world.say("watch");
    expect((await homeOf(MEMBER)).news).toHaveLength(1);
    await world.sql`delete from overview_visits`;
    await disallowRepository(world.sql, T1, "acme/rfcs");
    expect(await homeOf(MEMBER)).toMatchObject({ rfcs: [], watched: [], news: [] });
    expect((await homeOf(MAINTAINER)).waiting).toEqual([]);
  });
});

describe("a pull request named in private", () => {
  const direct = { at: at("D1/dm"), isPrivate: true };

  it("makes an RFC known for admins alone, and is not even read for others", async () => {
    const url = world.pull(7, "new.md");
    world.pulls.length = 0;
    for (const words of [url, `link ${url}`, `link ${url} new.md`, `${url} what is this?`]) {
      await world.say(words, direct);
      expect(told(MEMBER)).toMatch(/^Only admins of this workspace make a new RFC known/);
    }
    await world.slash(`link ${url}`, MEMBER, "D1/dm");
    expect(told(MEMBER)).toMatch(/^Only admins of this workspace make a new RFC known/);
    expect(await world.sql`select 1 from rfcs where slug = 'new'`).toHaveLength(0);
    expect(await world.link("D1/dm")).toBeNull();
    world.pull(7, "new.md");
    await world.say(url, { ...direct, ...byAdmin });
    expect(await world.link("D1/dm")).not.toBeNull();
  });

  it("may be that of an RFC which is known", async () => {
    const url = world.pull(7, "rfc.md");
    await world.say(`link ${url}`, byAdmin);
    await world.sql`
      insert into cached_prs (rfc_slug, pr_number, branch_name, title, url, state, head_branch,
        head_sha, base_branch, base_sha)
      values ('rfc', 7, 'branch-7', 'T', ${url}, 'open', 'branch-7', 'h', 'main', 'b')`;
    world.pulls.length = 0;
    await world.say(url, direct);
    expect(await world.link("D1/dm")).not.toBeNull();
  });
});

describe("a channel that is not public", () => {
  it("shows its changes to nobody outside of it", async () => {
    const open = await world.linked();
    const closed = await linkedAt("C9/1.1", { isPublic: false });
    const { number, changeId } = await world.card(closed);
    expect([open.reach, closed.reach]).toEqual(["workspace", "channel"]);
    const by = person(MAINTAINER);
    await world.say("changes", { by });
    expect(told(MAINTAINER)).toBe("No change waits for a decision here.");
    await world.say(`accept ${number}`, { by });
    expect(told(MAINTAINER)).toContain(`There is no change #${number} here`);
    await world.say(`decline ${number} no`, { by });
    expect(await stateOf(changeId)).toBe("pending");
    await world.say("status", { by });
    expect(told(MAINTAINER)).toContain("Changes: 0 open");
    expect(await homeOf(MAINTAINER)).toMatchObject({
      rfcs: [{ pending: 0, placeUrl: expect.stringContaining("C1/1.1") }],
      waiting: [],
      news: [],
    });
    const inside = { by, at: at("C9/1.1"), isPublic: false };
    await world.say("changes", inside);
    expect(told(MAINTAINER)).toContain(`**#${number}**`);
    await world.say(`accept ${number}`, inside);
    expect(await stateOf(changeId)).toBe("accepting");
  });

  it("is no place that the overview names, and stays closed after it was unlinked", async () => {
    const closed = await linkedAt("C9/1.1", { isPublic: false });
    await world.card(closed);
    await world.say("watch");
    expect(await homeOf(MAINTAINER)).toMatchObject({ rfcs: [], waiting: [], news: [] });
    await world.say("unlink", { ...byAdmin, at: at("C9/1.1"), isPublic: false });
    await world.linked();
    expect(await homeOf(MAINTAINER)).toMatchObject({
      rfcs: [{ pending: 0 }],
      waiting: [],
      news: [],
    });
  });

  it("is what a channel of unknown kind counts as, until a message tells", async () => {
    const { isPublic: _, ...unknown } = world.message("link rfc", byAdmin);
    await world.desk.handle({ kind: "message", message: unknown });
    const reach = async () => (await world.link())!.reach;
    expect(await reach()).toBe("channel");
    await world.say("Hm.", { addressed: false });
    expect(await reach()).toBe("workspace");
    const { isPublic: __, ...again } = world.message("Hm.", { addressed: false });
    await world.desk.handle({ kind: "message", message: again });
    expect(await reach()).toBe("workspace");
    await world.say("Hm.", { addressed: false, isPublic: false });
    expect(await reach()).toBe("channel");
  });

  it("is learned from the same message, where the platform tells it twice", async () => {
    const whole = world.message("link rfc", byAdmin);
    const { isPublic: _, ...unknown } = whole;
    await world.desk.handle({ kind: "message", message: unknown });
    expect((await world.link())!.reach).toBe("channel");
    await world.desk.handle({ kind: "message", message: whole });
    expect((await world.link())!.reach).toBe("workspace");
  });

  it("may be linked by a command, and by a message that is discussed", async () => {
    const event: ChatEvent = {
      kind: "command",
      at: null,
      channel: "C9",
      by: person(ADMIN),
      text: "link rfc",
      isPublic: false,
      reply: replyWith("t"),
    };
    await world.desk.handle(event);
    const { place } = world.platform.threadsStarted[0]!.at;
    expect((await world.link(place))!.reach).toBe("channel");
    const message = world.message("Too slow.", { at: at("C9/2.2"), isPublic: false });
    const by = person(ADMIN);
    await world.desk.handle({ kind: "discuss", message, by, reply: replyWith("d") });
    const { ref } = world.platform.forms[0]!.form;
    const values = { rfc: "rfc" };
    const reply = replyWith("f");
    await world.desk.handle({ kind: "submitted", form: "discuss", ref, values, by, reply });
    expect((await world.link("C9/2.2"))!.reach).toBe("channel");
  });
});

describe("people of another workspace", () => {
  const guest = { ...person("UGUEST"), isOutsider: true };
  const by = { by: guest };

  it("take part in the thread that they are in, and reach nothing else", async () => {
    const other = await world.card(await linkedAt("C1/2.2"));
    const link = await world.linked();
    const own = await world.card(link);
    await world.say("make it two minutes", by);
    expect(await world.said(link.threadId)).toEqual(["UGUEST: make it two minutes *"]);
    await world.say("changes", by);
    expect(told("UGUEST")).toContain(`**#${own.number}**`);
    expect(told("UGUEST")).not.toContain(`**#${other.number}**`);
    await world.say("status", by);
    expect(told("UGUEST")).toContain("Changes: 1 open");
    await world.say(`accept ${other.number}`, by);
    expect(told("UGUEST")).toContain(`There is no change #${other.number} here`);
    await world.desk.handle({ kind: "home", by: guest });
    expect(world.platform.homes).toEqual([]);
  });

  it("are never admins, and link nothing in private", async () => {
    world.platform.admins.add("UGUEST");
    await world.say("link rfc", by);
    await world.say("link rfc", { ...by, at: at("D5/dm"), isPrivate: true });
    expect(await world.link()).toBeNull();
    expect(await world.link("D5/dm")).toBeNull();
    await world.say("How often?", { ...by, at: at("D5/dm"), isPrivate: true });
    expect(told("UGUEST")).not.toContain("`link rfc`");
    await world.linked();
    for (const words of ["unlink", "mode quiet", "model scripted-2", "maintainers add <@U9>"]) {
      await world.say(words, by);
      expect(told("UGUEST")).toMatch(/^Only /);
    }
  });
});

describe("where Redline cannot read along", () => {
  const INVITE = expect.stringMatching(/^Invite @Redline to this channel first/);

  it("nothing is linked by “Discuss in RFC”, and nothing is kept", async () => {
    world.platform.refusedPlaces.set("D9", "place");
    const message = world.message("A secret.", { at: at("D9/dm"), isPrivate: true });
    const by = person(MEMBER);
    await world.desk.handle({ kind: "discuss", message, by, reply: replyWith("d") });
    expect(world.platform.toldTo(MEMBER)).toEqual([INVITE]);
    expect(world.platform.forms).toEqual([]);
    expect(await world.sql`select 1 from discussed_messages`).toHaveLength(0);
  });

  it("nothing is linked when it was removed while the form was open", async () => {
    const message = world.message("Too slow.", { addressed: false });
    const by = person(ADMIN);
    await world.desk.handle({ kind: "discuss", message, by, reply: replyWith("d") });
    world.platform.refusedPlaces.set("C1", "place");
    const { ref } = world.platform.forms[0]!.form;
    const reply = { ...replyWith("f"), channel: "C2" };
    const values = { rfc: "rfc" };
    await world.desk.handle({ kind: "submitted", form: "discuss", ref, values, by, reply });
    expect(world.platform.toldTo(ADMIN)).toEqual([INVITE]);
    expect(await world.sql`select 1 from threads`).toHaveLength(0);
  });

  it("nothing is linked by a command in a conversation of two others", async () => {
    world.platform.refusedPlaces.set("D9", "place");
    await world.slash("link rfc", MEMBER, "D9/dm");
    expect(world.platform.toldTo(MEMBER)).toEqual([INVITE]);
    expect(await world.sql`select 1 from threads`).toHaveLength(0);
  });
});
