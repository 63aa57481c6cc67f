/** Which of the world's happenings the app is told, in Slack's shapes. */
import { randomBytes } from "node:crypto";

import type { Channel, Json, Message, TeamState } from "./model.ts";
import { CHANNEL_TYPES } from "./model.ts";
import { messageJson } from "./show.ts";
import type { World, WorldEvent } from "./world.ts";

/** What a person's own event needs, beside being in the channel. */
const SCOPES: Record<string, readonly string[]> = {
  agent_session_stopped: ["chat:write"],
  assistant_thread_started: ["assistant:write"],
  assistant_thread_context_changed: ["assistant:write"],
  reaction_added: ["reactions:read"],
  reaction_removed: ["reactions:read"],
  channel_left: ["channels:read"],
  group_left: ["groups:read"],
};

/** Told to an app though it is not there. */
const ANYWHERE = new Set([
  "channel_deleted",
  "channel_archive",
  "channel_left",
  "group_left",
  "member_left_channel",
  "app_home_opened",
]);

/** The events of one happening, in the order in which Slack sends them. */
export function eventsOf(world: World, happening: WorldEvent): Json[] {
  if (happening.kind === "plain") return plainEvents(world, happening);
  const message = happening.kind === "deleted" ? happening.before : happening.message;
  const team = world.team(message.teamId);
  const channel = team.channels.get(message.channelId);
  if (!channel || !team.install || !world.hasBot(channel)) return [];
  const { event: type, history } = CHANNEL_TYPES[channel.kind];
  const canRead = team.install.scopes.includes(history);
  const event = { ...messageEvent(world, happening), channel: channel.id, channel_type: type };
  return [...(canRead ? [event] : []), ...mentions(world, team, channel, happening, event)];
}

function plainEvents(
  world: World,
  { team, channel, event }: WorldEvent & { kind: "plain" },
): Json[] {
  const type = String(event["type"]);
  const { install } = team;
  // What ends the installation is told after it.
  if (type === "app_uninstalled" || type === "tokens_revoked") return [event];
  if (!install) return [];
  if (channel && !ANYWHERE.has(type) && !world.hasBot(channel)) return [];
  if (!(SCOPES[type] ?? []).every((scope) => install.scopes.includes(scope))) return [];
  return [event];
}

function messageEvent(
  world: World,
  happening: WorldEvent & { kind: "posted" | "changed" | "deleted" },
): Json {
  if (happening.kind === "posted") {
    const { message } = happening;
    const shown = messageJson(world, message);
    const isPerson = message.botId === null;
    return {
      ...shown,
      ...(isPerson && { client_msg_id: randomBytes(16).toString("hex") }),
      event_ts: message.ts,
    };
  }
  const { before, ts } = happening;
  const common = { type: "message", hidden: true, ts, event_ts: ts };
  const previous = messageJson(world, before);
  if (happening.kind === "deleted") {
    return {
      ...common,
      subtype: "message_deleted",
      deleted_ts: before.ts,
      previous_message: previous,
    };
  }
  return {
    ...common,
    subtype: "message_changed",
    message: messageJson(world, happening.message),
    previous_message: previous,
  };
}

/** Beside the message event; not in direct messages, and not for what the app itself says. */
function mentions(
  world: World,
  team: TeamState,
  channel: Channel,
  happening: WorldEvent,
  event: Json,
): Json[] {
  if (happening.kind !== "posted" || channel.kind === "im" || !team.install) return [];
  const { message } = happening;
  const { botUserId, scopes } = team.install;
  const isMentioned = mentioned(message, botUserId);
  if (!isMentioned || message.appId === world.app.id) return [];
  if (!scopes.includes("app_mentions:read")) return [];
  const { channel_type: _, ...rest } = event;
  return [{ ...rest, type: "app_mention" }];
}

const mentioned = (message: Message, userId: string): boolean =>
  new RegExp(`<@${userId}(\\|[^>]*)?>`).test(message.text);

/** The outer payload, alike for all events. */
export function envelope(world: World, team: TeamState, event: Json, botUserId: string): Json {
  const eventTs = typeof event["event_ts"] === "string" ? event["event_ts"] : world.nextTs();
  const inner: Json = { ...event, event_ts: eventTs };
  return {
    token: "verification-token",
    team_id: team.id,
    context_team_id: team.id,
    context_enterprise_id: null,
    api_app_id: world.app.id,
    event: inner,
    type: "event_callback",
    event_id: world.nextId("Ev"),
    event_time: Math.floor(Number(eventTs)),
    authorizations: [
      {
        enterprise_id: null,
        team_id: team.id,
        user_id: botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: `4-${Buffer.from(JSON.stringify({ et: inner["type"], tid: team.id, aid: world.app.id })).toString("base64url")}`,
  };
}
