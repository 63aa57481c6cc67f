import { describe, expect, it } from "vitest";

import { readAsker } from "../../../adapters/slack/asker.ts";
import { readEnvelope } from "../../../adapters/slack/envelopes.ts";
import { formView } from "../../../adapters/slack/forms.ts";

const TEAM = "T1";
const BOT = "UBOT";
const ADA = { platform: "slack", workspaceId: TEAM, id: "UADA" };
const URL = "https://hooks.slack.test/1";

/** As it is read after it was stored. */
function stored(body: object): { lane: string; payload: unknown } {
  const event = readEnvelope(body)!;
  return { lane: event.lane, payload: JSON.parse(JSON.stringify(event.payload)) };
}
const asked = (body: object) => readAsker(stored(body).payload);
const eventWith = (event: object) => ({
  type: "event_callback",
  team_id: TEAM,
  event_id: "Ev1",
  authorizations: [{ team_id: TEAM, user_id: BOT, is_bot: true }],
  event,
});
const message = (text: string, more: object = {}) => ({
  type: "message",
  user: ADA.id,
  ts: "2.000001",
  channel: "C1",
  channel_type: "channel",
  text,
  ...more,
});
const reply = (more: object = {}) => ({
  channel: "C1",
  thread: null,
  trigger: null,
  responseUrl: null,
  ...more,
});

describe("who waits for an answer", () => {
  it("is who addressed Redline, where they did", () => {
    expect(asked(eventWith(message(`<@${BOT}> hello`)))).toEqual({
      by: ADA,
      reply: reply(),
      inPassing: null,
    });
    const inThread = message(`so, <@${BOT}>`, { thread_ts: "1.000001" });
    expect(asked(eventWith(inThread))).toEqual({
      by: ADA,
      reply: reply({ thread: "1.000001" }),
      inPassing: null,
    });
    const edited = {
      type: "message",
      subtype: "message_changed",
      channel: "C1",
      channel_type: "channel",
      message: inThread,
      previous_message: { ...inThread, text: "before" },
    };
    expect(asked(eventWith(edited))).toMatchObject({
      by: ADA,
      reply: { thread: "1.000001" },
      inPassing: null,
    });
  });

  it("is who wrote to it directly", () => {
    const direct = message("hello", { channel: "D1", channel_type: "im" });
    expect(asked(eventWith(direct))).toEqual({
      by: ADA,
      reply: reply({ channel: "D1" }),
      inPassing: null,
    });
  });

  it("is who spoke to others only where a thread is held", () => {
    expect(asked(eventWith(message("hello", { thread_ts: "1.000001" })))).toMatchObject({
      by: ADA,
      inPassing: { platform: "slack", workspaceId: TEAM, place: "C1/1.000001" },
    });
    expect(asked(eventWith(message("hello <@UBOB>")))).toMatchObject({
      inPassing: { place: "C1/2.000001" },
    });
  });

  it("is who gave a command, pressed a button or used the shortcut", () => {
    const user = { id: ADA.id };
    const team = { id: TEAM };
    const channel = { id: "C1" };
    const command = {
      command: "/rfc",
      text: "status",
      team_id: TEAM,
      user_id: ADA.id,
      channel_id: "C1",
      trigger_id: "1.1",
      response_url: URL,
    };
    const there = { by: ADA, reply: reply({ responseUrl: URL }), inPassing: null };
    expect(asked(command)).toEqual(there);
    const press = {
      type: "block_actions",
      team,
      user,
      channel,
      trigger_id: "1.2",
      response_url: URL,
      container: { channel_id: "C1", thread_ts: "1.000001" },
      actions: [{ action_id: "redline:accept", value: "ref" }],
    };
    expect(asked(press)).toEqual({
      ...there,
      reply: reply({ thread: "1.000001", responseUrl: URL }),
    });
    const atHome = { ...press, channel: undefined, container: { type: "view" }, response_url: "" };
    expect(asked(atHome)?.reply).toMatchObject({ channel: ADA.id, thread: null });
    const shortcut = {
      type: "message_action",
      callback_id: "discuss_in_rfc",
      team,
      user,
      channel,
      trigger_id: "1.3",
      response_url: URL,
      message: { ts: "3.000001", thread_ts: "1.000001", user: "UBOB", text: "x" },
    };
    expect(asked(shortcut)).toEqual({
      ...there,
      reply: reply({ thread: "1.000001", responseUrl: URL }),
    });
  });

  it("is who sent a form off, where it was opened", () => {
    const opened = { channel: "C1", thread: "1.000001", trigger: "1.1", responseUrl: URL };
    const view = formView(
      { kind: "decline", ref: "r", title: "Decline", submit: "Decline", fields: [] },
      opened,
    );
    const body = {
      type: "view_submission",
      team: { id: TEAM },
      user: { id: ADA.id },
      trigger_id: "1.4",
      view: { ...view, id: "V1", state: { values: {} } },
    };
    expect(asked(body)).toEqual({ by: ADA, reply: { ...opened, trigger: null }, inPassing: null });
  });

  it("is who opened the home, or stopped an answer", () => {
    const home = { type: "app_home_opened", user: ADA.id, channel: "D1", tab: "home" };
    expect(asked(eventWith(home))).toMatchObject({ by: ADA, reply: { channel: "D1" } });
    const stop = {
      type: "agent_session_stopped",
      user: ADA.id,
      channel: "C1",
      thread_ts: "1.000001",
    };
    expect(asked(eventWith(stop))).toMatchObject({ by: ADA, reply: { thread: "1.000001" } });
  });

  it("is nobody where Slack tells something, or where a message was deleted", () => {
    expect(asked(eventWith({ type: "channel_deleted", channel: "C1" }))).toBeNull();
    const deleted = {
      type: "message",
      subtype: "message_deleted",
      channel: "D1",
      channel_type: "im",
      deleted_ts: "2.000001",
      previous_message: message("hello"),
    };
    expect(asked(eventWith(deleted))).toBeNull();
    expect(readAsker({})).toBeNull();
    expect(readAsker(null)).toBeNull();
  });
});

it("keeps the home from holding up what a person presses", () => {
  const home = { type: "app_home_opened", user: ADA.id, channel: "D1", tab: "home" };
  expect(stored(eventWith(home)).lane).toBe(`${TEAM}/${ADA.id}/home`);
});
