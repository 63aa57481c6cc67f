/** The extra limit on edits of messages that are older than an hour; it is unpublished. */
import { ApiError } from "./api-error.ts";
import { rateLimited } from "./limits.ts";
import type { Message } from "./model.ts";
import type { World } from "./world.ts";

const HOUR = 3_600_000;

export class OldEdits {
  /** An error 400, or a 429 that goes on for ever: both were seen. */
  arrivesAs: "error" | "rate-limit" = "error";
  readonly #world: World;
  /** Times by channel. */
  readonly #edits = new Map<string, number[]>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @throws ApiError 30046 */
  admit(message: Message): void {
    const { clock, sizes } = this.#world;
    const now = clock.now();
    if (now - message.at < sizes.oldAge) return;
    const times = (this.#edits.get(message.channelId) ?? []).filter((at) => at > now - HOUR);
    this.#edits.set(message.channelId, times);
    if (times.length < sizes.oldEdits) {
      times.push(now);
      return;
    }
    const text = "Maximum number of edits to messages older than 1 hour reached. Try again later.";
    if (this.arrivesAs === "error") throw new ApiError(400, 30046, text);
    const limited = rateLimited(60_000, false);
    const extra = { ...limited.extra };
    throw new ApiError(429, 30046, text, extra, limited.headers);
  }
}
