/** Slack fails, refuses, forgets or is mended while Redline answers: nothing is lost, doubled or left open. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../fakes/slack/limits.ts";
import type { Channel } from "../fakes/slack/model.ts";
import { block } from "../fakes/scripted-provider.ts";
import type { Step } from "../fakes/scripted-provider.ts";
import type { ModelRequest } from "../../src/ports.ts";
import { SlackApp } from "../support/slack-app.ts";
import { placesBusy, restAskers } from "../support/chat-places.ts";
import { expectNothingTyping } from "../support/slack-places.ts";
import { until } from "../support/test-app.ts";

const TWO_PARTS = "The first half and the second.";
const LONG = Array.from({ length: 500 }, (_, at) => `Line ${at} of a long answer.\n\n`).join("");

let world: SlackApp;
let thread: string;
let channel: Channel;

beforeAll(async () => {
  world = await SlackApp.start();
  const { ada, bob, team } = world;
  const first = await world.link();
  ada.says(world.channel, `${team.mention} maintainers add <@${bob.id}>`, { threadTs: first });
  await until(async () => world.replies(first).some((text) => /made bob a maintainer/.test(text)));
});
afterAll(() => world[Symbol.asyncDispose]());
/** A channel of its own for each test, so that what is mended or broken in one is not in the next. */
beforeEach(async () => {
  await restAskers(world.app.sql);
  const { ada, bob, team, slack } = world;
  world.slack.limits.clearFaults();
  world.log.length = 0;
  channel = team.addChannel(`rfcs-${slack.callsOf().length}`, { members: [ada, bob] });
  thread = await link();
  await world.settled();
});

async function link(): Promise<string> {
  const { ts } = world.ada.says(channel, `${world.team.mention} link rfc new`);
  await until(async () => replies(ts).length === 1, "the greeting");
  return ts;
}

const replies = (ts = thread) => world.slack.visible(channel, ts).filter(({ isBot }) => isBot);

/** What Redline says after the greeting, without lines about what was drafted. */
const texts = (): string[] =>
  replies()
    .slice(1)
    .map(({ text, tasks }) =>
      tasks.reduce((rest, { title }) => rest.replace(title, ""), text).trim(),
    );

const ask = (text = "is it so?"): void =>
  void world.ada.says(channel, `${world.team.mention} ${text}`, { threadTs: thread });

/** Waits until nothing is under way, nor waits to be tried again soon. */
async function quiet(): Promise<void> {
  await world.settled();
  await until(async () => !(await placesBusy(world.app.sql)), "quiet places");
}

/** Waits until nothing is under way, and looks that nothing seems to be. */
async function shown(): Promise<string[]> {
  await quiet();
  expectNothingTyping(world.slack, channel, thread);
  return texts();
}

interface Gate {
  promise: Promise<void>;
  open(): void;
}

function createGate(): Gate {
  let open: () => void = () => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open: () => open() };
}

/** Answers in two parts; resolves once the first is shown. */
async function askInTwoParts(): Promise<Gate> {
  const gate = createGate();
  world.provider.script = () => ["The first half ", gate.promise, "and the second."];
  ask();
  await until(async () => texts().some((text) => text.includes("first half")), "the first half");
  return gate;
}

const twoEdits = (request: ModelRequest): Step[] => [
  "The whole answer.\n",
  block(request, "lazy dog", "idle dog"),
  block(request, "quick brown", "swift brown"),
];

const storedAnswers = async (): Promise<string[]> => {
  const rows = await world.app.sql<{ text: string }[]>`
    select m.text from thread_messages m join thread_links l using (thread_id)
    where m.role = 'assistant' and l.place = ${`${channel.id}/${thread}`} order by m.seq`;
  return rows.map(({ text }) => text);
};

const warnings = (): string =>
  JSON.stringify(world.log.filter(({ level }) => level === "warn" || level === "error"));

describe.each(["before", "after"] as const)(
  "an answer of Slack's that is cut %s its effect",
  (cut) => {
    it.each([
      "chat.startStream",
      "chat.appendStream",
      "chat.stopStream",
      "chat.postMessage",
      "assistant.threads.setStatus",
      "agents.sessions.setStatus",
    ])("%s", async (method) => {
      world.slack.fail({ method, cut });
      world.provider.script = twoEdits;
      ask();
      const all = await shown();
      expect(all).toEqual([
        "The whole answer.",
        expect.stringContaining("idle dog"),
        expect.stringContaining("swift brown"),
      ]);
    });

    it("assistant.threads.setStatus, when it takes the line away", async () => {
      const gate = await askInTwoParts();
      world.slack.fail({ method: "assistant.threads.setStatus", cut });
      world.slack.fail({ method: "agents.sessions.setStatus", cut });
      gate.open();
      expect(await shown()).toEqual([TWO_PARTS]);
    });

    it("chat.update", async () => {
      world.provider.script = (request) => ["Kinder:\n", block(request, "lazy dog", "idle dog")];
      ask();
      const [, card] = await shown().then(() => replies().slice(1));
      world.slack.fail({ method: "chat.update", cut });
      await world.bob.clicks(channel, card!.ts, "redline:decline");
      const modal = await until(async () => world.bob.modal, "the form");
      await world.bob.submits(modal, {});
      await until(async () => texts()[1]?.includes("Declined"), "the decision");
      expect(await shown()).toHaveLength(3);
    });

    it("chat.delete", async () => {
      world.provider.script = (_request, index) =>
        index === asked ? [LONG, new Error("the model broke")] : ["The whole answer."];
      const asked = world.provider.requests.length;
      world.slack.fail({ method: "chat.delete", cut });
      ask();
      expect(await shown()).toEqual(["The whole answer."]);
    });

    it("chat.postEphemeral", async () => {
      const before = world.slack.ephemerals(channel, world.ada.id).length;
      world.slack.fail({ method: "chat.postEphemeral", cut });
      ask("maintainers list");
      await shown();
      const told = world.slack.ephemerals(channel, world.ada.id).length - before;
      expect(told).toBeLessThanOrEqual(1);
      ask("maintainers list");
      await shown();
      expect(world.slack.ephemerals(channel, world.ada.id).length - before).toBe(told + 1);
    });

    it("views.open", async () => {
      world.provider.script = (request) => ["Kinder:\n", block(request, "lazy dog", "idle dog")];
      ask();
      await shown();
      const [, card] = replies().slice(1);
      world.slack.fail({ method: "views.open", cut });
      const { bob } = world;
      await bob.clicks(channel, card!.ts, "redline:decline");
      await until(
        async () => world.slack.ephemerals(channel, bob.id).length > 0,
        "a word about it",
      );
      expect(world.slack.ephemerals(channel, bob.id).at(-1)!.text).toContain(
        "press the button again",
      );
      if (bob.modal) await bob.closes(bob.modal);
      await bob.clicks(channel, card!.ts, "redline:decline");
      const modal = await until(async () => bob.modal, "the form");
      await bob.submits(modal, {});
      await until(async () => texts()[1]?.includes("Declined"), "the decision");
      await shown();
    });
  },
);

describe("a stream that Slack takes no more of", () => {
  it.each<Fault>([
    { method: "chat.appendStream", error: "msg_too_long" },
    { method: "chat.appendStream", error: "message_not_in_streaming_state" },
    { method: "chat.appendStream", error: "internal_error" },
    { method: "chat.appendStream", status: 503 },
    { method: "chat.stopStream", error: "message_not_in_streaming_state" },
    { method: "chat.stopStream", error: "msg_too_long" },
    { method: "chat.startStream", error: "msg_too_long" },
    { method: "chat.startStream", error: "an_error_of_tomorrow" },
    { method: "chat.startStream", error: "feature_disabled" },
    { method: "chat.startStream", error: "unknown_method" },
    { method: "chat.startStream", error: "internal_error" },
    { method: "chat.startStream", status: 500 },
  ])("%o", async (fault) => {
    const gate = createGate();
    world.provider.script = () => ["The first half ", gate.promise, "and the second."];
    world.slack.fail(fault);
    ask();
    await until(async () => texts().length > 0 || fault.method === "chat.stopStream");
    gate.open();
    expect(await shown()).toEqual([TWO_PARTS]);
  });

  it("is stopped before its message is edited", async () => {
    const gate = await askInTwoParts();
    world.slack.fail({ method: "chat.appendStream", error: "msg_too_long" });
    world.slack.fail({ method: "chat.stopStream", error: "message_not_in_streaming_state" });
    world.slack.fail({ method: "chat.update", error: "streaming_state_conflict" });
    gate.open();
    expect(await shown()).toEqual([TWO_PARTS]);
  });

  it("seems to go on after it was ended", async () => {
    const gate = await askInTwoParts();
    world.slack.fail({ method: "chat.appendStream", error: "msg_too_long" });
    world.slack.fail({
      method: "chat.stopStream",
      error: "message_not_in_streaming_state",
      times: 2,
    });
    world.slack.fail({ method: "chat.update", error: "streaming_state_conflict", times: 2 });
    gate.open();
    expect(await shown()).toEqual([TWO_PARTS]);
  });

  it("refuses the edit for a reason of its own, which is said", async () => {
    const gate = await askInTwoParts();
    world.slack.fail({ method: "chat.appendStream", error: "msg_too_long" });
    world.slack.fail({ method: "chat.stopStream", error: "msg_too_long" });
    world.slack.fail({ method: "chat.update", error: "an_error_of_tomorrow" });
    gate.open();
    expect(await shown()).toEqual([expect.stringContaining("it is in the console")]);
    expect(await storedAnswers()).toEqual([TWO_PARTS]);
  });

  it("refuses the edit for its length", async () => {
    const gate = await askInTwoParts();
    world.slack.fail({ method: "chat.appendStream", error: "msg_too_long" });
    world.slack.fail({ method: "chat.update", error: "msg_too_long", times: 1 });
    gate.open();
    expect(await shown()).toEqual([TWO_PARTS]);
  });
});

it.each([
  "chat.startStream",
  "chat.appendStream",
  "chat.stopStream",
  "chat.postMessage",
  "chat.update",
])("goes on after %s was limited for a while", async (method) => {
  world.provider.script = twoEdits;
  world.slack.fail({ method, retryAfter: 1, times: 2 });
  ask();
  expect(await shown()).toEqual([
    "The whole answer.",
    expect.stringContaining("idle dog"),
    expect.stringContaining("swift brown"),
  ]);
});

it("shows nothing more of an answer whose message somebody deleted", async () => {
  const gate = await askInTwoParts();
  world.team.deleteMessage(channel, replies().at(-1)!.ts);
  gate.open();
  expect(await shown()).toEqual([]);
  expect(await storedAnswers()).toEqual([TWO_PARTS]);
  world.provider.script = () => ["Still here."];
  ask("and now?");
  expect(await shown()).toEqual(["Still here."]);
});

describe("a place that takes nothing", () => {
  interface Trouble {
    name: string;
    strike(): void;
    /** What the log says. */
    says: RegExp;
    mend(): Promise<void> | void;
  }
  const failing = (error: string): void =>
    world.slack.fail({ channelId: channel.id, error, times: 1_000 });
  const troubles: Trouble[] = [
    {
      name: "an archived channel",
      strike: () => world.team.archive(channel),
      says: /archived; unarchive it/,
      mend: async () => {
        channel.archived = false;
        thread = await link();
      },
    },
    {
      name: "a channel that Redline was removed from",
      strike: () => world.team.leave(channel, world.team.botUserId),
      says: /invite it/,
      mend: () => world.team.join(channel, world.team.botUserId),
    },
    {
      name: "a sign-in that is not accepted",
      strike: () => failing("invalid_auth"),
      says: /install the app again/,
      mend: () => world.slack.limits.clearFaults(),
    },
    {
      name: "a scope that is missing",
      strike: () => failing("missing_scope"),
      says: /lacks .* scope/,
      mend: () => world.slack.limits.clearFaults(),
    },
  ];

  it.each(troubles)("in the middle of a reply: $name", async ({ strike, says, mend }) => {
    const gate = await askInTwoParts();
    strike();
    gate.open();
    await until(async () => says.test(warnings()), "a word in the log");
    await until(async () => (await storedAnswers()).includes(TWO_PARTS), "the answer itself");
    await world.settled();
    await mend();
    world.provider.script = () => ["Still here."];
    ask("and now?");
    await until(async () => texts().includes("Still here."), "the next answer");
    expect((await shown()).at(-1)).toBe("Still here.");
    expect(warnings()).not.toContain('"level":"error"');
  });

  it.each(troubles.slice(2))("before the reply: $name", async ({ strike, says, mend }) => {
    strike();
    world.provider.script = () => [TWO_PARTS];
    ask();
    await until(async () => says.test(warnings()), "a word in the log");
    await until(async () => (await storedAnswers()).includes(TWO_PARTS), "the answer itself");
    await mend();
    world.provider.script = () => ["Still here."];
    ask("and now?");
    await until(async () => texts().includes("Still here."), "the next answer");
    expect(await shown()).toEqual([TWO_PARTS, "Still here."]);
  });

  it("a deleted thread", async () => {
    const gate = await askInTwoParts();
    for (const { ts } of replies()) world.team.deleteMessage(channel, ts);
    for (const { ts, userId } of world.slack.visible(channel, thread).toReversed()) {
      if (userId === world.ada.id) world.ada.deletes(channel, ts);
    }
    gate.open();
    await until(async () => (await storedAnswers()).includes(TWO_PARTS), "the answer itself");
    await world.settled();
    thread = await link();
    world.provider.script = () => ["Still here."];
    ask();
    expect(await shown()).toEqual(["Still here."]);
  });
});

describe("somebody who stops it", () => {
  it("with Slack's own button", async () => {
    await askInTwoParts();
    world.ada.stopsStreaming(channel, replies().at(-1)!.ts);
    const [answer, note, ...more] = await until(async () => {
      const all = texts();
      return all.length > 1 && all;
    }, "a note");
    expect(answer).toContain("The first half");
    expect(note).toMatch(/stopped/i);
    expect(more).toEqual([]);
    expect(await shown()).toHaveLength(2);
  });

  it("with a word", async () => {
    await askInTwoParts();
    ask("stop");
    await until(async () => texts().length > 1, "a note");
    const [answer, note, ...more] = await shown();
    expect(answer).toContain("The first half");
    expect(note).toMatch(/stopped/i);
    expect(more).toEqual([]);
  });
});

it("keeps the answers of several threads apart", async () => {
  const threads = [thread, await link(), await link(), await link()];
  const gates = threads.map(() => createGate());
  world.provider.script = ({ messages }) => {
    const at = Number(/number (\d)/.exec(messages.at(-1)!.content)![1]);
    return [`Answer ${at}, first half `, gates[at]!.promise, `and second half of ${at}.`];
  };
  for (const [at, ts] of threads.entries()) {
    world.ada.says(channel, `${world.team.mention} number ${at}`, { threadTs: ts });
  }
  await until(async () => threads.every((ts) => replies(ts)[1]?.text.includes("first")));
  // One that breaks does not hold up the others.
  world.slack.fail({ method: "chat.appendStream", error: "msg_too_long" });
  for (const gate of gates.toReversed()) gate.open();
  await world.settled();
  for (const [at, ts] of threads.entries()) {
    expect(
      replies(ts)
        .slice(1)
        .map(({ text }) => text),
    ).toEqual([`Answer ${at}, first half and second half of ${at}.`]);
    expectNothingTyping(world.slack, channel, ts);
  }
});
