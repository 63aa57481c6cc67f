/** What holds for every chat platform; Redline's deliveries rely on it. */
import { describe, expect, it } from "vitest";
import type { Card, CardList } from "../../src/chat/card.ts";
import type { ChatPerson, ChatPlace, Reply } from "../../src/chat/chat-event.ts";
import type { ChatPlatform } from "../../src/chat/chat-platform.ts";
import {
  MessageGone,
  PersonUnreachable,
  PlaceRefused,
  SendUncertain,
  StreamOver,
} from "../../src/chat/chat-platform.ts";

/** A message of Redline's as people see it. */
export interface SeenMessage {
  id: string;
  text: string;
  isGrowing: boolean;
}

/** A platform with a place in it, and what people there see. */
export interface ChatPlatformWorld extends AsyncDisposable {
  platform: ChatPlatform;
  at: ChatPlace;
  /** One that Redline was removed from, or never was in. */
  refused: ChatPlace;
  /** Where a thread can begin. */
  channel: string;
  admin: ChatPerson;
  member: ChatPerson;
  memberName: string;
  /** How a text names the member. */
  mention: string;
  hasStreams: boolean;
  /** Whether the platform tells again what a text was posted with. */
  keepsKeys: boolean;
  /** Redline's messages in a place, oldest first. */
  seen(at: ChatPlace): SeenMessage[];
  told(person: ChatPerson): string[];
  /** What somebody has in their conversation with Redline alone, oldest first. */
  privately(person: ChatPerson): string[];
  /** Somebody of the workspace who takes no private messages. */
  unreachable: ChatPerson;
  /** The member's; null where the platform does not tell. */
  timeZone: string | null;
  /** Everybody who was pinged. */
  pings(): readonly unknown[];
  /** The answer to the next such call is lost: after its effect, or before it. */
  lose(call: "post" | "edit" | "append" | "sendPrivate", moment: "before" | "after"): void;
}

const CARD: Card = {
  ref: "6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10",
  number: 3,
  section: ["Design"],
  redline: [
    { kind: "deleted", text: "one minute" },
    { kind: "inserted", text: "one hour" },
  ],
  original: "one minute",
  proposed: "one hour",
  reason: "Receivers need time.",
  author: null,
  tone: "open",
  status: "Pending.",
  certainty: null,
  actions: ["accept", "decline", "edit"],
  choices: [],
  url: "https://redline.example/rfcs/rfc",
  commit: null,
  present: null,
  replaces: null,
};
const LIST: CardList = {
  ref: CARD.ref,
  total: 1,
  page: 0,
  pages: 1,
  cards: [CARD],
  url: CARD.url,
  replaces: null,
};
const HOSTILE = "<!channel> <@U0000> @here @everyone <@&1> hello";

const plain = (markdown: string) => ({ kind: "text", markdown }) as const;

export function describeChatPlatform(name: string, open: () => Promise<ChatPlatformWorld>): void {
  const holds = (what: string, run: (world: ChatPlatformWorld) => Promise<void>): void => {
    it.each([what])("%s", async () => {
      await using world = await open();
      await run(world);
    });
  };

  describe(`${name}: messages`, () => {
    holds("are posted once, and found by their key", async (world) => {
      const { platform, at, seen, keepsKeys } = world;
      const since = new Date(Date.now() - 5_000);
      const id = await platform.post(at, plain("Hello."), "key-1");
      const note = await platform.post(at, { kind: "note", markdown: "It was linked." }, "key-2");
      expect(seen(at).map(({ id: one, text }) => [one, text])).toEqual([
        [id, "Hello."],
        [note, "It was linked."],
      ]);
      const own = await platform.listOwn(at, since);
      expect(own.map(({ id: one, key }) => [one, key])).toEqual([
        [id, keepsKeys ? "key-1" : null],
        [note, keepsKeys ? "key-2" : null],
      ]);
      expect(await platform.listOwn(at, new Date(Date.now() + 600_000))).toEqual([]);
    });

    holds("whose answer was lost can be looked for", async (world) => {
      const { platform, at, seen, lose, keepsKeys } = world;
      const since = new Date(Date.now() - 5_000);
      lose("post", "after");
      await expect(platform.post(at, plain("There."), "key-1")).rejects.toThrow(SendUncertain);
      lose("post", "before");
      await expect(platform.post(at, plain("Not there."), "key-2")).rejects.toThrow(SendUncertain);
      const own = await platform.listOwn(at, since);
      expect(own.map(({ key }) => key)).toEqual([keepsKeys ? "key-1" : null]);
      expect(seen(at)).toHaveLength(1);
      if (keepsKeys) return;
      // Then the same again is the same message.
      expect(await platform.post(at, plain("There, then."), "key-1")).toBe(own[0]!.id);
      expect(seen(at).map(({ text }) => text)).toEqual(["There, then."]);
    });

    holds("are edited to what is newest", async ({ platform, at, seen, lose }) => {
      const id = await platform.post(at, plain("Draft."), "key-1");
      await platform.edit(at, id, () => plain("Better."), "preview");
      await platform.edit(at, id, () => plain("Best."), "final");
      await platform.edit(at, id, () => null, "preview");
      expect(seen(at)).toEqual([{ id, text: "Best.", isGrowing: false }]);
      lose("edit", "after");
      const lost = platform.edit(at, id, () => plain("Final."), "final");
      await expect(lost).rejects.toThrow(SendUncertain);
      await platform.edit(at, id, () => plain("Final."), "final");
      expect(seen(at)).toEqual([{ id, text: "Final.", isGrowing: false }]);
    });

    holds("that are gone cannot be edited, and may be removed again", async (world) => {
      const { platform, at, seen } = world;
      const id = await platform.post(at, plain("Hello."), "key-1");
      await platform.remove(at, id);
      await platform.remove(at, id);
      expect(seen(at)).toEqual([]);
      const edit = platform.edit(at, id, () => plain("Still?"), "final");
      await expect(edit).rejects.toThrow(MessageGone);
    });

    holds("show a change with both texts, its reason and its state", async (world) => {
      const { platform, at, seen } = world;
      const id = await platform.post(at, { kind: "card", card: CARD }, "key-1");
      for (const words of ["3", "one minute", "one hour", "Receivers need time.", "Pending."]) {
        expect(seen(at)[0]!.text).toContain(words);
      }
      const done: Card = { ...CARD, tone: "good", status: "Accepted by bob.", actions: [] };
      await platform.edit(at, id, () => ({ kind: "card", card: done }), "final");
      expect(seen(at)[0]!.text).toContain("Accepted by bob.");
      await platform.post(at, { kind: "list", list: LIST }, "key-2");
      expect(seen(at)[1]!.text).toContain("Receivers need time.");
    });

    holds("ping nobody", async ({ platform, at, member, admin, pings }) => {
      await platform.post(at, plain(HOSTILE), "key-1");
      await platform.post(at, { kind: "note", markdown: HOSTILE }, "key-2");
      const card = { ...CARD, reason: HOSTILE, original: HOSTILE, author: HOSTILE };
      await platform.post(at, { kind: "card", card }, "key-3");
      await platform.tell(member, at, HOSTILE);
      const stream = await platform.openStream(at, admin);
      if (stream) {
        await stream.append(() => "<!chan");
        await stream.append(() => "nel> @he");
        await stream.close(`re ${HOSTILE}`);
      }
      expect(pings()).toEqual([]);
    });

    holds("are refused where Redline is not", async ({ platform, refused }) => {
      const posted = platform.post(refused, plain("Hello?"), "key-1");
      await expect(posted).rejects.toThrow(PlaceRefused);
      await expect(posted).rejects.toMatchObject({ scope: "place" });
      await platform.setStatus(refused, "is reading…");
      await platform.setStatus(refused, null);
    });
  });

  describe(`${name}: streams`, () => {
    holds("grow until they are closed", async ({ platform, at, admin, seen, hasStreams }) => {
      const stream = await platform.openStream(at, admin);
      expect(stream !== null).toBe(hasStreams);
      if (!stream) return;
      expect(await stream.append(() => "Once ")).toBe(true);
      expect(await stream.append(() => null)).toBe(false);
      await stream.showTask({ id: "t1", title: "Drafting an edit", done: false });
      await stream.append(() => "upon a ");
      expect(seen(at)).toMatchObject([{ id: stream.id, isGrowing: true }]);
      await stream.showTask({ id: "t1", title: "Drafted an edit", done: true });
      await stream.close("time.");
      expect(seen(at)).toMatchObject([{ id: stream.id, isGrowing: false }]);
      expect(seen(at)[0]!.text).toContain("Once upon a time.");
      const own = await platform.listOwn(at, new Date(Date.now() - 5_000));
      expect(own.map(({ id, key }) => [id, key])).toEqual([[stream.id, null]]);
      await platform.endStream(at, stream.id);
      await platform.edit(at, stream.id, () => plain("Twice."), "final");
      expect(seen(at)[0]!.text).toContain("Twice.");
    });

    holds("of another process are ended as they are", async ({ platform, at, admin, seen }) => {
      const stream = await platform.openStream(at, admin);
      if (!stream) return;
      await stream.append(() => "Half an answer.");
      await platform.endStream(at, stream.id);
      await platform.endStream(at, stream.id);
      expect(seen(at)).toMatchObject([{ text: "Half an answer.", isGrowing: false }]);
      await expect(stream.append(() => " More.")).rejects.toThrow(StreamOver);
    });

    holds("do not hide that an answer was lost", async ({ platform, at, admin, lose }) => {
      const stream = await platform.openStream(at, admin);
      if (!stream) return;
      lose("append", "after");
      await expect(stream.append(() => "Lost?")).rejects.toThrow(SendUncertain);
    });
  });

  describe(`${name}: people`, () => {
    holds("are told alone", async ({ platform, at, channel, member, admin, told }) => {
      const reply: Reply = { channel, thread: null, trigger: null, responseUrl: null };
      await platform.tell(member, at, "For you, there.");
      await platform.tell(member, reply, "For you, here.");
      expect(told(member)).toEqual(["For you, there.", "For you, here."]);
      expect(told(admin)).toEqual([]);
    });

    holds("have names and rights", async (world) => {
      const { platform, admin, member, memberName, mention } = world;
      expect(await platform.nameOf(member)).toBe(memberName);
      const nobody = { ...member, id: "U0NOBODY" };
      expect(await platform.nameOf(nobody)).toBe("U0NOBODY");
      expect(await platform.isAdmin(admin)).toBe(true);
      expect(await platform.isAdmin(member)).toBe(false);
      expect(await platform.isAdmin(nobody)).toBe(false);
      expect(platform.parseMention(member.workspaceId, mention)).toEqual(member);
      expect(platform.parseMention(member.workspaceId, "somebody")).toBeNull();
    });
  });

  describe(`${name}: private messages`, () => {
    const first = { since: null };

    holds("reach one person alone, and ping nobody", async (world) => {
      const { platform, at, member, admin, privately, seen, pings } = world;
      await platform.sendPrivate(member, "For you.", "key-1", first);
      await platform.sendPrivate(member, HOSTILE, "key-2", first);
      expect(privately(member)).toHaveLength(2);
      expect(privately(member)[0]).toContain("For you.");
      expect(privately(admin)).toEqual([]);
      expect(seen(at)).toEqual([]);
      expect(pings()).toEqual([]);
    });

    holds("are sent once, whatever was heard of it", async (world) => {
      const { platform, member, privately, lose } = world;
      const since = new Date(Date.now() - 5_000);
      const send = (key: string, from: Date | null) =>
        platform.sendPrivate(member, `For you (${key}).`, key, { since: from });
      const sent = await send("key-1", null);
      expect(await send("key-1", since)).toBe(sent);
      lose("sendPrivate", "after");
      await expect(send("key-2", null)).rejects.toThrow(SendUncertain);
      await send("key-2", since);
      lose("sendPrivate", "before");
      await expect(send("key-3", null)).rejects.toThrow(SendUncertain);
      await send("key-3", since);
      expect(privately(member)).toEqual(
        ["key-1", "key-2", "key-3"].map((key) => `For you (${key}).`),
      );
    });

    holds("are not made once somebody else does it", async ({ platform, member, privately }) => {
      const guard = () => {
        throw new Error("somebody else's");
      };
      const send = platform.sendPrivate(member, "Hello.", "key-1", { since: null, guard });
      await expect(send).rejects.toThrow("somebody else's");
      expect(privately(member)).toEqual([]);
    });

    holds("tell of who takes none", async ({ platform, member, unreachable }) => {
      for (const since of [null, new Date()]) {
        for (const to of [unreachable, { ...member, id: "U0NOBODY" }]) {
          const send = platform.sendPrivate(to, "Hello?", "key-1", { since });
          await expect(send).rejects.toThrow(PersonUnreachable);
          await expect(send).rejects.toThrow(/^[A-Z].*\.$/u);
        }
      }
    });

    holds("are for people whose time may be known", async ({ platform, member, timeZone }) => {
      expect(await platform.timeZoneOf(member)).toBe(timeZone);
      expect(await platform.timeZoneOf({ ...member, id: "U0NOBODY" })).toBeNull();
    });
  });

  describe(`${name}: threads`, () => {
    holds("begin once a key", async ({ platform, at, channel, seen }) => {
      const began = new Date();
      const begin = (key: string, since: Date | null) =>
        platform.startThread(at.workspaceId, channel, "It is discussed here.", key, since);
      const first = await begin("key-1", null);
      expect(await begin("key-1", began)).toEqual(first);
      expect(await begin("key-2", began)).not.toEqual(first);
      await platform.post(first, plain("Hello."), "key-3");
      expect(seen(first).map(({ text }) => text)).toContain("Hello.");
      expect(seen(at)).toEqual([]);
    });

    holds("have an address", async ({ platform, at }) => {
      const id = await platform.post(at, plain("Hello."), "key-1");
      expect(await platform.linkTo(at, null)).toMatch(/^https:\/\//);
      expect(await platform.linkTo(at, id)).toMatch(/^https:\/\//);
      expect(await platform.linkTo(at, id)).not.toBe(await platform.linkTo(at, null));
    });
  });
}
