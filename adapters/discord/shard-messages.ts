/** What a shard's process and the one that holds the gateway tell each other. */
import type { CommandSuggestion, PartialCommand } from "../../src/chat/suggesting.ts";
import type { Metrics } from "../../src/metrics.ts";

export type FromShard =
  /** There is something to work off. */
  | { redline: "stored" }
  /** For whoever can be asked for numbers. */
  | { redline: "count"; told: Parameters<Metrics["count"]> }
  | { redline: "observe"; told: Parameters<Metrics["observe"]> }
  | { redline: "suggest"; id: number; partial: PartialCommand }
  /** Discord will not let it in until somebody mends what `words` say. */
  | { redline: "refused"; words: string }
  /** Discord wants more shards. */
  | { redline: "too few" };

export type ToShard =
  /** The lock is still held; a shard that does not hear it for a while ends. */
  | { redline: "alive" }
  | { redline: "suggested"; id: number; choices: readonly CommandSuggestion[] };

/** Null for discord.js's own. */
export function readMessage(message: unknown): FromShard | ToShard | null {
  const isOwn = typeof message === "object" && message !== null && "redline" in message;
  return isOwn ? (message as FromShard | ToShard) : null;
}
