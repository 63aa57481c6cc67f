import { describe, expect, it } from "vitest";

import { describeCards } from "../contract/chat-cards.ts";
import type { Channel } from "../fakes/discord/model.ts";
import { HOUR } from "../support/chat-scene.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import {
  ANSWER,
  buttonsOf,
  cardsIn,
  decidedByBob,
  discordKit,
  errorsOf,
  press,
  propose,
  says,
  toldNext,
} from "./scene.ts";

const MENU = "Choose the place";

describeCards(discordKit, {
  heading: "### Change #1  ·  § The RFC",
  why: (reason) => `**Why:** ${reason}`,
  openLink: "-# [Open](<http",
  isNotice: (text, words) => text.endsWith(words),
  notCommitted: "! Change #1 was not committed: The branch is protected; ask its owner.",
  placeControls: [MENU],
  async choosesSecondPlace({ bob, discord }, thread, { id }) {
    const message = discord.message(thread, id);
    const chosen = await bob.chooses(message, MENU, "Line 9, § Receiving");
    if (chosen.answer !== ANSWER.silent) throw new Error(`it was answered with ${chosen.answer}`);
  },
  conflict: /\*\*Now in the document\*\*\n```\n.*one day.*\n```/,
  list: { text: ["### 7 proposed changes  ·  page 1 of 2", "~~old~~ → **new**\nWhy: Reason 5"] },
});

describe("a card in Discord", () => {
  it("shows the redline, both texts, the reason, the section and the state", async () => {
    await using world = await DiscordApp.start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    expect(card!.text).toBe(
      [
        "### Change #1  ·  § The RFC",
        // What surrounds it is cut between words, and says so.
        "> Retries are sent after one ~~minute~~ **hour**. The quick brown fox jumps …",
        "**Original:** one minute",
        "**Proposed:** one hour",
        "**Why:** Receivers need time.",
        "○ Pending.",
        "[Accept] [Decline] [Edit] [Raise a concern] [Open]",
      ].join("\n"),
    );
    expect(JSON.stringify(card!.components)).toMatch(/"url":"http:[^"]+\/rfcs\/rfc\/threads\//);
  });

  it("shows several lines as a diff, and “nothing” for what is deleted", async () => {
    await using world = await DiscordApp.start();
    const thread = await decidedByBob(world);
    const [deletion, lines] = await propose(
      world,
      thread,
      [" It stays the same over all attempts.", ""],
      ["- first item\n- second item", "- first item\n- third item"],
    );
    expect(deletion!.text).toContain("**Proposed:** nothing");
    expect(lines!.text).toContain("```diff\n  - first item\n- - second item\n+ - third item\n```");
  });

  it("attaches a change that is too long for it", async () => {
    const rules = Array.from({ length: 120 }, (_, n) => `Rule ${n} is as it was before.`);
    const original = rules.join("\n");
    await using world = await DiscordApp.start({ document: `# The RFC\n\n${original}\n` });
    const { bob } = world;
    const thread = await decidedByBob(world);
    const proposed = rules.map((rule, n) => (n % 3 === 0 ? `${rule} Or not.` : rule)).join("\n");
    const [card] = await propose(world, thread, [original, proposed]);
    expect(Object.keys(card!.files)).toEqual(["change-1.diff"]);
    const patch = card!.files["change-1.diff"]!;
    expect(patch).toContain("+Rule 117 is as it was before. Or not.");
    expect(card!.text).toMatch(/… [\d,]+ more characters; all of it is attached/);
    expect(card!.text).toContain("(file: change-1.diff)");
    // The whole of it is too long for a form, which says where it can be edited.
    const told = await toldNext(world, bob, () => press(world, bob, thread, card!, "Edit"));
    expect(told).toMatch(/too long to be edited here; edit it in the console: http/);
    await press(world, bob, thread, card!, "Accept");
    const after = await says(world, thread, card!.id, "Accepted by bob");
    expect(after.files["change-1.diff"]).toBe(patch);
    expect(await world.repository.show("rfc.md")).toContain(proposed);
  });
});

describe("a card of over an hour", () => {
  it("is replaced by a new one that links back, and is left as it is", async () => {
    await using world = await DiscordApp.start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const old = await age(world, thread, card!.id);
    await press(world, world.bob, thread, { id: old }, "Accept");
    const fresh = await until(async () =>
      cardsIn(world, thread).find(({ id, text }) => id !== old && text.includes("Accepted by bob")),
    );
    await world.settled();
    const link = `https://discord.com/channels/${world.guild.id}/${thread.id}/${old}`;
    expect(fresh.text).toContain(`-# continues [an older message](<${link}>)`);
    expect(buttonsOf(fresh)).toEqual([]);
    const edits = world.discord
      .requestsOf("PATCH /channels/{channel_id}/messages/{message_id}")
      .filter(({ params }) => params["message_id"] === old);
    expect(edits).toEqual([]);
    expect(errorsOf(world)).toEqual([]);
  });
});

/** Makes a card as old as two hours, under an id that says so; answers with that id. */
async function age(world: DiscordApp, thread: Channel, id: string): Promise<string> {
  const message = world.discord.message(thread, id);
  const at = Date.now() - 2 * 3_600_000;
  const old = String(BigInt(at - 1_420_070_400_000) << 22n);
  message.id = old;
  message.at = at;
  await world.app
    .sql`update deliveries set platform_message_id = ${old} where platform_message_id = ${id}`;
  return old;
}
