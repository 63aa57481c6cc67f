/** Works off what was stored: reads it, has it handled, and leaves no interaction waiting. */
import type { REST, RouteLike } from "discord.js";
import type { ChatEvent, Reply } from "../../src/chat/chat-event.ts";
import { MessageGone, PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { InboxItem } from "../../src/chat/inbox-worker.ts";
import type { Json } from "../../src/json.ts";
import { number, record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import { readEnvelope, replyOf } from "./envelope-events.ts";
import { mentionsOwn } from "./envelopes.ts";
import type { Envelope } from "./envelopes.ts";
import { trimMessage } from "./envelopes-trim.ts";
import { CODE, codeOf, toChatError } from "./errors.ts";
import { timeOfId } from "./place.ts";
import { planResponse } from "./response-plan.ts";
import { callDiscord } from "./rest.ts";
import { handling } from "./said.ts";

export interface DiscordEventsOptions {
  rest: REST;
  /** Records and decides, given what the event came in. A rejection makes the envelope run again. */
  handle(event: ChatEvent, item: InboxItem): Promise<void>;
  /** Takes away the “thinking” of a command that ended without a word. Never rejects. */
  settle(reply: Reply): Promise<void>;
  logger: Logger;
}

/** Works off one stored envelope. Rejects as `handle` does, or where its channel cannot be looked up. */
export function createDiscordEvents(
  options: DiscordEventsOptions,
): (item: InboxItem) => Promise<void> {
  return async (item) => {
    const stored = item.payload as Envelope;
    const whole = await withAuthor(options, stored);
    const envelope = whole && (await withChannel(options, whole));
    if (envelope === null) return;
    const isInteraction = envelope.t === "INTERACTION_CREATE";
    if (isInteraction) await deferAgain(options, envelope);
    await handling(envelope, async () => {
      for (const event of readEnvelope(envelope)) await options.handle(event, item);
    });
    if (isInteraction) await settle(options, envelope);
  };
}

/** An update that told only what had changed, as the message reads now; null where it cannot be read. */
async function withAuthor(
  { rest }: DiscordEventsOptions,
  envelope: Envelope,
): Promise<Envelope | null> {
  const { t, d, me } = envelope;
  if (t !== "MESSAGE_UPDATE" || text(record(d["author"])["id"]) !== null) return envelope;
  const found = await fetchOrNull(
    rest,
    `/channels/${String(d["channel_id"])}/messages/${String(d["id"])}`,
  );
  if (!found) return null;
  const message = trimMessage(found);
  const said = text(message["content"]) ?? "";
  return said === "" && !mentionsOwn(message, said, me) ? null : { ...envelope, d: message };
}

/**
 * With the channel that it came from, where the gateway did not know it; null for a message where nobody may
 * look. What was pressed or called there is answered all the same.
 */
async function withChannel(
  { rest }: DiscordEventsOptions,
  envelope: Envelope,
): Promise<Envelope | null> {
  const { t, d, guildId, channel } = envelope;
  const id = text(d["channel_id"]);
  if (channel || guildId === "" || id === null || !isSaidIn(t)) return envelope;
  const found = await fetchChannel(rest, id);
  if (!found) return t === "INTERACTION_CREATE" ? envelope : null;
  const [parentId, type] = [text(found["parent_id"]), number(found["type"]) ?? 0];
  return { ...envelope, channel: { id, parentId, type, isPublic: null } };
}

/** Whether such a dispatch comes from a channel. */
const isSaidIn = (name: string): boolean =>
  name.startsWith("MESSAGE_") || name === "INTERACTION_CREATE";

/** Null for a channel that is gone, or that Redline may not see. @throws HostBusy, PlaceRefused access */
export function fetchChannel(rest: REST, id: string): Promise<Json | null> {
  return fetchOrNull(rest, `/channels/${id}`);
}

async function fetchOrNull(rest: REST, route: RouteLike): Promise<Json | null> {
  try {
    return record(await callDiscord(rest, { method: "GET", route }));
  } catch (error) {
    const failure = toChatError(error, { kind: "read", needs: "View Channel", now: Date.now() });
    const isRefused = failure instanceof PlaceRefused && failure.scope !== "access";
    if (isRefused || failure instanceof MessageGone) return null;
    throw failure;
  }
}

/**
 * The gateway's process has done it, or is about to: whoever comes second is told so. Without it an answer
 * could come before there is anything to answer.
 */
async function deferAgain({ rest, logger }: DiscordEventsOptions, { d }: Envelope): Promise<void> {
  const plan = planResponse(d);
  if (!plan || plan.afterMs > 0) return;
  const outcome = await respond(rest, d, plan.deferral);
  if (outcome !== "answered") logger.debug({ outcome }, "an interaction was not deferred again");
}

/** Nothing stays “thinking” that is done. */
async function settle(
  { rest, settle: end }: DiscordEventsOptions,
  envelope: Envelope,
): Promise<void> {
  const { d } = envelope;
  const plan = planResponse(d);
  const reply = replyOf(envelope);
  if (!plan || !reply || plan.state === "followup") return;
  if (plan.state === "form") {
    // Where a form was not needed nobody may have answered yet, and the gateway's process would.
    const outcome = await respond(rest, d, plan.deferral);
    const age = Date.now() - timeOfId(String(d["id"]));
    // Else it was the form, or an answer.
    if (outcome === "second" && age < plan.afterMs - EARLIER_MS) return;
  }
  await end(reply);
}

/** By so much a clock may be ahead of Discord's. */
const EARLIER_MS = 500;

/** `second`: somebody else has answered. `late`: nobody can any more. */
export type ResponseOutcome = "answered" | "second" | "late" | "failed";

const CALLBACK_MS = 1_500;

/** Gives an interaction its first response. Never rejects. */
export async function respond(
  rest: REST,
  { id, token }: Json,
  body: unknown,
): Promise<ResponseOutcome> {
  const route = `/interactions/${String(id)}/${String(token)}/callback` as const;
  try {
    const signal = AbortSignal.timeout(CALLBACK_MS);
    await callDiscord(rest, { method: "POST", route, body, auth: false, signal }, 0);
    return "answered";
  } catch (error) {
    const code = codeOf(error);
    if (code === CODE.alreadyAnswered) return "second";
    return code === CODE.unknownInteraction ? "late" : "failed";
  }
}
