import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readEnvelope } from "../../../adapters/slack/envelopes.ts";
import { decodeText, rawTextOf, readText } from "../../../adapters/slack/envelopes-text.ts";
import { formatPlace, parsePlace } from "../../../adapters/slack/place.ts";

const NAMES = new Map([["U1", "Ada"]]);

describe("Slack's text", () => {
  it.each([
    ["a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"],
    ["&amp;lt;", "&lt;"],
    ["<@U1> and <@U1|ada> and <@U2>", "@Ada and @Ada and <@U2>"],
    ["<#C1|general> <#C2> <#C3|>", "#general #C2 #C3"],
    ["<!here> <!channel> <!everyone>", "@here @channel @everyone"],
    ["<!subteam^S1|@team> <!subteam^S2>", "@team @S2"],
    ["<!date^1392734382^Posted {date}|Feb 18, 2014>", "Feb 18, 2014"],
    ["<https://example.com/a?b=1&amp;c=2>", "https://example.com/a?b=1&c=2"],
    ["<http://example.com|example.com>", "example.com"],
    ["<mailto:a@b.c|a@b.c>", "a@b.c"],
    ["<https://example.com|the &lt;doc&gt;>", "[the <doc>](https://example.com)"],
    ["`if (a &lt; b)` <", "`if (a < b)` <"],
  ])("%j says %j", (raw, says) => {
    expect(decodeText(raw, NAMES)).toBe(says);
  });

  it("gives back what was typed, whatever it was", () => {
    const typed = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(typed, (text) => {
        const sent = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        expect(decodeText(sent, NAMES)).toBe(text);
      }),
    );
  });

  it.each([
    ["<@UB> status", { addressed: true, body: "status", quote: null, addressesOther: false }],
    ["<@UB|redline>: status", { addressed: true, body: "status" }],
    ["hey <@UB> status", { addressed: true, body: "hey <@UB> status" }],
    ["<@U1> look", { addressed: false, addressesOther: true, body: "<@U1> look" }],
    ["<!subteam^S1|@team> look", { addressesOther: true }],
    ["<@UB> <@U1> look", { addressed: true, addressesOther: true }],
    ["&gt; one\n&gt; two\n<@UB> why?", { quote: "one\ntwo", body: "why?", addressed: true }],
    ["<@UB>\n&gt;one\nwhy?", { quote: "one", body: "why?", addressed: true }],
    ["<@UB> look:\n&gt; one\nwhy?", { quote: "one", body: "look:\nwhy?" }],
    ["<@UB> look:\n&gt; one\nand\n &gt;two", { quote: "one\ntwo", body: "look:\nand" }],
    ["<@UB> why?\n&gt;&gt;&gt;one\n\ntwo", { quote: "one\n\ntwo", body: "why?" }],
    ["&gt; one &lt;b&gt;\n<@UB|redline> why?", { quote: "one &lt;b&gt;", body: "why?" }],
    ["<@UB> so\n```\n&gt; code\n```\n&gt; one", { quote: "one", body: "so\n```\n&gt; code\n```" }],
    ["&gt;\n<@UB> why?", { quote: null, body: "why?" }],
    ["a &gt; b", { quote: null, body: "a &gt; b" }],
    ["<@UBX> hi", { addressed: false, addressesOther: true }],
  ])("%j is taken apart", (raw, parts) => {
    expect(readText(raw, "UB")).toMatchObject(parts);
  });

  it("comes out of the blocks where there is none", () => {
    const section = (...elements: object[]) => ({ type: "rich_text_section", elements });
    const blocks = [
      {
        type: "rich_text",
        elements: [
          section(
            { type: "text", text: "a < b " },
            { type: "user", user_id: "U1" },
            { type: "link", url: "https://x.y", text: "x" },
          ),
          { type: "rich_text_quote", elements: [{ type: "text", text: "said" }] },
          { type: "rich_text_list", elements: [section({ type: "text", text: "one" })] },
        ],
      },
    ];
    expect(rawTextOf({ text: "", blocks })).toBe("a &lt; b <@U1><https://x.y|x>\n&gt; said\n• one");
    expect(rawTextOf({ text: "plain", blocks })).toBe("plain");
    expect(rawTextOf({ files: [{ name: "a.png" }] })).toBe("[a.png]");
  });
});

describe("an envelope", () => {
  const event = (more: object, outer: object = {}) => ({
    type: "event_callback",
    team_id: "T1",
    event_id: "Ev1",
    authorizations: [{ team_id: "T1", user_id: "UB", is_bot: true }],
    event: { type: "message", channel: "C1", user: "U1", text: "hi", ts: "2.0", ...more },
    ...outer,
  });

  it("of a mention has the id of its message", () => {
    const [one, two] = [event({}), event({ type: "app_mention" }, { event_id: "Ev2" })];
    expect(readEnvelope(one)?.eventId).toBe("T1/C1/2.0");
    expect(readEnvelope(two)?.eventId).toBe("T1/C1/2.0");
  });

  it.each<[string, object, object?]>([
    ["the app's own message", { user: "UB" }],
    ["another bot's message", { bot_id: "B1" }],
    ["a join", { subtype: "channel_join" }],
    ["Slackbot", { user: "USLACKBOT" }],
    [
      "an unfurl",
      {
        subtype: "message_changed",
        message: { user: "U1", text: "x", ts: "1.0", attachments: [{}] },
        previous_message: { user: "U1", text: "x", ts: "1.0" },
      },
    ],
    ["a type that nobody hears", { type: "reaction_added" }],
    ["no workspace", {}, { team_id: "", authorizations: [] }],
  ])("is left out: %s", (_, more, outer) => {
    expect(readEnvelope(event(more, outer))).toBeNull();
  });

  it("of a gravestone is a deletion", () => {
    const gravestone = {
      subtype: "message_changed",
      message: {
        subtype: "tombstone",
        user: "USLACKBOT",
        text: "deleted",
        ts: "1.0",
        thread_ts: "1.0",
      },
      previous_message: { user: "U1", text: "x", ts: "1.0", thread_ts: "1.0" },
    };
    expect(readEnvelope(event(gravestone))).toMatchObject({
      lane: "T1/C1/1.0",
      payload: { event: { subtype: "message_deleted", deleted_ts: "1.0" } },
    });
  });

  it("of a press, a form or a shortcut waits for nothing else of the person; commands keep their order", () => {
    const from = { user: { id: "U1" }, team: { id: "T1" } };
    const lane = (body: object) => readEnvelope(body)!.lane;
    const press = (trigger_id: string) =>
      lane({
        ...from,
        type: "block_actions",
        actions: [{ action_id: "redline:accept" }],
        trigger_id,
      });
    const view = { callback_id: "redline:ask" };
    const form = (trigger_id: string) =>
      lane({ ...from, type: "view_submission", view, trigger_id });
    const discuss = (trigger_id: string) =>
      lane({
        ...from,
        type: "message_action",
        callback_id: "discuss_in_rfc",
        message: { user: "U1", text: "x", ts: "1.0" },
        trigger_id,
      });
    const command = (trigger_id: string) =>
      lane({ command: "/rfc", team_id: "T1", user_id: "U1", trigger_id });
    expect(command("1")).toBe(command("2"));
    const lanes = [command("1"), press("2"), press("3"), form("4"), form("5"), discuss("6")];
    expect(new Set(lanes).size).toBe(lanes.length);
    // Sent again, it is the same.
    expect(press("2")).toBe(lanes[1]);
  });

  it("keeps neither Slack's token nor blocks that say the same", () => {
    const read = readEnvelope(event({ blocks: [{ type: "rich_text" }] }, { token: "secret" }));
    expect(JSON.stringify(read)).not.toMatch(/secret|rich_text/);
  });

  it("of whatever shape is read or left out, and is storable", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (body, inner) => {
        for (const given of [body, event({ message: inner, text: inner, subtype: body })]) {
          const read = readEnvelope(given);
          if (read) expect(JSON.stringify(read)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
        }
      }),
    );
  });
});

describe("a place", () => {
  it("has a name, and the name a place", () => {
    expect(formatPlace({ channel: "C1", thread: "1.2" })).toBe("C1/1.2");
    expect(parsePlace("C1/1.2")).toEqual({ channel: "C1", thread: "1.2" });
    expect(parsePlace(formatPlace({ channel: "D1", thread: null }))).toEqual({
      channel: "D1",
      thread: null,
    });
    expect(["", "C1", "C1/", "/1", "C1/1/2"].map(parsePlace)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
