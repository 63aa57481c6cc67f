import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { StreamText } from "../../../adapters/slack/stream-text.ts";
import type { ChatStream } from "../../../src/chat/chat-platform.ts";
import { StreamOver } from "../../../src/chat/chat-platform.ts";
import { HostBusy } from "../../../src/ports.ts";
import { neutraliseSlackMarkdown } from "../../../src/rendering/neutralise.ts";
import { OutWorld } from "./out-world.ts";

async function open(world: OutWorld): Promise<ChatStream> {
  const stream = await world.platform.openStream(world.at, world.person);
  if (!stream) throw new Error("there is no stream");
  return stream;
}

describe("a stream", () => {
  it("grows, shows its tasks, and ends", async () => {
    await using world = await OutWorld.start();
    const stream = await open(world);
    expect(await stream.append(() => "One ")).toBe(true);
    expect(await stream.append(() => null)).toBe(false);
    await stream.showTask({ id: "t1", title: "Drafting an edit to § Motivation …", done: false });
    expect(world.seen[0]?.tasks).toMatchObject([{ id: "t1", status: "in_progress" }]);
    await stream.append(() => "two ");
    await stream.showTask({ id: "t1", title: "Drafted an edit to § Motivation", done: true });
    await stream.close("three");
    expect(world.seen).toMatchObject([
      {
        ts: stream.id,
        state: "finished",
        fallback: "One two three",
        tasks: [{ status: "complete" }],
      },
    ]);
  });

  it("has one call at a time, however many are begun at once", async () => {
    await using world = await OutWorld.start();
    const stream = await open(world);
    world.slack.fail({ method: "chat.appendStream", delay: 30, times: 3 });
    const calls = ["a", "b", "c"].map((part) => stream.append(() => part));
    await Promise.all([...calls, stream.showTask({ id: "t", title: "T", done: true })]);
    await stream.close("d");
    expect(world.seen[0]?.fallback).toBe("abcd".slice(0, world.seen[0]?.fallback.length));
    expect(world.seen[0]?.fallback.endsWith("d")).toBe(true);
  });

  it("sends nothing twice that a limit kept back", async () => {
    await using world = await OutWorld.start();
    const stream = await open(world);
    world.slack.fail({ method: "chat.appendStream", retryAfter: 1 });
    await expect(stream.append(() => "all")).rejects.toBeInstanceOf(HostBusy);
    await stream.close("all of it");
    expect(world.seen[0]?.fallback).toBe("all of it");
  });

  it("leaves no task and no stream open, not even an empty one", async () => {
    await using world = await OutWorld.start();
    const stream = await open(world);
    await stream.showTask({ id: "t1", title: "Drafting", done: false });
    await stream.close("");
    const empty = await open(world);
    await empty.close("");
    expect(world.seen).toMatchObject([
      { state: "finished", tasks: [{ status: "complete" }] },
      { state: "finished" },
    ]);
  });

  it("closes at once while a preview waits for its slot", async () => {
    await using world = await OutWorld.start({ paceFactor: 10 });
    const stream = await open(world);
    await stream.append(() => "now ");
    const waiting = stream.append(() => "never ");
    await stream.close("done");
    expect(await waiting).toBe(false);
    expect(world.seen[0]?.fallback).toBe("now done");
  });

  it("sends more than one call takes in several", async () => {
    await using world = await OutWorld.start({ sizes: { streamBytes: 60_000 } });
    const stream = await open(world);
    const long = "0123456789".repeat(3_000);
    await stream.append(() => long);
    await stream.close("end");
    expect(world.seen[0]?.fallback).toBe(`${long}end`);
  });

  it("pings nobody at its seams", async () => {
    await using world = await OutWorld.start();
    const stream = await open(world);
    for (const part of ["Hi <", "@", `${world.ada.id}> and <!`, "chan", "nel> @he", "re"]) {
      await stream.append(() => part);
    }
    await stream.close(" <");
    expect(world.slack.pings).toEqual([]);
    expect(world.seen[0]?.fallback.replaceAll("\u2060", "")).toBe(
      `Hi <@${world.ada.id}> and <!channel> @here <`,
    );
  });

  it("that is too old says so", async () => {
    await using world = await OutWorld.start();
    const stream = await open(world);
    await stream.append(() => "half");
    world.slack.clock.advance(301_000);
    await expect(stream.append(() => "more")).rejects.toBeInstanceOf(StreamOver);
    await expect(stream.close("rest")).rejects.toBeInstanceOf(StreamOver);
    await world.platform.endStream(world.at, stream.id);
  });
});

describe("where there are no streams", () => {
  it.each([
    "channel_type_not_supported",
    "unknown_method",
    "not_subscribed_to_message_stream_stopped",
  ])("none is begun, and none is tried again: %s", async (error) => {
    await using world = await OutWorld.start();
    world.slack.fail({ method: "chat.startStream", error });
    expect(await world.platform.openStream(world.at, world.person)).toBeNull();
    expect(await world.platform.openStream(world.at, world.person)).toBeNull();
    expect(world.slack.callsOf("chat.startStream")).toHaveLength(1);
    const other = world.team.addChannel("other", { members: [world.ada] });
    const { ts } = world.ada.says(other, "hi");
    const at = world.placeOf(`${other.id}/${ts}`);
    expect(await world.platform.openStream(at, world.person)).not.toBeNull();
  });

  it("none is begun in a channel for nobody", async () => {
    await using world = await OutWorld.start();
    expect(await world.platform.openStream(world.at, null)).toBeNull();
    expect(world.slack.callsOf()).toEqual([]);
  });

  it("none is begun when its turn would come late", async () => {
    await using world = await OutWorld.start({ paceFactor: 10 });
    const opened = [];
    for (let n = 0; n < 11; n += 1) {
      opened.push(await world.platform.openStream(world.at, world.person));
    }
    expect(opened.map((stream) => stream !== null)).toEqual([
      ...Array.from({ length: 10 }, () => true),
      false,
    ]);
  });
});

describe("the text of a stream", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "<",
      "@",
      "!",
      "<@",
      "<!",
      "<#",
      "here",
      "channel",
      "U123>",
      "\uD83D",
      "\uDE00",
    ),
    fc.string({ unit: "binary", maxLength: 5 }),
  );

  it("is in parts what it is as a whole", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.integer({ min: 2, max: 40 }),
        (pieces, most) => {
          const text = new StreamText();
          let sent = "";
          const send = (more: string) => {
            const part = text.next(most, more);
            text.add(more);
            text.sent(part);
            sent += part;
          };
          for (const more of pieces) send(more);
          text.end();
          while (text.waiting > 0) send("");
          expect(sent).toBe(neutraliseSlackMarkdown(pieces.join("")));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
