import { describe, expect, it } from "vitest";

import type { ChatContent } from "../../../src/chat/card.ts";
import { SendUncertain } from "../../../src/chat/chat-platform.ts";
import { OutWorld } from "./out-world.ts";

const text = (markdown: string): ChatContent => ({ kind: "text", markdown });

describe("a message", () => {
  it("is posted in its thread, without previews of links", async () => {
    await using world = await OutWorld.start();
    const id = await world.platform.post(world.at, text("Hello **there**"), "k1");
    expect(world.seen).toMatchObject([{ ts: id, text: "Hello **there**" }]);
    const [call] = world.slack.callsOf("chat.postMessage");
    expect(call?.args).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  it("pings nobody", async () => {
    await using world = await OutWorld.start();
    const evil = `<!channel> <@${world.ada.id}> @here <!subteam^S123> & "<!everyone>"`;
    await world.platform.post(world.at, text(evil), "k1");
    await world.platform.post(world.at, { kind: "note", markdown: evil }, "k2");
    await world.platform.tell(world.person, world.at, evil);
    expect(world.slack.pings).toEqual([]);
  });

  it("of direct messages stands in no thread", async () => {
    await using world = await OutWorld.start();
    const direct = world.team.directMessages(world.ada);
    const at = world.placeOf(`${direct.id}/dm`);
    const id = await world.platform.post(at, text("Hello"), "k1");
    expect(world.slack.visible(direct)).toMatchObject([{ ts: id, threadTs: null }]);
    expect(await world.platform.listOwn(at, new Date(0))).toMatchObject([{ id, key: "k1" }]);
  });

  it("shows the newest text that there is when its turn has come", async () => {
    await using world = await OutWorld.start();
    const id = await world.platform.post(world.at, text("A"), "k1");
    let newest = "B";
    const edited = world.platform.edit(world.at, id, () => text(newest), "preview");
    newest = "C";
    await edited;
    await world.platform.edit(world.at, id, () => null, "preview");
    expect(world.seen).toMatchObject([{ text: "C" }]);
    expect(world.slack.callsOf("chat.update")).toHaveLength(1);
  });

  it("that is still streamed is ended before it is changed", async () => {
    await using world = await OutWorld.start();
    const stream = await world.platform.openStream(world.at, world.person);
    await stream?.append(() => "half a sen");
    await world.platform.edit(world.at, stream?.id ?? "", () => text("All of it."), "final");
    expect(world.seen).toMatchObject([{ text: "All of it.", state: "posted" }]);
  });

  it("begins a thread", async () => {
    await using world = await OutWorld.start();
    const { channel, team, platform } = world;
    const place = await platform.startThread(team.id, channel.id, "About it", "k1", null);
    await platform.post(place, text("First"), "k2");
    const [, ts] = place.place.split("/");
    expect(world.slack.visible(channel, ts)).toMatchObject([
      { text: "About it" },
      { text: "First" },
    ]);
    const own = await platform.listOwn(place, new Date(0));
    expect(own.map(({ key }) => key)).toEqual(["k1", "k2"]);
  });

  it("begins a thread once, however often it is asked to", async () => {
    await using world = await OutWorld.start();
    const { channel, team, platform } = world;
    world.slack.fail({ method: "chat.postMessage", cut: "after" });
    const received = new Date();
    const begin = (since: Date | null) =>
      platform.startThread(team.id, channel.id, "About it", "k1", since);
    await expect(begin(null)).rejects.toBeInstanceOf(SendUncertain);
    expect(await begin(received)).toEqual(await begin(received));
    expect(world.slack.callsOf("chat.postMessage")).toHaveLength(1);
  });

  it("reads the channel only where the thread may be begun already", async () => {
    await using world = await OutWorld.start();
    const { channel, team, platform } = world;
    const reads = () => world.slack.callsOf("conversations.history");
    await platform.startThread(team.id, channel.id, "About it", "k1", null);
    expect(reads()).toEqual([]);
    const received = new Date();
    await platform.startThread(team.id, channel.id, "About it", "k1", received);
    expect(reads()).toHaveLength(1);
    const { oldest } = reads()[0]!.args;
    expect(received.getTime() - Number(oldest) * 1_000).toBeLessThan(60_000);
  });
});

describe("after a lost answer", () => {
  it("a message is found by its key", async () => {
    await using world = await OutWorld.start();
    const since = new Date();
    world.ada.says(world.channel, "me too", { threadTs: world.root });
    world.slack.fail({ method: "chat.postMessage", cut: "after" });
    const posted = world.platform.post(world.at, text("Hello"), "k1");
    await expect(posted).rejects.toBeInstanceOf(SendUncertain);
    const own = await world.platform.listOwn(world.at, since);
    expect(own).toEqual([
      { id: world.seen.at(-1)?.ts, key: "k1", postedAt: expect.any(Date) as Date },
    ]);
  });

  it("of a beginning stream, it is found without a key", async () => {
    await using world = await OutWorld.start();
    const since = new Date();
    world.slack.fail({ method: "chat.startStream", cut: "after" });
    const opened = world.platform.openStream(world.at, world.person);
    await expect(opened).rejects.toBeInstanceOf(SendUncertain);
    const [own] = await world.platform.listOwn(world.at, since);
    expect(own).toMatchObject({ key: null });
    await world.platform.endStream(world.at, own?.id ?? "");
    await world.platform.endStream(world.at, own?.id ?? "");
    expect(world.seen).toMatchObject([{ state: "finished" }]);
  });

  it("all pages are read, and nothing older", async () => {
    await using world = await OutWorld.start({ rates: { marketplace: false, window: 1_000 } });
    const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
    for (const key of keys) await world.platform.post(world.at, text(key), key);
    const own = await world.platform.listOwn(world.at, new Date(0));
    expect(own.map(({ key }) => key)).toEqual(keys);
    world.slack.clock.advance(2_000);
    expect(await world.platform.listOwn(world.at, new Date(Date.now() + 60_000))).toEqual([]);
  });
});

describe("blocks that Slack refuses", () => {
  it("are shown as plain text, and logged", async () => {
    await using world = await OutWorld.start();
    const long = "A sentence of some length. ".repeat(300);
    world.slack.fail({ method: "chat.postMessage", error: "invalid_blocks" });
    const id = await world.platform.post(world.at, text(long), "k1");
    expect(world.seen[0]?.text.trim()).toBe(long.trim());
    expect(world.seen[0]?.blocks).toEqual([]);
    world.slack.fail({ method: "chat.update", error: "msg_blocks_too_long" });
    await world.platform.edit(world.at, id, () => text("Now <this>"), "final");
    expect(world.seen).toMatchObject([{ text: "Now &lt;this&gt;", blocks: [] }]);
    expect(await world.platform.listOwn(world.at, new Date(0))).toMatchObject([{ id, key: "k1" }]);
    const errors = world.log.filter(({ level }) => level === "error");
    expect(errors).toHaveLength(2);
    expect(JSON.stringify(errors)).toContain("Now <");
  });
});

describe("a long text", () => {
  it("of 40,000 characters says what it leaves out", async () => {
    await using world = await OutWorld.start();
    await world.platform.post(world.at, { kind: "note", markdown: "x".repeat(40_000) }, "k1");
    expect(world.seen[0]?.text).toMatch(/x\s+… 28200 more characters are longer than Slack takes/u);
  });
});
