/** What a failed call of Slack's Web API means to Redline. */
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from "@slack/web-api";

import {
  MessageGone,
  PlaceRefused,
  StreamOver,
  StreamStopped,
} from "../../src/chat/chat-platform.ts";
import { busyUntil, lostCall } from "../../src/chat/failed-calls.ts";
import { oneLine } from "../../src/one-line.ts";
import type { HostBusy } from "../../src/ports.ts";

/** What the call does: `read` changes nothing, `edit` concerns a message that is there. */
export type CallKind = "read" | "post" | "edit" | "stream";

/** How long Slack is left alone where it names no time, in milliseconds. */
const LIMITED_MS = 30_000;

const LIMITED = new Set(["ratelimited", "rate_limited", "message_limit_exceeded"]);

/** Slack failed midway; it may have done it all the same. */
const UNCERTAIN = new Set([
  "fatal_error",
  "internal_error",
  "messaging_processing_failed",
  "request_timeout",
  "service_unavailable",
]);

const GONE = new Set([
  "cant_delete_message",
  "cant_update_message",
  "edit_window_closed",
  "message_not_found",
  "message_not_owned_by_app",
]);

const STREAM_OVER = new Set([
  "message_not_found",
  "message_not_in_streaming_state",
  "message_not_owned_by_app",
  "msg_blocks_too_long",
  "msg_blocks_too_many",
  "msg_too_long",
]);

const REMOVED = "Redline is not in this channel; invite it with /invite and try again.";
const LOCKED =
  "This channel's settings keep Redline from posting here; change who may post, or link another channel.";
const SIGN_IN = "Slack no longer accepts Redline's sign-in; install the app again.";

const PLACE: Readonly<Record<string, string>> = {
  cannot_reply_to_message: "Slack takes no replies to this message; link another thread.",
  channel_is_limited_access: LOCKED,
  channel_not_found: REMOVED,
  is_archived: "This channel is archived; unarchive it, or link another channel.",
  is_inactive: "This channel is archived; unarchive it, or link another channel.",
  messages_tab_disabled:
    "Redline's messages tab is switched off; turn it on under “App Home” in the app's settings.",
  method_not_supported_for_channel_type: "Redline does not work in this kind of conversation.",
  not_in_channel: REMOVED,
  posting_to_channel_denied: LOCKED,
  thread_not_found: "The thread was deleted; link another one.",
  user_not_in_channel: "You are not in this channel; join it and try again.",
};

const ACCESS: Readonly<Record<string, string>> = {
  access_denied:
    "This workspace does not let Redline in; ask a workspace admin to approve the app.",
  accesslimited:
    "This workspace does not let Redline in; ask a workspace admin to approve the app.",
  account_inactive: SIGN_IN,
  app_access_restricted:
    "This workspace does not let Redline post here; ask a workspace admin to approve the app.",
  ekm_access_denied: "A workspace admin has suspended posting; ask them to allow it again.",
  invalid_auth: SIGN_IN,
  no_permission: SIGN_IN,
  not_allowed_token_type: SIGN_IN,
  not_authed: SIGN_IN,
  org_login_required: "This workspace is being moved; try again when that is done.",
  team_access_not_granted:
    "This workspace does not let Redline in; ask a workspace admin to approve the app.",
  team_not_found: SIGN_IN,
  token_expired: SIGN_IN,
  token_revoked: SIGN_IN,
};

/** Slack's code of its refusal; null where there was no such answer. */
export function codeOf(error: unknown): string | null {
  return error instanceof WebAPIPlatformError ? error.data.error : null;
}

/** In one word, of which there are few: Slack's code, an HTTP status, or that no answer came. */
export function resultOf(error: unknown): string {
  if (restOf(error) !== null) return "ratelimited";
  if (error instanceof WebAPIHTTPError) return String(error.statusCode);
  const code = codeOf(error);
  if (code === null) return "unreachable";
  return /^[a-z_]{1,80}$/u.test(code) ? code : "unreadable";
}

/** What Slack says of its refusal beside the code, for the log. */
export function detailsOf(error: unknown): string[] {
  if (!(error instanceof WebAPIPlatformError)) return [];
  return (error.data.response_metadata?.messages ?? []).map(oneLine);
}

/** Milliseconds for which Slack wants no more of these calls; null where that is not why it failed. */
export function restOf(error: unknown): number | null {
  if (error instanceof WebAPIRateLimitedError) return error.retryAfter * 1_000;
  const code = codeOf(error);
  if (code !== null) return LIMITED.has(code) ? LIMITED_MS : null;
  // What the client makes of a 429 without a time.
  return error instanceof Error && error.message.startsWith("Retry header") ? LIMITED_MS : null;
}

/** The seam's error for a failed call. */
export function toChatError(error: unknown, kind: CallKind, now: number): Error {
  const rest = restOf(error);
  if (rest !== null) return busyUntil("Slack", now + rest, { cause: error });
  const code = codeOf(error);
  if (code !== null) return refusal(error as WebAPIPlatformError, code, kind, now);
  if (error instanceof WebAPIHTTPError && error.statusCode < 500) {
    const words = `Slack's address answered with HTTP ${error.statusCode}; check SLACK_API_URL.`;
    return new PlaceRefused("access", words, { cause: error });
  }
  return lost(error, kind, now);
}

function refusal(error: WebAPIPlatformError, code: string, kind: CallKind, now: number): Error {
  const cause = { cause: error };
  if (code === "stopped_by_user") return new StreamStopped("somebody stopped the stream", cause);
  if (kind === "stream" && STREAM_OVER.has(code)) return new StreamOver(code, cause);
  if (GONE.has(code)) return new MessageGone(code, cause);
  if (code === "missing_scope") return new PlaceRefused("access", missingScope(error), cause);
  const place = code.startsWith("restricted_action") ? LOCKED : PLACE[code];
  if (place !== undefined) return new PlaceRefused("place", place, cause);
  const access = ACCESS[code];
  if (access !== undefined) return new PlaceRefused("access", access, cause);
  // An answer that is no JSON comes here as its own text.
  if (UNCERTAIN.has(code) || !/^[a-z_]{1,80}$/u.test(code)) return lost(error, kind, now);
  return new PlaceRefused("content", `Slack does not take this message (${code}).`, cause);
}

function missingScope(error: WebAPIPlatformError): string {
  const { needed } = error.data as { needed?: unknown };
  const scope = typeof needed === "string" && needed !== "" ? oneLine(needed) : "a scope";
  return `Redline's Slack app lacks the scope ${scope}; add it in the app's settings and install the app again.`;
}

function lost(error: unknown, kind: CallKind, now: number): Error {
  const failed = error instanceof WebAPIRequestError ? error.original : error;
  return lostCall("Slack", failed, { isWrite: kind !== "read", now });
}

/** While the slot of a call is too far away. */
export function waiting(now: number, ms: number): HostBusy {
  return busyUntil("Slack", now + ms);
}
