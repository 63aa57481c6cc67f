/**
 * How Redline spreads its calls over the tiers of Slack's methods, per workspace and minute. Each pace lets at
 * most `burst + 60 s / interval` calls into any minute; those of one method together stay below its tier.
 * Source of the tiers: docs.slack.dev, "Rate limits" (tier 2: 20, tier 3: 50, tier 4: 100, tier 5: Redline's
 * own bound; chat.postMessage: one a second per channel).
 */
import type { Pace } from "../../src/chat/call-slots.ts";
import type { Urgency } from "../../src/chat/chat-platform.ts";

interface Lane {
  pace: Pace;
  /** Milliseconds; a call whose slot is further away is not made. */
  maxWaitMs: number;
}

/** A call that matters waits as long as it does any good to wait instead of coming back later. */
const PATIENT_MS = 30_000;
const TIER_2: Lane = { pace: { intervalMs: 6_000, burst: 10 }, maxWaitMs: PATIENT_MS };
const TIER_3: Lane = { pace: { intervalMs: 1_500, burst: 8 }, maxWaitMs: PATIENT_MS };
const TIER_4: Lane = { pace: { intervalMs: 800, burst: 20 }, maxWaitMs: PATIENT_MS };
const TIER_5: Lane = { pace: { intervalMs: 300, burst: 30 }, maxWaitMs: PATIENT_MS };

/** Of one method, its urgencies by name; together they stay below its tier. */
const LANES: Readonly<Record<string, Readonly<Partial<Record<Urgency, Lane>> & { final: Lane }>>> =
  {
    // 80 + 1 and 10 + 5 of 100.
    "chat.appendStream": {
      preview: { pace: { intervalMs: 750, burst: 1 }, maxWaitMs: 20_000 },
      final: { pace: { intervalMs: 6_000, burst: 5 }, maxWaitMs: PATIENT_MS },
    },
    // 24 + 1 and 17 + 6 of 50.
    "chat.update": {
      preview: { pace: { intervalMs: 2_500, burst: 1 }, maxWaitMs: 5_000 },
      final: { pace: { intervalMs: 3_500, burst: 6 }, maxWaitMs: PATIENT_MS },
    },
    // An answer whose stream would begin late is better posted and edited.
    "chat.startStream": { final: { ...TIER_2, maxWaitMs: 8_000 } },
    "chat.stopStream": { final: { ...TIER_2, maxWaitMs: 60_000 } },
    "chat.postMessage": { final: { pace: { intervalMs: 1_100, burst: 3 }, maxWaitMs: PATIENT_MS } },
    "chat.delete": { final: TIER_3 },
    "chat.postEphemeral": { final: TIER_4 },
    "chat.getPermalink": { final: TIER_5 },
    "conversations.history": { final: TIER_3 },
    "conversations.replies": { final: TIER_3 },
    // What somebody says does not wait for how they are called.
    "users.info": { final: { ...TIER_4, maxWaitMs: 1_000 } },
    // A form opens within three seconds of the press, or not at all.
    "views.open": { final: { ...TIER_4, maxWaitMs: 2_000 } },
    "views.publish": { final: TIER_4 },
    "assistant.threads.setStatus": { final: { ...TIER_5, maxWaitMs: 1_000 } },
    "agents.sessions.setStatus": { final: { ...TIER_3, maxWaitMs: 1_000 } },
  };

/**
 * Of all that is written to people alone: Slack lets each conversation have one a second, and a workspace "several
 * hundred messages a minute" in all, of which this leaves others their share. 200 + 10.
 */
const PRIVATE: Lane = { pace: { intervalMs: 300, burst: 10 }, maxWaitMs: PATIENT_MS };

export interface CallLane extends Lane {
  key: string;
}

/** The slots of one call. */
export function laneOf(
  teamId: string,
  method: string,
  urgency: Urgency,
  channel: string,
): CallLane {
  if (isPrivatePost(method, channel)) return { ...PRIVATE, key: `slack/${teamId}/private` };
  const lanes = LANES[method] ?? { final: TIER_3 };
  const lane = lanes[urgency] ?? lanes.final;
  return { ...lane, key: keyOf(teamId, method, lanes[urgency] ? urgency : "final", channel) };
}

/** The slots of all calls that Slack counts together with this one, those of finals first. */
export function lanesOf(teamId: string, method: string, channel: string): CallLane[] {
  const urgencies: Urgency[] = LANES[method]?.preview ? ["final", "preview"] : ["final"];
  return urgencies.map((urgency) => laneOf(teamId, method, urgency, channel));
}

/** A person's id stands for the conversation with them. */
function isPrivatePost(method: string, channel: string): boolean {
  return method === "chat.postMessage" && /^[UW]/u.test(channel);
}

function keyOf(teamId: string, method: string, urgency: Urgency, channel: string): string {
  const where = method === "chat.postMessage" ? `/${channel}` : "";
  return `slack/${teamId}/${method}/${urgency}${where}`;
}
