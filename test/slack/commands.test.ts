import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { SlackApp } from "../support/slack-app.ts";
import { restAskers } from "../support/slack-places.ts";
import { until } from "../support/test-app.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import { ask, cardsIn, decidedByBob, propose, says, toldNext } from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;

/** The content of the last message that the model was shown. */
const lastAsked = (world: SlackApp): string =>
  world.provider.requests.at(-1)!.messages.at(-1)!.content;

async function answered(world: SlackApp, thread: string, count: number): Promise<void> {
  await until(
    async () => world.replies(thread).filter((text) => /^Answer \d/.test(text)).length === count,
    `answer ${count}`,
  );
  await world.settled();
}

function willCount(world: SlackApp): void {
  let count = 0;
  world.provider.script = () => [`Answer ${(count += 1)}.`];
}

describe("what only one person asks", () => {
  let world: SlackApp;
  let thread: string;
  beforeAll(async () => {
    world = await SlackApp.start();
    thread = await decidedByBob(world);
    await propose(world, thread, HOUR);
  });
  beforeEach(() => restAskers(world.app.sql));
  afterAll(() => world[Symbol.asyncDispose]());

  it.each([
    ["help", /^Mention me with a question[^]*- `link <slug or PR URL>`[^]*- `maintainers add/],
    ["status", /^This place is about “The RFC” \(`rfc`\)\.[^]*Changes: 1 open[^]*bob may accept/],
    ["changes", /^1 change to be decided[^]*\*\*#1\*\* § The RFC: Receivers need time\. \(ready\)/],
    ["model", /`scripted-1` Scripted \(answers here\)/],
    ["mode", /^The mode here is `mention`/],
    ["maintainers", /^bob may accept and decline\.$/],
    ["maintainers list", /^bob may accept and decline\.$/],
    ["stop", /^There is no answer to stop\.$/],
    ["watch", /^You watch `rfc` now/],
    ["unwatch", /^You do not watch `rfc` any more\.$/],
    [
      "link other",
      /is linked to “The RFC” \(`rfc`\) already; for another RFC, `unlink` it first\.$/,
    ],
    ["acept 1", /^There is no command “acept”; did you mean `accept N`\?$/],
    ["accept", /^Write `accept N`/],
    ["accept 99", /^There is no change #99 here; `changes` lists/],
    ["decline", /^Write `decline N reason`/],
    ["mode loud", /^Write `mode \[mention\|follow\|quiet\]`/],
    ["model nope", /^There is no such model\.[^]*scripted-1/],
    ["", /^Say what you want to know about the document/],
  ])("%s: is answered to the one who asked alone", async (words, expected) => {
    const before = world.replies(thread).length;
    const told = await toldNext(world, world.ada, () => ask(world, world.ada, thread, words));
    expect(told).toMatch(expected);
    await world.settled();
    // Nothing of it is for the others: there is the question alone.
    expect(world.replies(thread)).toHaveLength(before + 1);
  });

  it.each([
    ["", /^`link` begins a thread about an RFC[^]*- `link <slug or PR URL>`/],
    ["help", /^`link` begins a thread about an RFC/],
    ["status", /^This works in a thread that is linked to an RFC: mention me there/],
    ["accept 1", /^This works in a thread that is linked/],
    ["maintainers", /^bob may accept and decline\.$/],
    ["lnik rfc", /^There is no command “lnik”; did you mean `link <slug or PR URL>`\?$/],
    ["what is this?", /^There is no command “what”; `help` lists what there is\.$/],
    ["link nope", /^There is no RFC “nope” here; these may be linked: `rfc`\.$/],
    ["link https://example.org/pull/1", /^I know no pull request at that address/],
  ])("/rfc %s: is answered in the channel", async (words, expected) => {
    const before = world.visible().length;
    const run = () => world.ada.runsCommand("/rfc", words, world.channel);
    expect(await toldNext(world, world.ada, run)).toMatch(expected);
    expect(world.visible()).toHaveLength(before);
  });

  it("/rfc link begins a thread, for admins", async () => {
    const run = (who: FakeUser) => who.runsCommand("/rfc", "link rfc", world.channel);
    expect(await toldNext(world, world.bob, () => run(world.bob))).toContain("Only admins");
    const before = world.visible().length;
    expect(await toldNext(world, world.ada, () => run(world.ada))).toMatch(
      /^“The RFC” is discussed in a new thread: https:/,
    );
    const begun = world.visible().at(-1)!;
    expect(world.visible()).toHaveLength(before + 1);
    expect(begun.text).toBe("“The RFC” (`rfc`) is discussed in this thread.");
    await until(async () => world.replies(begun.ts)[0]?.includes("is linked to"));
  });

  it("/rfc maintainers names and removes people", async () => {
    const cid = world.team.addUser("cid");
    const run = (who: FakeUser, words: string) =>
      toldNext(world, who, () => who.runsCommand("/rfc", words, world.channel));
    const { ada, bob } = world;
    expect(await run(bob, `maintainers add <@${cid.id}|cid>`)).toContain("Only admins");
    expect(await run(ada, `maintainers add <@${ada.id}|ada>`)).toContain("Nobody adds themselves");
    expect(await run(ada, `maintainers add <@${cid.id}|cid>`)).toContain(
      "ada made cid a maintainer",
    );
    expect(await run(ada, `maintainers add <@${cid.id}|cid>`)).toBe("cid is a maintainer already.");
    expect(await run(ada, "maintainers list")).toMatch(/bob.*cid|cid.*bob/);
    expect(await run(ada, `maintainers remove <@${cid.id}|cid>`)).toContain("ada took cid off");
    expect(world.slack.pings).toEqual([]);
  });

  it("tells once that a place is not linked", async () => {
    const { bob, channel, team } = world;
    const { ts } = bob.says(channel, "a thread of ours");
    const told = await toldNext(world, bob, () => ask(world, bob, ts, "what is this?"));
    expect(told).toContain("This place is not linked to an RFC yet.");
    const before = world.told(bob).length;
    bob.says(channel, `${team.mention} hello?`, { threadTs: ts });
    await world.settled();
    expect(world.told(bob)).toHaveLength(before);
    expect(world.replies(ts)).toHaveLength(2);
  });
});

describe("a mention that decides", () => {
  it("accepts and declines", async () => {
    await using world = await SlackApp.start();
    const { ada, bob } = world;
    const thread = await decidedByBob(world);
    const [first, second] = await propose(world, thread, HOUR, ["- second item", "- third item"]);
    expect(await toldNext(world, ada, () => ask(world, ada, thread, "accept 1"))).toContain(
      "Only maintainers decide here",
    );
    expect(await toldNext(world, bob, () => ask(world, bob, thread, "accept #1"))).toBe(
      "You accepted change #1; it is being committed.",
    );
    await says(world, thread, first!.ts, "Accepted by bob");
    const said = await toldNext(world, bob, () =>
      ask(world, bob, thread, "decline 2 two *are* enough <@U000>"),
    );
    expect(said).toBe("You declined change #2.");
    await says(world, thread, second!.ts, /Declined by bob: two .*are.* enough/);
    expect(world.slack.pings).toEqual([]);
  });

  it("chooses the model and the mode for all to see", async () => {
    await using world = await SlackApp.start();
    const { ada, bob } = world;
    const thread = await decidedByBob(world);
    ask(world, ada, thread, "model scripted-2");
    await until(async () =>
      world.replies(thread).some((text) => /scripted-2.*answers here from now/.test(text)),
    );
    willCount(world);
    ask(world, bob, thread, "what is it?");
    await answered(world, thread, 1);
    expect(world.provider.requests.at(-1)!.model).toBe("scripted-2");
    expect(await toldNext(world, bob, () => ask(world, bob, thread, "mode follow"))).toContain(
      "Only admins of this workspace set the mode",
    );
    ask(world, ada, thread, "mode follow");
    await until(async () =>
      world.replies(thread).some((text) => /The mode is .follow. now/.test(text)),
    );
  });
});

describe("who says what when", () => {
  it("is answered by mode", async () => {
    await using world = await SlackApp.start();
    const { ada, bob, channel } = world;
    const thread = await world.link();
    willCount(world);
    const say = (text: string) => bob.says(channel, text, { threadTs: thread });
    say("Is a minute enough?");
    ask(world, bob, thread, "is it?");
    await answered(world, thread, 1);

    ask(world, ada, thread, "mode follow");
    await until(async () => world.replies(thread).some((text) => text.includes("`follow` now")));
    say("Is an hour better?");
    await answered(world, thread, 2);
    say("I see.");
    say(`${ada.mention} what do you think?`);
    say("`a ? b : c` it is.");
    await world.settled();
    await answered(world, thread, 2);
    // All of it is known to the next one.
    say("And now?");
    await answered(world, thread, 3);
    const known = JSON.stringify(world.provider.requests.at(-1)!.messages);
    for (const words of ["Is a minute enough?", "I see.", "what do you think?", "a ? b : c"]) {
      expect(known).toContain(words);
    }
    expect(known).toContain("bob");
    expect(known.match(/And now\?/g)).toHaveLength(1);

    ask(world, ada, thread, "mode quiet");
    await until(async () => world.replies(thread).some((text) => text.includes("`quiet` now")));
    expect(await toldNext(world, bob, () => ask(world, bob, thread, "and this?"))).toContain(
      "I am quiet here: your message is kept",
    );
    await answered(world, thread, 3);
  });

  it("quotes what stands behind >", async () => {
    await using world = await SlackApp.start();
    const thread = await world.link();
    willCount(world);
    ask(
      world,
      world.bob,
      thread,
      "\n&gt; The quick brown fox\n&gt; jumps &amp; runs\nWhy so quick?",
    );
    await answered(world, thread, 1);
    const content = lastAsked(world);
    expect(content).toContain("The quick brown fox\n");
    expect(content).toContain("jumps & runs");
    expect(content).toContain("Why so quick?");
    const [row] = await world.app.sql<{ quote: string; text: string }[]>`
      select quote, text from thread_messages where quote is not null`;
    expect(row).toEqual({ quote: "The quick brown fox\njumps & runs", text: "Why so quick?" });
  });

  it("is read as it was edited while it waited, and not answered when it was deleted", async () => {
    await using world = await SlackApp.start();
    const { ada, bob, channel, team } = world;
    const thread = await world.link();
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    let count = 0;
    world.provider.script = () => {
      count += 1;
      return count === 1 ? ["Thinking. ", gate, "Answer 1."] : [`Answer ${count}.`];
    };
    ask(world, bob, thread, "the first question");
    await until(async () => count === 1, "the first answer's begin");
    const edited = ask(world, bob, thread, "the secnod question");
    const deleted = ask(world, ada, thread, "the regretted question");
    await world.slack.settled();
    bob.edits(channel, edited.ts, `${team.mention} the second question`);
    ada.deletes(channel, deleted.ts);
    await world.slack.settled();
    await until(async () => {
      const [row] = await world.app.sql<{ count: number }[]>`
        select count(*)::int from inbox where state = 'waiting'`;
      return row!.count === 0;
    });
    go();
    await until(async () => world.replies(thread).includes("Answer 2."), "the second answer");
    await world.settled();
    expect(count).toBe(2);
    const asked = JSON.stringify(world.provider.requests.at(-1)!.messages);
    expect(asked).toContain("the second question");
    expect(asked).not.toContain("secnod");
    expect(asked).not.toContain("regretted");
  });
});

describe("who may not decide", () => {
  it("is refused on every way, and a replay does nothing", async () => {
    await using world = await SlackApp.start();
    const { ada, bob, channel } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    for (const action of ["accept", "decline", "edit"]) {
      const told = await toldNext(world, ada, () =>
        ada.clicks(channel, card!.ts, `redline:${action}`),
      );
      expect(told).toContain("Only maintainers decide here");
    }
    expect(ada.modal).toBeNull();
    expect(await toldNext(world, ada, () => ask(world, ada, thread, "decline 1 no"))).toContain(
      "Only maintainers decide here",
    );
    // A form that was opened while one was allowed.
    await bob.clicks(channel, card!.ts, "redline:decline");
    const form = await until(async () => bob.modal, "the form");
    await toldNext(world, ada, () =>
      ada.runsCommand("/rfc", `maintainers remove <@${bob.id}|bob>`, channel),
    );
    const told = await toldNext(world, bob, () => bob.submits(form, { reason: "no" }));
    expect(told).toContain("Only maintainers decide here");
    await world.settled();
    expect(cardsIn(world, thread)[0]!.text).toContain("Pending");
    expect(await world.app.sql`select 1 from changes where state <> 'pending'`).toEqual([]);
  });

  it("is told in kind words when they ask too much", async () => {
    await using world = await SlackApp.start();
    const { bob } = world;
    const thread = await world.link();
    willCount(world);
    for (let at = 1; at <= 10; at += 1) {
      ask(world, bob, thread, `question ${at}`);
      await answered(world, thread, at);
    }
    const told = await toldNext(world, bob, () => ask(world, bob, thread, "one more"));
    expect(told).toMatch(/^You have asked a lot within a few minutes; your message is kept/);
    await answered(world, thread, 10);
    // Others are not held up, and what was said is known.
    ask(world, world.ada, thread, "and mine?");
    await answered(world, thread, 11);
    expect(JSON.stringify(world.provider.requests.at(-1)!.messages)).toContain("one more");
  });
});
