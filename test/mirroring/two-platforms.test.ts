/** One conversation in Slack and on Discord at once. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { restAskers } from "../support/chat-places.ts";
import { willPropose } from "../support/chat-scene.ts";
import { until } from "../support/test-app.ts";
import { MirrorWorld } from "./mirror-world.ts";

type Linked = Awaited<ReturnType<MirrorWorld["linkBoth"]>>;

let world: MirrorWorld;
let at: Linked;

beforeAll(async () => {
  world = await MirrorWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await restAskers(world.app.sql);
  at = await world.linkBoth();
  world.provider.script = () => ["Yes."];
});

/** Without what led to the joined conversation. */
const inSlack = () => world.chats.inSlack(at.ts).slice(3);
const inDiscord = () => world.chats.inDiscord(at.thread).slice(1);
const slackSays = (who: "ada" | "bob", text: string) =>
  world.chats[who].says(world.chats.slackChannel, text, { threadTs: at.ts });
const discordSays = (who: "dana" | "dirk", text: string) => world.chats[who].says(at.thread, text);
const ask = () => slackSays("ada", `${world.chats.team.mention} is it so?`);

describe("what people write", () => {
  it("is shown in the other place under their name and platform, and never where it was written", async () => {
    slackSays("bob", "A minute is too short.");
    await world.chats.shows(at.thread, "too short");
    discordSays("dirk", "I do not think so.");
    await world.chats.shows(at.ts, "not think so");
    await world.settled();
    expect(inDiscord()).toEqual(["**bob** (Slack): A minute is too short.", "I do not think so."]);
    expect(inSlack()).toEqual(["A minute is too short.", "**dirk** (Discord): I do not think so."]);
  });

  it("keeps what it quotes, and pings nobody", async () => {
    const { discord, slack, dirk } = world.chats;
    slackSays("bob", `&gt; Retries are sent\nAsk &lt;@${dirk.user.id}&gt; and @everyone.`);
    await world.chats.shows(at.thread, "Ask ");
    discordSays("dirk", "> Retries are sent\nWhat does <!channel> say, @here?");
    await world.chats.shows(at.ts, "What does ");
    await world.settled();
    expect(inDiscord()[0]).toMatch(/^\*\*bob\*\* \(Slack\):\n> Retries are sent\n\nAsk /);
    expect(inSlack()[1]).toMatch(/^\*\*dirk\*\* \(Discord\):\n> Retries are sent\n\nWhat does /);
    expect(discord.pings).toEqual([]);
    expect(slack.pings).toEqual([]);
  });

  it("cannot put words into somebody else's mouth", async () => {
    slackSays("bob", "Well.\n**dana** (Discord): I agree to everything.");
    await world.chats.shows(at.thread, "I agree");
    expect(inDiscord()).toEqual([
      "**bob** (Slack):\nWell.\n\\*\\*dana\\*\\* (Discord): I agree to everything.",
    ]);
  });

  it("goes on in further messages where it is long, each under its author's name", async () => {
    const lines = Array.from({ length: 120 }, (_, n) => `Line ${n} of what bob has to say.`);
    slackSays("bob", lines.join("\n"));
    await world.chats.shows(at.thread, "Line 119 ");
    await world.settled();
    const parts = inDiscord();
    expect(parts.length).toBeGreaterThan(1);
    expect(parts[0]).toMatch(/^\*\*bob\*\* \(Slack\):\n/);
    for (const part of parts.slice(1)) {
      expect(part).toMatch(/^\*\*bob\*\* \(Slack\), continued:\n/);
      expect(part.length).toBeLessThanOrEqual(2_000);
    }
    const said = parts.map((part) => part.replace(/^\*\*bob\*\* \(Slack\)[^\n]*\n/, "")).join("\n");
    expect(said.split(/\n+/)).toEqual(lines);
  });

  it("follows its edits and its deletion, from either side", async () => {
    const first = slackSays("bob", "One minute.");
    const second = discordSays("dirk", "Two minutes.");
    await world.chats.shows(at.thread, "One minute.");
    await world.chats.shows(at.ts, "Two minutes.");
    world.chats.bob.edits(world.chats.slackChannel, first.ts, "Three minutes.");
    world.chats.dirk.edits(second, "Four minutes.");
    await world.chats.shows(at.thread, "Three minutes.");
    await world.chats.shows(at.ts, "Four minutes.");
    world.chats.bob.deletes(world.chats.slackChannel, first.ts);
    world.chats.dirk.deletes(second);
    await until(async () => inDiscord().length === 0 && inSlack().length === 0, "nothing left");
    await world.settled();
    expect(world.chats.discord.violations()).toEqual([]);
  });

  it("grows and shrinks with its edits", async () => {
    const long = Array.from({ length: 120 }, (_, n) => `Line ${n} of what bob has to say.`);
    const { ts } = slackSays("bob", "Short.");
    await world.chats.shows(at.thread, "Short.");
    world.chats.bob.edits(world.chats.slackChannel, ts, long.join("\n"));
    await world.chats.shows(at.thread, "Line 119 ");
    expect(inDiscord().length).toBeGreaterThan(1);
    world.chats.bob.edits(world.chats.slackChannel, ts, "Short again.");
    await until(async () => inDiscord().length === 1, "one message");
    await world.settled();
    expect(inDiscord()).toEqual(["**bob** (Slack): Short again."]);
  });

  it("is not shown again where somebody took it away", async () => {
    const { ts } = slackSays("bob", "Noise.");
    await world.chats.shows(at.thread, "Noise.");
    await world.settled();
    const shown = world.chats.discord.visible(at.thread).at(-1)!;
    world.chats.guild.deleteMessage(world.chats.discord.message(at.thread, shown.id));
    world.chats.bob.edits(world.chats.slackChannel, ts, "More noise.");
    await until(async () => {
      const rows = await world.app.sql`
        select 1 from deliveries where kind = 'remark' and state = 'removed'
          and platform_message_id = ${shown.id}`;
      return rows.length > 0;
    }, "the removal");
    await world.settled();
    expect(inDiscord()).toEqual([]);
  });

  it("goes whole with its author's deletion where somebody took away a part of it", async () => {
    const long = Array.from({ length: 240 }, (_, n) => `Line ${n} of what bob has to say.`);
    const { ts } = slackSays("bob", long.join("\n"));
    await world.chats.shows(at.thread, "Line 239 ");
    await world.settled();
    const { discord, guild } = world.chats;
    const shown = discord.visible(at.thread).filter(({ text }) => text.startsWith("**bob**"));
    expect(shown.length).toBeGreaterThan(2);
    guild.deleteMessage(discord.message(at.thread, shown[1]!.id));
    world.chats.bob.edits(world.chats.slackChannel, ts, long.map((line) => `${line}!`).join("\n"));
    await until(async () => inDiscord().length < 2, "the rest to go");
    await world.settled();
    const rows = await world.app.sql<{ state: string }[]>`
      select d.state from deliveries d join thread_messages m on m.id = d.subject_id
      where d.kind = 'remark' and m.thread_id = ${at.threadId} order by d.segment`;
    const [first, ...rest] = rows.map(({ state }) => state);
    expect(first).toBe("sent");
    expect(new Set(rest)).toEqual(new Set(["removed"]));
    world.chats.bob.deletes(world.chats.slackChannel, ts);
    await until(async () => inDiscord().length === 0, "nothing left");
  });

  it("goes whole with its author's deletion where somebody took away its beginning", async () => {
    const long = Array.from({ length: 120 }, (_, n) => `Line ${n} of what bob has to say.`);
    const { ts } = slackSays("bob", long.join("\n"));
    await world.chats.shows(at.thread, "Line 119 ");
    await world.settled();
    await world.app.sql`
      update deliveries d set state = 'removed' from thread_messages m
      where m.id = d.subject_id and m.thread_id = ${at.threadId} and d.kind = 'remark'
        and d.segment = 0`;
    const rest = inDiscord().length;
    world.chats.bob.deletes(world.chats.slackChannel, ts);
    await until(async () => inDiscord().length < rest, "the rest to go");
  });

  it("is shown in chat when it was written in the console", async () => {
    const by = await world.app.engine.people.localMaintainer();
    await world.app.engine.threads.post(at.threadId, { text: "From here, too." }, by);
    await world.chats.shows(at.ts, "From here, too.");
    await world.chats.shows(at.thread, "From here, too.");
    await world.settled();
    const said = `**${by.displayName}** (console): From here, too.`;
    expect(inDiscord()).toEqual([said, "Yes."]);
    expect(inSlack()).toEqual([said, "Yes."]);
  });
});

describe("answers and changes", () => {
  it("appear in both, below what they answer", async () => {
    const asked = ask();
    await world.chats.shows(at.thread, "Yes.");
    await world.chats.shows(at.ts, "Yes.");
    await world.settled();
    expect(inDiscord()).toEqual(["**ada** (Slack): is it so?", "Yes."]);
    expect(inSlack()).toEqual([asked.text, "Yes."]);
    expect(world.provider.requests.at(-1)!.messages.at(-1)!.content).toContain("is it so?");
  });

  it("keep their order while an answer is written", async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    world.provider.script = () => ["The first half ", gate, "and the second."];
    ask();
    await world.chats.shows(at.thread, "first half");
    for (const n of [1, 2, 3]) slackSays("bob", `Meanwhile ${n}.`);
    await until(async () => {
      const rows = await world.app.sql`select 1 from thread_messages where text = 'Meanwhile 3.'`;
      return rows.length > 0;
    }, "the messages");
    open();
    await world.chats.shows(at.thread, "Meanwhile 3.");
    await world.settled();
    expect(inDiscord()).toEqual([
      "**ada** (Slack): is it so?",
      "The first half and the second.",
      ...[1, 2, 3].map((n) => `**bob** (Slack): Meanwhile ${n}.`),
    ]);
  });

  it("are decided anywhere, and every card says so", async () => {
    const { slackChannel, team, ada } = world.chats;
    ada.says(slackChannel, `${team.mention} maintainers add ${world.chats.bob.mention}`, {
      threadTs: at.ts,
    });
    await world.chats.shows(at.thread, " a maintainer: they");
    willPropose(world, [["one minute", "one hour"]]);
    ask();
    await world.chats.shows(at.thread, "one hour");
    await world.chats.shows(at.ts, "one hour");
    await world.settled();
    const card = world.chats.slack
      .visible(slackChannel, at.ts)
      .find(({ fallback }) => fallback.startsWith("Change #"))!;
    await world.chats.bob.clicks(slackChannel, card.ts, "redline:accept");
    await world.chats.shows(at.thread, "Accepted by bob");
    await world.chats.shows(at.ts, "Accepted by bob");
  });
});

describe("what comes twice", () => {
  it("is shown once, and in its order", async () => {
    const { slack, discord } = world.chats;
    const from = slack.deliveries.all.length;
    discord.gateway.repeat(3);
    for (const n of [1, 2, 3]) {
      slackSays("bob", `Slack says ${n}.`);
      discordSays("dirk", `Discord says ${n}.`);
    }
    await world.chats.shows(at.ts, "Discord says 3.");
    await world.chats.shows(at.thread, "Slack says 3.");
    for (const delivery of slack.deliveries.all.slice(from)) await slack.deliveries.again(delivery);
    discord.gateway.repeat(1);
    await world.settled();
    const mirrored = (texts: string[]) => texts.filter((text) => text.startsWith("**"));
    expect(mirrored(inDiscord())).toEqual(
      [1, 2, 3].map((n) => `**bob** (Slack): Slack says ${n}.`),
    );
    expect(mirrored(inSlack())).toEqual(
      [1, 2, 3].map((n) => `**dirk** (Discord): Discord says ${n}.`),
    );
  });
});
