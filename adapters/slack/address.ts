import type { ChatPlace } from "../../src/chat/chat-event.ts";
import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import { parsePlace } from "./place.ts";
import type { SlackPlace } from "./place.ts";

export interface SlackAddress extends SlackPlace {
  teamId: string;
}

/** @throws PlaceRefused place */
export function addressOf({ workspaceId, place }: ChatPlace): SlackAddress {
  const parsed = parsePlace(place);
  if (parsed) return { ...parsed, teamId: workspaceId };
  throw new PlaceRefused("place", `“${place}” is no place in Slack; link the thread again.`);
}

/** Where in a channel a call is to act. */
export const inThread = ({
  channel,
  thread,
}: SlackPlace): { channel: string; thread_ts?: string } =>
  thread === null ? { channel } : { channel, thread_ts: thread };

/**
 * Whether it is a conversation with Redline alone, where a message is seen by nobody else; a person's id stands
 * for theirs.
 */
export const isDirect = (channel: string): boolean => /^[DUW]/u.test(channel);
