import { describe, expect, it } from "vitest";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MEMBER, person } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
let threadId: string;
useDesk(async (fresh) => {
  world = fresh;
  ({ threadId } = await world.linked());
});

/** What Mel watches and has muted. */
const chosen = async () => world.built.engine.notifications.watched((await world.user(MEMBER)).id);
const last = (): string => world.platform.toldTo(MEMBER).at(-1)!;

describe("watching", () => {
  it("is of the RFC, and ends", async () => {
    await world.say("watch");
    expect(last()).toMatch(/^You watch `rfc` now; `unwatch` ends it, and `notify` says how/);
    expect(await chosen()).toMatchObject([{ rfcSlug: "rfc", isWatched: true, threads: [] }]);
    await world.say("unwatch");
    expect(last()).toMatch(/^You do not watch `rfc` any more\. .*`mute rfc` ends that, too\.$/);
    expect(await chosen()).toEqual([]);
    await world.say("unwatch");
    expect(last()).toMatch(/^You do not watch `rfc`\. /);
  });

  it("is of a thread alone where that is said", async () => {
    await world.say("watch thread");
    expect(last()).toMatch(/^You watch this thread now; `unwatch thread` ends it/);
    expect(await chosen()).toMatchObject([
      { isWatched: false, threads: [{ threadId, isWatched: true }] },
    ]);
    await world.say("unwatch");
    expect(await chosen()).toHaveLength(1);
    await world.say("unwatch thread");
    expect(await chosen()).toEqual([]);
  });

  it("of the whole RFC is not for guests, who hear of the threads that they are in", async () => {
    const guest = { by: { ...person(MEMBER), isOutsider: true } };
    await world.say("watch", guest);
    expect(last()).toMatch(
      /^You are a guest in this workspace, .*`watch thread` watches this one\.$/,
    );
    expect(await chosen()).toEqual([]);
    await world.say("watch thread", guest);
    expect(await chosen()).toHaveLength(1);
  });
});

describe("muting", () => {
  const tellOf = async (text: string): Promise<number> => {
    await world.say(text, { by: person(ADMIN) });
    const { items } = await world.built.engine.notifications.list(
      (await world.user(MEMBER)).id,
      {},
    );
    return items.length;
  };

  it("is of the thread, and ends with its word or with watching it", async () => {
    await world.say("An idea of mine.");
    expect(await tellOf("An answer.")).toBe(1);
    await world.say("mute");
    expect(last()).toMatch(/^I tell you nothing more of this thread; `unmute` ends that/);
    expect(await tellOf("Another answer.")).toBe(1);
    await world.say("unmute");
    expect(last()).toBe("This thread is not muted any more.");
    expect(await tellOf("A third one.")).toBe(2);
    await world.say("mute");
    await world.say("watch thread");
    expect(await tellOf("A fourth one.")).toBe(3);
  });

  it("of the RFC goes before what is chosen of its threads, and says so", async () => {
    await world.say("mute rfc");
    expect(last()).toBe("I tell you nothing more of `rfc`; `unmute rfc` ends that.");
    await world.say("watch thread");
    expect(last()).toMatch(/You have muted the whole of `rfc`, though: `unmute rfc` lets you hear/);
    expect(await tellOf("News.")).toBe(0);
    await world.say("unmute");
    expect(last()).toMatch(/^This thread was not muted\. You have muted the whole of `rfc`/);
    await world.say("unmute rfc");
    expect(last()).toBe("`rfc` is not muted any more.");
    expect(await tellOf("More news.")).toBe(1);
  });

  it.each(["watch", "unwatch", "mute", "unmute"])("%s is for threads", async (word) => {
    await world.slash(word, MEMBER);
    expect(last()).toMatch(/^This works in a thread that is linked to an RFC/);
  });
});
