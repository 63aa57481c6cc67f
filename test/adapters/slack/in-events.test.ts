import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { formView } from "../../../adapters/slack/forms.ts";
import type { ChatEvent } from "../../../src/chat/chat-event.ts";
import { HostBusy } from "../../../src/ports.ts";
import type { Sql } from "../../../src/store/database.ts";
import { connect } from "../../../src/store/database.ts";
import { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import { createTestDatabase } from "../../support/database.ts";
import type { TestDatabase } from "../../support/database.ts";
import { until } from "../../support/test-app.ts";
import { Inbound } from "./in-harness.ts";

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 8 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql`truncate inbox`;
});

async function world(
  via: "socket" | "http",
  more: Partial<Parameters<typeof Inbound.start>[0]> = {},
) {
  const slack = await FakeSlack.start();
  const team = slack.addTeam("Acme");
  const ada = team.addUser("ada", { displayName: "Ada" });
  const bob = team.addUser("bob", { displayName: "Bob" });
  const rfcs = team.addChannel("rfcs", { members: [ada, bob] });
  const inbound = await Inbound.start({ sql, slack, team, via, ...more });
  return {
    slack,
    team,
    ada,
    bob,
    rfcs,
    inbound,
    at: (place: string) => ({ platform: "slack" as const, workspaceId: team.id, place }),
    who: (id: string) => ({ platform: "slack" as const, workspaceId: team.id, id }),
    async [Symbol.asyncDispose]() {
      await inbound[Symbol.asyncDispose]();
      await slack.dispose();
    },
  };
}

describe.each(["socket", "http"] as const)("what Slack tells by %s", (via) => {
  it("is one message for a mention, with whom it names", async () => {
    await using w = await world(via);
    const said = w.ada.says(w.rfcs, `${w.team.mention} ask ${w.bob.mention} &amp; link &lt;x&gt;`);
    expect(await w.inbound.settled()).toEqual([
      {
        kind: "message",
        message: {
          at: w.at(`${w.rfcs.id}/${said.ts}`),
          id: said.ts,
          by: w.who(w.ada.id),
          text: "ask @Bob & link <x>",
          quote: null,
          addressed: true,
          mentioned: [w.who(w.bob.id)],
          addressesOther: false,
          isPrivate: false,
          isPublic: true,
          startsThread: true,
        },
      },
    ]);
  });

  it("keeps replies, edits and deletions in the order of their thread", async () => {
    await using w = await world(via);
    const root = w.ada.says(w.rfcs, "First");
    await w.slack.settled();
    const reply = w.bob.says(w.rfcs, "Secnod", { threadTs: root.ts });
    await w.slack.settled();
    w.bob.edits(w.rfcs, reply.ts, "Second");
    await w.slack.settled();
    w.bob.deletes(w.rfcs, reply.ts);
    const events = await w.inbound.settled();
    const place = `${w.rfcs.id}/${root.ts}`;
    expect(
      events.map((event) =>
        event.kind === "deleted"
          ? `deleted ${event.id} ${event.at.place}`
          : event.kind === "message" || event.kind === "edited"
            ? `${event.kind} ${event.message.text} ${event.message.at.place}`
            : event.kind,
      ),
    ).toEqual([
      `message First ${place}`,
      `message Secnod ${place}`,
      `edited Second ${place}`,
      `deleted ${reply.ts} ${place}`,
    ]);
  });

  it("knows direct messages as one place, and threads in them as their own", async () => {
    await using w = await world(via);
    const dm = w.team.directMessages(w.ada);
    const first = w.ada.says(dm, "hello");
    w.ada.says(dm, "in a thread", { threadTs: first.ts });
    const messages = (await w.inbound.settled()).flatMap((event) =>
      event.kind === "message" ? [event.message] : [],
    );
    expect(messages.map(({ at }) => at.place).toSorted()).toEqual(
      [`${dm.id}/dm`, `${dm.id}/${first.ts}`].toSorted(),
    );
    for (const message of messages) {
      expect(message).toMatchObject({ addressed: true, isPrivate: true, startsThread: false });
    }
  });

  it("hears commands, which get an empty answer at once", async () => {
    await using w = await world(via);
    const delivery = await w.ada.runsCommand("/rfc", `maintainers add <@${w.bob.id}|bob>`, w.rfcs);
    expect(delivery).toMatchObject({ state: "acknowledged", response: {} });
    expect(await w.inbound.settled()).toEqual([
      {
        kind: "command",
        at: null,
        channel: w.rfcs.id,
        isPrivate: false,
        isPublic: true,
        by: w.who(w.ada.id),
        text: `maintainers add <@${w.bob.id}>`,
        reply: {
          channel: w.rfcs.id,
          thread: null,
          trigger: expect.any(String),
          responseUrl: expect.stringContaining("http"),
        },
      },
    ]);
  });

  it("hears the shortcut with the message that it is used on", async () => {
    await using w = await world(via);
    const said = w.bob.says(w.rfcs, "Quote me &amp; all:\n&gt; one\ntoo");
    await w.ada.usesShortcut("discuss_in_rfc", said);
    const event = (await w.inbound.settled()).find(({ kind }) => kind === "discuss");
    expect(event).toMatchObject({
      by: w.who(w.ada.id),
      message: { id: said.ts, by: w.who(w.bob.id), text: "Quote me & all:\n> one\ntoo" },
      reply: { channel: w.rfcs.id, thread: null },
    });
  });

  it("ignores bots, what the app says, joins and unfurls", async () => {
    await using w = await world(via);
    w.team.addBot("other").says(w.rfcs, `${w.team.mention} beep`);
    w.slack.world.post(w.rfcs, w.team.state.users.get(w.team.botUserId)!, {
      text: "my own",
      threadTs: null,
      blocks: null,
      isBroadcast: false,
    });
    w.team.join(w.rfcs, w.bob.id);
    expect(await w.inbound.settled()).toEqual([]);
    expect(await sql`select 1 from inbox`).toHaveLength(0);
    expect(w.slack.deliveries.all.every(({ state }) => state === "acknowledged")).toBe(true);
  });

  it("counts once what comes again, also while it is at work", async () => {
    await using w = await world(via);
    w.ada.says(w.rfcs, "once");
    await w.slack.settled();
    for (const delivery of w.slack.deliveries.all) {
      expect((await w.slack.deliveries.again(delivery)).status).toBe(200);
    }
    expect(await w.inbound.settled()).toHaveLength(1);
  });

  it("takes a message of 40,000 characters, and text that the database does not", async () => {
    await using w = await world(via);
    const long = "ä".repeat(40_000);
    w.ada.says(w.rfcs, long);
    w.ada.says(w.rfcs, "a\u0000b\ud800c");
    const texts = (await w.inbound.settled()).map(
      (event) => event.kind === "message" && event.message.text,
    );
    expect(new Set(texts)).toEqual(new Set(["a\uFFFDb\uFFFDc", long]));
  });

  it("says when somebody stops, opens the home, or deletes the channel", async () => {
    await using w = await world(via);
    const tell = (event: Record<string, unknown>) =>
      w.slack.world.tell({ kind: "plain", team: w.team.state, channel: w.rfcs, event });
    tell({
      type: "agent_session_stopped",
      channel: w.rfcs.id,
      thread_ts: "1.000001",
      user: w.ada.id,
      streaming_message_ts: [],
    });
    tell({ type: "app_home_opened", user: w.ada.id, channel: "D1", tab: "home" });
    tell({ type: "app_home_opened", user: w.ada.id, channel: "D1", tab: "messages" });
    w.team.deleteChannel(w.rfcs);
    const events = await w.inbound.settled();
    expect(events.toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([
      { kind: "home", by: w.who(w.ada.id) },
      {
        kind: "place_gone",
        at: { platform: "slack", workspaceId: w.team.id },
        channel: w.rfcs.id,
      },
      { kind: "stopped", at: w.at(`${w.rfcs.id}/1.000001`), by: w.who(w.ada.id) },
    ]);
  });
});

describe("a channel", () => {
  it("that is private and deleted is gone", async () => {
    await using w = await world("http");
    const event = { type: "group_deleted", channel: w.rfcs.id, actor_id: w.ada.id };
    w.slack.world.tell({ kind: "plain", team: w.team.state, channel: w.rfcs, event });
    const at = { platform: "slack", workspaceId: w.team.id };
    expect(await w.inbound.settled()).toEqual([{ kind: "place_gone", at, channel: w.rfcs.id }]);
  });

  it.each(["public", "private"] as const)("that is %s and left may come back", async (kind) => {
    await using w = await world("http");
    const channel = w.team.addChannel("more", { kind });
    w.team.leave(channel, w.team.botUserId);
    expect(await w.inbound.settled()).toEqual([]);
    const said = w.inbound.log.find(({ message }) => message.includes("removed from a channel"));
    expect(said).toMatchObject({ fields: { workspaceId: w.team.id, channel: channel.id } });
  });
});

describe("buttons and forms", () => {
  it("come with what they stand for", async () => {
    await using w = await world("socket");
    const blocks = [
      {
        type: "actions",
        elements: [
          {
            type: "button",
            action_id: "redline:accept",
            value: "ref-1",
            text: { type: "plain_text", text: "Accept" },
          },
          {
            type: "button",
            action_id: "redline:open",
            url: "https://example.com",
            text: { type: "plain_text", text: "Open" },
          },
        ],
      },
    ];
    const bot = w.team.state.users.get(w.team.botUserId)!;
    const root = w.ada.says(w.rfcs, "root");
    const card = w.slack.world.post(w.rfcs, bot, {
      text: "card",
      threadTs: root.ts,
      blocks,
      isBroadcast: false,
    });
    await w.ada.clicks(w.rfcs, card.ts, "redline:open");
    await w.ada.clicks(w.rfcs, card.ts, "redline:accept");
    const presses = (await w.inbound.settled()).filter(({ kind }) => kind === "pressed");
    expect(presses).toEqual([
      {
        kind: "pressed",
        action: "accept",
        ref: "ref-1",
        choice: null,
        by: w.who(w.ada.id),
        reply: {
          channel: w.rfcs.id,
          thread: root.ts,
          trigger: expect.any(String),
          responseUrl: expect.any(String),
        },
      },
    ]);
  });

  it("are sent off with their values, and close at once", async () => {
    await using w = await world("http");
    const reply = { channel: w.rfcs.id, thread: "1.000001", trigger: null, responseUrl: null };
    const view = formView(
      {
        kind: "decline",
        ref: "ref-2",
        title: "Decline",
        submit: "Decline",
        fields: [
          {
            kind: "text",
            name: "reason",
            label: "Reason",
            value: "",
            multiline: true,
            required: false,
            maxLength: 500,
          },
        ],
      },
      reply,
    );
    const delivery = await w.slack.deliveries.send("interactive", "view_submission", {
      type: "view_submission",
      token: "verification-token",
      team: { id: w.team.id },
      user: { id: w.ada.id },
      trigger_id: "1.2.3",
      view: { ...view, id: "V1", state: { values: { reason: { value: { value: "Too vague" } } } } },
    });
    expect(delivery).toMatchObject({ state: "acknowledged", response: {} });
    expect(await w.inbound.settled()).toEqual([
      {
        kind: "submitted",
        form: "decline",
        ref: "ref-2",
        values: { reason: "Too vague" },
        by: w.who(w.ada.id),
        reply: { ...reply, trigger: "1.2.3" },
      },
    ]);
  });
});

describe("when things go wrong", () => {
  it("hears nothing from a workspace that it is not installed in, and goes on", async () => {
    await using w = await world("http");
    const stranger = w.slack.addTeam("Other");
    const eve = stranger.addUser("eve");
    eve.says(stranger.addChannel("x", { members: [eve] }), "hello?");
    w.ada.says(w.rfcs, "here");
    expect(await w.inbound.settled()).toMatchObject([{ message: { text: "here" } }]);
    expect(JSON.stringify(w.inbound.log)).toContain("not installed");
  });

  it("works an event off once the platform has time again", async () => {
    const seen: ChatEvent[] = [];
    let tries = 0;
    await using w = await world("socket", {
      handle: async (event) => {
        tries += 1;
        if (tries === 1) throw new HostBusy("busy", new Date(Date.now() + 50));
        seen.push(event);
      },
    });
    w.ada.says(w.rfcs, "patience");
    await w.slack.settled();
    await sql`update inbox set due_at = now()`;
    await until(async () => {
      await sql`update inbox set due_at = now() where state = 'waiting' and lease_until is null`;
      w.bob.says(w.rfcs, "something else");
      return seen.some((event) => event.kind === "message" && event.message.text === "patience");
    });
  });

  it("has envelopes sent again over a new connection when the first is lost", async () => {
    await using w = await world("socket");
    w.ada.says(w.rfcs, "before");
    await w.inbound.settled();
    w.slack.sockets.drop();
    await until(async () => w.slack.sockets.size > 0, "another connection");
    w.ada.says(w.rfcs, "after");
    const events = await w.inbound.settled();
    expect(events.map((event) => event.kind === "message" && event.message.text)).toEqual([
      "before",
      "after",
    ]);
  });
});
