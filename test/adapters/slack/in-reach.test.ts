import { describe, expect, it } from "vitest";
import {
  readCommand,
  readDiscuss,
  readMessage,
  readPress,
  readSubmission,
} from "../../../adapters/slack/bolt-app-events.ts";
import type { Reading } from "../../../adapters/slack/bolt-app-events.ts";
import { readEnvelope } from "../../../adapters/slack/envelopes.ts";
import type { Json } from "../../../src/json.ts";

const reading: Reading = { workspaceId: "T1", botUserId: "UBOT", nameOf: async (id) => id };

/** As it is stored, so that what is read is kept. */
function stored(body: Json): Json {
  return readEnvelope(body)!.payload as Json;
}

function said(event: Json): Json {
  const whole = { type: "message", user: "U1", ts: "1.1", channel: "C1", text: "Hi", ...event };
  const authorizations = [{ team_id: "T1", user_id: "UBOT", is_bot: true }];
  const body = { type: "event_callback", team_id: "T1", authorizations, event: whole };
  return stored(body)["event"] as Json;
}

const command = (more: Json): Json =>
  stored({
    command: "/rfc",
    text: "link rfc",
    team_id: "T1",
    user_id: "U1",
    trigger_id: "t",
    ...more,
  });

const interaction = (more: Json): Json =>
  stored({
    team: { id: "T1" },
    user: { id: "U1", team_id: "T1" },
    trigger_id: "t",
    channel: { id: "C1", name: "general" },
    ...more,
  });

describe("who may read along", () => {
  it.each([
    ["channel", { isPublic: true }],
    ["group", { isPublic: false }],
    ["mpim", { isPublic: false }],
  ])("is told by the kind of channel: %s", async (channel_type, expected) => {
    const event = await readMessage(said({ channel_type }), reading);
    expect(event).toMatchObject({ message: expected });
  });

  it("is not known of a mention", async () => {
    const event = await readMessage(said({ type: "app_mention", text: "<@UBOT> Hi" }), reading);
    expect(event).not.toHaveProperty("message.isPublic");
  });

  it.each([
    ["C1", "general", true],
    ["C1", "privategroup", false],
    ["C1", "mpdm-ann--bob-1", false],
    ["G1", "general", false],
    ["D1", "directmessage", false],
    ["C1", undefined, false],
  ])("is told by a command's channel %s named %s", async (channel_id, channel_name, isPublic) => {
    expect(await readCommand(command({ channel_id, channel_name }), reading)).toMatchObject({
      isPublic,
    });
  });

  it("is told by a shortcut's channel", async () => {
    const discussed = async (name: string) => {
      const message = { type: "message", user: "U2", ts: "1.1", text: "Slow." };
      const body = interaction({
        type: "message_action",
        callback_id: "discuss_in_rfc",
        channel: { id: "C1", name },
        message,
      });
      return readDiscuss(body, reading);
    };
    expect(await discussed("general")).toMatchObject({ message: { isPublic: true } });
    expect(await discussed("privategroup")).toMatchObject({ message: { isPublic: false } });
  });
});

describe("people of another workspace", () => {
  it.each(["user_team", "source_team"])("are told by %s of what they say", async (field) => {
    const event = await readMessage(said({ [field]: "T2" }), reading);
    expect(event).toMatchObject({ message: { by: { id: "U1", isOutsider: true } } });
    const own = await readMessage(said({ [field]: "T1" }), reading);
    expect(own).not.toHaveProperty("message.by.isOutsider");
  });

  it("are told by their team in what they press and send off", () => {
    const press = (team_id: string) => {
      const action = { action_id: "redline:accept", value: "ref" };
      const body = interaction({
        type: "block_actions",
        user: { id: "U1", team_id },
        actions: [action],
      });
      return readPress(body, action, reading);
    };
    expect(press("T2")).toMatchObject({ by: { isOutsider: true } });
    expect(press("T1")).not.toHaveProperty("by.isOutsider");
    const foreign = interaction({ type: "view_submission", view: { callback_id: "others:form" } });
    expect(readSubmission(foreign, reading)).toBeNull();
  });
});
