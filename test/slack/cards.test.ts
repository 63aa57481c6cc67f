import { describe, expect, it } from "vitest";

import { readConfig } from "../../src/config.ts";
import { UserError } from "../../src/errors.ts";
import { createGitHost } from "../../src/main/hosts.ts";
import type { DocumentHost } from "../../src/ports.ts";
import { SlackApp } from "../support/slack-app.ts";
import { memoryLogger, until } from "../support/test-app.ts";
import { ask, buttonsOf, cardsIn, decidedByBob, propose, says, seenAt, toldNext } from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;
const ACCEPT = "redline:accept";
const DECLINE = "redline:decline";
const EDIT = "redline:edit";
const CONFIRM = "redline:confirm";

const TWICE = `# The RFC

## Sending

We wait for the header.

## Receiving

They wait for the header.
`;

function start(document?: string): Promise<SlackApp> {
  return SlackApp.start(document === undefined ? {} : { document });
}

async function changeId(world: SlackApp, number: number): Promise<string> {
  const [row] = await world.app.sql<{ id: string }[]>`
    select id from changes where number = ${number}`;
  return row!.id;
}

/** The modal that a button opens. */
async function opened(world: SlackApp, ts: string, actionId: string) {
  await world.bob.clicks(world.channel, ts, actionId);
  return until(async () => world.bob.modal, "the form");
}

const rfc = (world: SlackApp): Promise<string> => world.repository.show("rfc.md");

describe("a card", () => {
  it("tells the old words from the new ones, with and without formatting", async () => {
    await using world = await start();
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
    expect(buttonsOf(card!)).toEqual(["Accept", "Decline", "Edit", "Open"]);
    const open = card!.blocks.flatMap((one) => (one["elements"] as { url?: string }[]) ?? []);
    expect(open.find(({ url }) => url)?.url).toContain(`/rfcs/rfc/threads/`);
  });

  it("says “nothing” for what is deleted, and no empty line", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, [" It stays the same over all attempts.", ""]);
    expect(card!.text).toContain("Proposed: nothing");
    expect(card!.fallback).toContain("-  It stays the same over all attempts.\nWhy");
  });

  it("is declined with a reason that everybody sees", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const form = await opened(world, card!.ts, DECLINE);
    expect(form.view["title"]).toMatchObject({ text: "Decline change #1" });
    await world.bob.submits(form, { reason: "A minute is enough." });
    const after = await says(world, thread, card!.ts, "Declined by bob: A minute is enough.");
    expect(buttonsOf(after)).toEqual([]);
    expect(after.text).toContain("|Open>");
    await until(async () =>
      world.replies(thread).some((text) => text === "bob declined change #1: A minute is enough."),
    );
    expect(await rfc(world)).toContain("one minute");
  });

  it("is edited before it is accepted", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const form = await opened(world, card!.ts, EDIT);
    expect(JSON.stringify(form.view)).toContain('"initial_value":"one hour"');
    await world.bob.submits(form, { proposed: "ninety minutes", reason: "Not too long." });
    await until(async () => cardsIn(world, thread).some(({ text }) => text.includes("ninety")));
    await world.settled();
    const cards = cardsIn(world, thread);
    const fresh = cards.find(({ text }) => text.includes("ninety minutes"))!;
    expect(fresh.text).toContain("Why: Not too long.");
    expect(fresh.text).toContain("Pending");
    await world.bob.clicks(world.channel, fresh.ts, ACCEPT);
    await says(world, thread, fresh.ts, "Accepted by bob");
    expect(await rfc(world)).toContain("sent after ninety minutes.");
    expect(cardsIn(world, thread).filter((one) => buttonsOf(one).includes("Accept"))).toEqual([]);
  });

  it("asks which of several places is meant, and then takes an accept", async () => {
    await using world = await start(TWICE);
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["wait for the header", "wait for both headers"]);
    expect(card!.text).toContain("These words stand at 2 places. Which one is meant?");
    // Neither place is shown as if it were the one.
    expect(card!.text).not.toContain("We wait");
    expect(card!.text.split("\n")[0]).toBe("*Change #1*  ·  § The RFC");
    expect(buttonsOf(card!)).toEqual([
      "Line 5, § Sending",
      "Line 9, § Receiving",
      "Decline",
      "Open",
    ]);
    await world.bob.clicks(world.channel, card!.ts, "redline:place:1");
    const placed = await says(world, thread, card!.ts, "Pending");
    expect(placed.text).toContain("They wait for");
    await world.bob.clicks(world.channel, card!.ts, ACCEPT);
    await says(world, thread, card!.ts, "Accepted by bob");
    expect(await rfc(world)).toContain("We wait for the header.\n");
    expect(await rfc(world)).toContain("They wait for both headers.\n");
  });

  it("asks for one click where the text is only similar", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, [
      "The quick brown fox jumped over a lazy dog.",
      "The fox sleeps.",
    ]);
    expect(card!.text).toContain("only has words like these. Is this the place?");
    expect(buttonsOf(card!)).toEqual(["Confirm", "Decline", "Open"]);
    await world.bob.clicks(world.channel, card!.ts, CONFIRM);
    expect(buttonsOf(await says(world, thread, card!.ts, "Pending"))).toContain("Accept");
  });

  it("is stale when its passage went, and pending when it comes back", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["- second item", "- third item"]);
    const before = await rfc(world);
    await world.repository.outsideCommit("rfc.md", before.replace("- second item\n", ""));
    const stale = await says(world, thread, card!.ts, "Stale");
    expect(buttonsOf(stale)).toEqual(["Decline", "Open"]);
    await world.repository.outsideCommit("rfc.md", before);
    const back = await says(world, thread, card!.ts, "Pending");
    expect(buttonsOf(back)).toContain("Accept");
  });

  it("is merged with somebody's edit, and asks to be confirmed", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["It stays the same", "It remains the same"]);
    const before = await rfc(world);
    await world.repository.outsideCommit(
      "rfc.md",
      before
        .replace("the same over", "the very same over")
        .replace("stays the very same", "stays very much the same"),
    );
    const merged = await says(world, thread, card!.ts, "both edits together");
    expect(buttonsOf(merged)).toEqual(["Confirm", "Edit", "Decline", "Open"]);
    await world.bob.clicks(world.channel, card!.ts, CONFIRM);
    await says(world, thread, card!.ts, "Pending");
    await world.bob.clicks(world.channel, card!.ts, ACCEPT);
    await says(world, thread, card!.ts, "Accepted by bob");
    expect(await rfc(world)).toContain("It remains very much the same");
  });

  it("is a conflict where the same words were changed, and goes on by an edit", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const before = await rfc(world);
    await world.repository.outsideCommit("rfc.md", before.replace("one minute", "one day"));
    const conflict = await says(world, thread, card!.ts, "Conflict");
    expect(buttonsOf(conflict)).toEqual(["Edit", "Decline", "Open"]);
    const form = await opened(world, card!.ts, EDIT);
    await world.bob.submits(form, { proposed: "one hour or a day" });
    const fresh = await until(async () =>
      cardsIn(world, thread).find(
        (one) => one.text.includes("one hour or a day") && !one.text.includes("Conflict"),
      ),
    );
    await world.settled();
    const { text } = seenAt(world, thread, fresh.ts);
    if (text.includes("[Confirm]")) await world.bob.clicks(world.channel, fresh.ts, CONFIRM);
    await says(world, thread, fresh.ts, "Pending");
    await world.bob.clicks(world.channel, fresh.ts, ACCEPT);
    await says(world, thread, fresh.ts, "Accepted by bob");
    expect(await rfc(world)).toContain("sent after one hour or a day.");
  });

  it("asks again where its passage moved", async () => {
    const filler = Array.from({ length: 12 }, (_, at) => `More text ${at} that stays.`).join("\n");
    const list = "## Limits\n\n- first of the limits\n- second of the limits\n- third of them\n\n";
    await using world = await start(`# The RFC\n\n${list}## Rest\n\n${filler}\n\nThe end.\n`);
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["- second of the limits", "- another limit"]);
    const tip = `# The RFC\n\n## Rest\n\n${filler}\n\nThe end.\n\n${list}`;
    await world.repository.outsideCommit("rfc.md", tip);
    const moved = await says(world, thread, card!.ts, "now stands elsewhere");
    expect(buttonsOf(moved)).toEqual(["Confirm", "Decline", "Open"]);
    await world.bob.clicks(world.channel, card!.ts, CONFIRM);
    await says(world, thread, card!.ts, "Pending");
    await world.bob.clicks(world.channel, card!.ts, ACCEPT);
    await says(world, thread, card!.ts, "Accepted by bob");
    expect(await rfc(world)).toContain("- first of the limits\n- another limit\n");
  });

  it("is done when a push has applied it", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const before = await rfc(world);
    const sha = await world.repository.outsideCommit(
      "rfc.md",
      before.replace("one minute", "one hour"),
    );
    const after = await says(world, thread, card!.ts, "The document reads so already.");
    expect(buttonsOf(after)).toEqual([]);
    expect(after.text).toContain(`commit ${sha.slice(0, 10)}`);
  });

  it("follows what is decided in the console", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const { engine } = world.app;
    const [first, second] = await propose(world, thread, HOUR, ["- second item", "- third item"]);
    const someone = await engine.people.localMaintainer();
    await engine.changes.accept(await changeId(world, 1), someone);
    await engine.changes.decline(await changeId(world, 2), "Two is enough.", someone);
    const accepted = await says(world, thread, first!.ts, `Accepted by ${someone.displayName}.`);
    const declined = await says(world, thread, second!.ts, "Two is enough.");
    expect(buttonsOf(accepted)).toEqual([]);
    expect(buttonsOf(declined)).toEqual([]);
  });

  it("says why a commit failed, and can be accepted again", async () => {
    const { config } = readConfig({});
    const host = createGitHost(config, memoryLogger([]));
    let mayCommit = false;
    const commit: DocumentHost["commit"] = async (request) => {
      if (mayCommit) return host.commit(request);
      throw new UserError("forbidden", "The branch is protected; ask its owner.");
    };
    const careful = new Proxy(host, {
      get(target, name) {
        if (name === "commit") return commit;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    await using world = await SlackApp.start({ overrides: { hosts: [careful] } });
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    await world.bob.clicks(world.channel, card!.ts, ACCEPT);
    const failed = await says(world, thread, card!.ts, "not committed");
    expect(failed.text).toContain(
      "Change #1 was not committed: The branch is protected; ask its owner.",
    );
    expect(failed.text.match(/not committed/g)).toHaveLength(1);
    expect(buttonsOf(failed)).toEqual(["Accept", "Decline", "Edit", "Open"]);
    mayCommit = true;
    await world.bob.clicks(world.channel, card!.ts, ACCEPT);
    const after = await says(world, thread, card!.ts, "Accepted by bob");
    expect(after.text).not.toContain("not committed");
  });

  it("tells who accepts it that the working tree has edits", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    await world.repository.write("rfc.md", `${await rfc(world)}\nNot committed.\n`);
    const told = await toldNext(world, world.bob, () =>
      world.bob.clicks(world.channel, card!.ts, ACCEPT),
    );
    expect(told).toContain("commit or stash them, and accept again");
    expect(buttonsOf(seenAt(world, thread, card!.ts))).toContain("Accept");
  });

  it("has no buttons when its thread is unlinked", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    await toldNext(world, world.ada, () => ask(world, world.ada, thread, "unlink"));
    await until(async () => buttonsOf(seenAt(world, thread, card!.ts)).length === 0);
    await until(async () => world.replies(thread).at(-1)?.includes("ada ended the discussion"));
  });
});

describe("more than five changes", () => {
  const DOCUMENT = `# The RFC\n\n${Array.from({ length: 7 }, (_, n) => `Rule ${n + 1} is old.`).join("\n\n")}\n`;
  const EDITS = Array.from(
    { length: 7 },
    (_, n) => [`Rule ${n + 1} is old.`, `Rule ${n + 1} is new.`, `Reason ${n + 1}`] as const,
  );

  it("are a list that is paged, with decisions in it", async () => {
    await using world = await start(DOCUMENT);
    const thread = await decidedByBob(world);
    const [list] = await propose(world, thread, ...EDITS);
    const { ts } = list!;
    expect(cardsIn(world, thread)).toHaveLength(1);
    expect(list!.text).toContain("*7 proposed changes*  ·  page 1 of 2");
    expect(list!.text).toContain("~old~ → *new*\nReason 5");
    expect(list!.text).not.toContain("Reason 6");
    expect(list!.fallback).toContain("#1: “old” → “new” (Pending.)");

    const values = list!.blocks
      .flatMap((one) => (one["elements"] as { action_id?: string; value?: string }[]) ?? [])
      .filter((one) => one.action_id === ACCEPT)
      .map(({ value }) => value!);
    expect(values).toHaveLength(5);
    await world.bob.clicks(world.channel, ts, ACCEPT, { value: values[1]! });
    await says(world, thread, ts, "Accepted by bob");
    expect(await rfc(world)).toContain("Rule 2 is new.");

    await world.bob.clicks(world.channel, ts, "redline:page:1");
    const second = await says(world, thread, ts, "page 2 of 2");
    expect(second.text).toContain("Reason 7");
    expect(second.text).not.toContain("Reason 5");
    // Whoever reads may turn a page; to decide is another thing.
    await world.ada.clicks(world.channel, ts, "redline:page:0");
    await says(world, thread, ts, "page 1 of 2");

    await world.bob.clicks(world.channel, ts, DECLINE, { value: values[0]! });
    const form = await until(async () => world.bob.modal);
    await world.bob.submits(form, { reason: "Rule 1 stays." });
    await says(world, thread, ts, "Declined by bob: Rule 1 stays.");
    expect(cardsIn(world, thread)).toHaveLength(1);
  });
});
