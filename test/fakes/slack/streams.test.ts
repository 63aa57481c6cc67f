/** What may be streamed, for how long and how much: with the real WebClient and its ChatStreamer. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { WebClient } from "@slack/web-api";

import { codeOf, webClient } from "./clients.ts";
import { FakeSlack } from "./fake-slack.ts";
import type { FakeTeam } from "./fake-team.ts";
import type { FakeUser } from "./fake-user.ts";
import type { Channel } from "./model.ts";

let slack: FakeSlack;
let team: FakeTeam;
let ada: FakeUser;
let rfcs: Channel;
let web: WebClient;
let thread_ts: string;
let where: {
  channel: string;
  thread_ts: string;
  recipient_user_id: string;
  recipient_team_id: string;
};

beforeEach(async () => {
  slack = await FakeSlack.start({ timing: { ackTimeout: 1, retryDelays: [] } });
  team = slack.addTeam("Acme");
  ada = team.addUser("ada");
  rfcs = team.addChannel("rfcs", { members: [ada] });
  web = webClient(slack, team.botToken);
  thread_ts = ada.says(rfcs, `${team.mention} go on`).ts;
  where = {
    channel: rfcs.id,
    thread_ts,
    recipient_user_id: ada.id,
    recipient_team_id: team.id,
  };
});
afterEach(async () => await slack.dispose());

const start = async (markdown_text?: string): Promise<{ channel: string; ts: string }> => {
  const begun = await web.chat.startStream({
    ...where,
    ...(markdown_text !== undefined && { markdown_text }),
  });
  return { channel: rfcs.id, ts: begun.ts ?? "" };
};

describe("a stream", () => {
  it("grows, is live, and ends with blocks", async () => {
    const stream = await start("One ");
    await web.chat.appendStream({ ...stream, markdown_text: "two " });
    expect(slack.visible(rfcs, thread_ts).at(-1)).toMatchObject({
      text: "One two ",
      state: "live",
    });
    const blocks = [
      { type: "section" as const, text: { type: "mrkdwn" as const, text: "*Done*" } },
    ];
    await web.chat.stopStream({ ...stream, markdown_text: "three", blocks });
    expect(slack.visible(rfcs, thread_ts).at(-1)).toMatchObject({
      text: "One two three\n*Done*",
      state: "finished",
    });
    expect(await codeOf(web.chat.appendStream({ ...stream, markdown_text: "x" }))).toBe(
      "message_not_in_streaming_state",
    );
  });

  it("is what the SDK's ChatStreamer writes", async () => {
    const streamer = web.chatStream({ ...where, buffer_size: 1 });
    await streamer.append({ markdown_text: "Hello " });
    await streamer.append({ markdown_text: "there" });
    await streamer.stop();
    expect(slack.visible(rfcs, thread_ts).at(-1)).toMatchObject({
      text: "Hello there",
      state: "finished",
    });
  });

  it("needs whom it is for in a channel, and not in direct messages", async () => {
    const channel = rfcs.id;
    const { recipient_user_id } = where;
    expect(await codeOf(web.chat.startStream({ channel, thread_ts }))).toBe(
      "missing_recipient_user_id",
    );
    expect(await codeOf(web.chat.startStream({ channel, thread_ts, recipient_user_id }))).toBe(
      "missing_recipient_team_id",
    );
    const direct = team.directMessages(ada);
    const parent = ada.says(direct, "hi");
    await web.chat.startStream({ channel: direct.id, thread_ts: parent.ts });
  });

  it("dies of age, whatever is appended", async () => {
    const stream = await start("One");
    slack.clock.advance(299_000);
    await web.chat.appendStream({ ...stream, markdown_text: " two" });
    const text = "x";
    expect(await codeOf(web.chat.update({ ...stream, text }))).toBe("streaming_state_conflict");
    slack.clock.advance(2_000);
    expect(await codeOf(web.chat.appendStream({ ...stream, markdown_text: "x" }))).toBe(
      "message_not_in_streaming_state",
    );
    expect(await codeOf(web.chat.stopStream(stream))).toBe("message_not_in_streaming_state");
    expect(slack.visible(rfcs, thread_ts).at(-1)).toMatchObject({
      text: "One two",
      state: "expired",
    });
    await web.chat.update({ ...stream, text });
  });

  it("holds so many bytes in all, and so many characters at once", async () => {
    const stream = await start("é".repeat(5_000));
    expect(await codeOf(web.chat.appendStream({ ...stream, markdown_text: "é".repeat(301) }))).toBe(
      "msg_too_long",
    );
    await web.chat.appendStream({ ...stream, markdown_text: "é".repeat(300) });
    expect(await codeOf(start("x".repeat(12_001)))).toBe("msg_too_long");
  });

  it("is stopped by a person, and the app is told", async () => {
    const stream = await start("One");
    slack.deliveries.hold();
    ada.stopsStreaming(rfcs, stream.ts);
    expect(slack.deliveries.all.at(-1)?.payload["event"]).toMatchObject({
      type: "agent_session_stopped",
      user: ada.id,
      thread_ts,
      streaming_message_ts: [stream.ts],
    });
    expect(await codeOf(web.chat.appendStream({ ...stream, markdown_text: "x" }))).toBe(
      "stopped_by_user",
    );
    expect(slack.visible(rfcs, thread_ts).at(-1)).toMatchObject({ text: "One", state: "stopped" });
    const status = "closed";
    await web.apiCall("agents.sessions.setStatus", { channel_id: rfcs.id, thread_ts, status });
    expect(slack.session(rfcs, thread_ts)).toMatchObject({ status });
  });

  it("shows tasks, whose titles are replaced and whose details grow", async () => {
    const stream = await start();
    const task = { type: "task_update" as const, id: "t1" };
    const chunks = [
      { type: "plan_update" as const, title: "The plan" },
      { ...task, title: "Reading", status: "in_progress" as const, details: "a" },
    ];
    await web.chat.appendStream({ ...stream, chunks });
    const done = { ...task, title: "Read", status: "complete", details: "b" };
    await web.chat.appendStream({ ...stream, chunks: [done] } as never);
    const [last] = slack.visible(rfcs, thread_ts).slice(-1);
    expect(last?.tasks).toMatchObject([{ title: "Read", status: "complete", details: "ab" }]);
    expect(last?.text).toContain("The plan");
    for (const wrong of [{ ...done, status: "done" }, { ...done, id: "" }, { type: "tusk" }]) {
      expect(await codeOf(web.chat.appendStream({ ...stream, chunks: [wrong] } as never))).toBe(
        "invalid_chunks",
      );
    }
    const both = { chunks: [done], markdown_text: "x" };
    expect(await codeOf(web.chat.appendStream({ ...stream, ...both } as never))).toBe(
      "invalid_arguments",
    );
    expect(await codeOf(web.apiCall("chat.appendStream", stream))).toBe("no_text");
  });

  it("pings once, though a mark comes in two pieces", async () => {
    const stream = await start(`<@${ada.id.slice(0, 4)}`);
    expect(slack.pings).toEqual([]);
    await web.chat.appendStream({ ...stream, markdown_text: `${ada.id.slice(4)}> ` });
    await web.chat.stopStream({ ...stream, markdown_text: "and more" });
    expect(slack.pings).toMatchObject([{ kind: "user", id: ada.id, by: "stream" }]);
  });

  it("tells its events: a message, then one change", async () => {
    const stream = await start("One");
    const before = slack.deliveries.all.length;
    await web.chat.appendStream({ ...stream, markdown_text: " two" });
    expect(slack.deliveries.all).toHaveLength(before);
    await web.chat.stopStream(stream);
    const [changed] = slack.deliveries.all.slice(before).map((one) => one.payload["event"]);
    expect(changed).toMatchObject({
      subtype: "message_changed",
      message: { text: "One two", bot_id: team.installed.botId },
    });
  });
});
