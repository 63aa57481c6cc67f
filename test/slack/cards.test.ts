import { describe, expect, it } from "vitest";

import { describeCards } from "../contract/chat-cards.ts";
import { HOUR } from "../support/chat-scene.ts";
import { SlackApp } from "../support/slack-app.ts";
import { buttonsOf, decidedByBob, propose, slackKit } from "./scene.ts";

describeCards(slackKit, {
  heading: "*Change #1*  ·  § The RFC",
  why: (reason) => `Why: ${reason}`,
  openLink: "|Open>",
  isNotice: (text, words) => text === words,
  notCommitted: "Change #1 was not committed: The branch is protected; ask its owner.",
  placeControls: ["Line 5, § Sending", "Line 9, § Receiving"],
  async choosesSecondPlace({ bob, channel }, _thread, { ts }) {
    await bob.clicks(channel, ts, "redline:place:1");
  },
  conflict: /The document says now: one day/,
  list: {
    text: ["*7 proposed changes*  ·  page 1 of 2", "~old~ → *new*\nReason 5"],
    fallback: ["#1: “old” → “new” (Pending.)"],
  },
});

describe("a card in Slack", () => {
  it("tells the old words from the new ones, with and without formatting", async () => {
    await using world = await SlackApp.start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const json = JSON.stringify(card!.blocks);
    expect(json).toContain('"text":"minute","style":{"strike":true}');
    expect(json).toContain('"text":"hour","style":{"bold":true,"underline":true}');
    expect(card!.text).toContain(
      "Original\none minute\nProposed\none hour\nWhy: Receivers need time.",
    );
    expect(card!.text).toContain("§ The RFC");
    // What surrounds it is cut between words, and says so.
    expect(card!.text).toContain(
      "Retries are sent after one minutehour. The quick brown fox jumps …",
    );
    expect(card!.fallback).toContain("- one minute\n+ one hour\n");
    expect(card!.fallback).toContain("Why: Receivers need time.");
    expect(card!.fallback).toMatch(/http:\S+\/rfcs\/rfc\/threads\/\S+$/);
    expect(buttonsOf(card!)).toEqual(["Accept", "Decline", "Edit", "Raise a concern", "Open"]);
    const open = card!.blocks.flatMap((one) => (one["elements"] as { url?: string }[]) ?? []);
    expect(open.find(({ url }) => url)?.url).toContain(`/rfcs/rfc/threads/`);
  });

  it("says “nothing” for what is deleted, and no empty line", async () => {
    await using world = await SlackApp.start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, [" It stays the same over all attempts.", ""]);
    expect(card!.text).toContain("Proposed: nothing");
    expect(card!.fallback).toContain("-  It stays the same over all attempts.\nWhy");
  });
});
