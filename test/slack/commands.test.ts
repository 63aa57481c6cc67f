import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { SlackApp } from "../support/slack-app.ts";
import { describeTalk } from "../contract/chat-talk.ts";
import { answered, HOUR, willCount } from "../support/chat-scene.ts";
import { restAskers } from "../support/chat-places.ts";
import { until } from "../support/test-app.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import { ask, buttonsOf, decidedByBob, propose, says, slackKit, toldNext } from "./scene.ts";

/** The content of the last message that the model was shown. */
const lastAsked = (world: SlackApp): string =>
  world.provider.requests.at(-1)!.messages.at(-1)!.content;

describeTalk({
  ...slackKit,
  adminsOnly: "Only admins of this workspace",
  quiet: "I am quiet here: your message is kept",
  async say({ slack, channel }, user, thread, text) {
    user.says(channel, text, { threadTs: thread });
    await slack.settled();
  },
  question(world, user, thread, words) {
    const { slack, channel, team } = world;
    const { ts } = ask(world, user, thread, words);
    return {
      stored: () => slack.settled(),
      async edit(to) {
        user.edits(channel, ts, `${team.mention} ${to}`);
        await slack.settled();
      },
      async delete() {
        user.deletes(channel, ts);
        await slack.settled();
      },
    };
  },
  sets(world, user, thread, what, value) {
    ask(world, user, thread, `${what} ${value}`);
  },
  removesBob: ({ bob, channel }, user) =>
    user.runsCommand("/rfc", `maintainers remove <@${bob.id}|bob>`, channel),
  unanswered: () => [],
});

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
    ["unwatch", /^You do not watch `rfc` any more\. Of threads/],
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
    const run = (who: FakeUser) => who.runsCommand("/rfc", "link rfc new", world.channel);
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
});

describe("who says what when", () => {
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
});

describe("who may not decide", () => {
  it("is not kept waiting by a command of theirs that waits for Slack", async () => {
    await using world = await SlackApp.start();
    const { team, channel, slack } = world;
    const eve = team.addUser("eve", { isAdmin: true });
    const elsewhere = team.addChannel("elsewhere", { members: [eve] });
    const thread = await world.link();
    ask(world, world.ada, thread, `maintainers add ${eve.mention}`);
    await until(async () => world.replies(thread).some((text) => text.includes("eve a maint")));
    const [card] = await propose(world, thread, HOUR);
    slack.fail({ method: "chat.postMessage", channelId: elsewhere.id, retryAfter: 3_600 });
    await eve.runsCommand("/rfc", "link rfc new", elsewhere);
    await until(async () => {
      const [row] = await world.app.sql<{ waits: boolean }[]>`
        select exists (select 1 from inbox
          where kind = 'command' and due_at > now() + interval '30 minutes') as waits`;
      return row!.waits;
    }, "a command that waits for Slack");
    await eve.clicks(channel, card!.ts, "redline:decline");
    const form = await until(async () => eve.modal, "the form");
    await eve.submits(form, { reason: "Too long." });
    await says(world, thread, card!.ts, /Declined by eve: Too long/);
  });

  it("decides once with presses that come at the same moment", async () => {
    await using world = await SlackApp.start();
    const { bob, channel, slack, repository } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const before = await repository.log();
    slack.deliveries.hold();
    for (const name of ["accept", "accept", "decline", "accept"]) {
      await bob.clicks(channel, card!.ts, `redline:${name}`);
    }
    slack.deliveries.release();
    const after = await says(world, thread, card!.ts, "Accepted by bob");
    expect(buttonsOf(after)).toEqual([]);
    await world.settled();
    expect(await repository.log()).toHaveLength(before.length + 1);
    expect(world.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("is told in kind words when the whole workspace asks too much", async () => {
    await using world = await SlackApp.start();
    const { ada, bob, team, provider } = world;
    const threads = await Promise.all(Array.from({ length: 6 }, () => world.link()));
    willCount(world);
    // None of them asks too much alone.
    for (const [at, thread] of threads.entries()) {
      const someone = team.addUser(`person-${at}`);
      for (let n = 1; n < 10; n += 1) ask(world, someone, thread, `question ${n}`);
    }
    for (const thread of threads) ask(world, bob, thread, "and mine?");
    await world.settled();
    const asked = async () =>
      (
        await world.app.sql`
        select 1 from thread_messages where role = 'user' and turn_id is not null`
      ).length;
    expect(await asked()).toBe(60);
    const told = await toldNext(world, ada, () => ask(world, ada, threads[0]!, "one too many"));
    expect(told).toMatch(/^Your workspace has asked a lot within a few minutes; your message is k/);
    await world.settled();
    expect(await asked()).toBe(60);
    // Later it answers again, and knows what was said meanwhile.
    await restAskers(world.app.sql);
    const before = provider.requests.length;
    ask(world, ada, threads[0]!, "and now?");
    await until(async () => provider.requests.length === before + 1, "another answer");
    await world.settled();
    expect(JSON.stringify(provider.requests.at(-1)!.messages)).toContain("one too many");
  });
});
