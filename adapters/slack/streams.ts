import type { ChatPerson } from "../../src/chat/chat-event.ts";
import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { CallGuard } from "../../src/chat/chat-platform.ts";
import type { Logger } from "../../src/log.ts";
import type { SlackClient } from "./client.ts";
import { codeOf } from "./errors.ts";
import { idOf } from "./messages.ts";
import { inThread, isDirect } from "./address.ts";
import type { SlackAddress } from "./address.ts";
import { SlackStream } from "./stream.ts";

/** Slack's words for "not here", or "not by this app". */
const UNAVAILABLE = new Set([
  "channel_type_not_supported",
  "feature_disabled",
  "invalid_arguments",
  "method_deprecated",
  "method_not_supported_for_channel_type",
  "missing_recipient_team_id",
  "missing_recipient_user_id",
  "not_allowed_token_type",
  "not_subscribed_to_message_stream_stopped",
  "unknown_method",
]);
/** The one person is none to stream to; the next may be. */
const NOT_TO_THEM = new Set(["user_not_found", "team_not_found"]);

const UNAVAILABLE_MS = 60 * 60_000;
const MAX_KNOWN = 1_000;

/** Begins streams where there are any. */
export class SlackStreams {
  readonly #client: SlackClient;
  readonly #logger: Logger;
  /** Until when, by channel. */
  readonly #unavailable = new Map<string, number>();

  constructor(client: SlackClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  async open(
    at: SlackAddress,
    to: ChatPerson | null,
    guard?: CallGuard,
  ): Promise<SlackStream | null> {
    const { teamId, channel } = at;
    const key = `${teamId}/${channel}`;
    if ((this.#unavailable.get(key) ?? 0) > performance.now()) return null;
    // In channels a stream is for somebody.
    if (!to && !isDirect(channel)) return null;
    const args = {
      ...inThread(at),
      ...(to && { recipient_user_id: to.id, recipient_team_id: to.workspaceId }),
      task_display_mode: "timeline",
    };
    try {
      // As a preview: when its slot is too far away, the answer is posted and edited instead.
      const answer = await this.#client.callWith(teamId, "chat.startStream", channel, () => args, {
        kind: "post",
        urgency: "preview",
        guard,
      });
      if (answer === null) return null;
      return new SlackStream(this.#client, { teamId, channel, ts: idOf(answer) }, guard);
    } catch (error) {
      const code = error instanceof PlaceRefused ? codeOf(error.cause) : null;
      if (code === null) throw error;
      if (NOT_TO_THEM.has(code)) return null;
      const isRefused = error instanceof PlaceRefused && error.scope === "content";
      if (!UNAVAILABLE.has(code)) {
        if (!isRefused) throw error;
        this.#logger.warn(
          { workspaceId: teamId, channel, code },
          "Slack refused to begin a stream",
        );
        return null;
      }
      this.#logger.info({ workspaceId: teamId, channel, code }, "there are no streams here");
      if (this.#unavailable.size >= MAX_KNOWN) this.#unavailable.clear();
      this.#unavailable.set(key, performance.now() + UNAVAILABLE_MS);
      return null;
    }
  }
}
