/**
 * What answers when no language model is set up: a small deterministic editor that says what it is.
 */
import { setImmediate as nextTick, setTimeout as delay } from "node:timers/promises";

import { assertModelRequest, quotedName } from "../../src/models/requests.ts";
import { ModelError } from "../../src/ports.ts";
import type { ModelInfo, ModelProvider } from "../../src/ports.ts";
import { replyTo } from "./reply.ts";

export interface OfflineOptions {
  /** Pause between two deltas, in milliseconds; by default as long as a reply of about a second allows. */
  pauseMs?: number | undefined;
}

const MODEL: ModelInfo = { id: "offline", label: "Offline editor (no language model)" };

/** Long enough for the eye to see it stream. */
const LONGEST_PAUSE_MS = 8;
const LONGEST_REPLY_MS = 1200;

/** Characters in a delta. */
const DELTA = /.{1,16}/gsu;

export function createOfflineProvider(options: OfflineOptions = {}): ModelProvider {
  return {
    name: "offline",
    listsAll: true,
    converses: false,

    async models(signal) {
      signal.throwIfAborted();
      return [MODEL];
    },

    async *stream(request, signal) {
      assertModelRequest(request);
      signal.throwIfAborted();
      if (request.model !== MODEL.id) {
        throw new ModelError(
          `The model ${quotedName(request.model)} is not available here; set ANTHROPIC_API_KEY or OPENAI_BASE_URL, or choose “${MODEL.id}”.`,
        );
      }
      const deltas = replyTo(request).match(DELTA) ?? [];
      const pauseMs =
        options.pauseMs ?? Math.min(LONGEST_PAUSE_MS, LONGEST_REPLY_MS / deltas.length);
      for (const text of deltas) {
        yield { type: "text", text };
        await pause(pauseMs, signal);
      }
      yield {
        type: "end",
        stop: "complete",
        usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      };
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    // A timer waits for at least 1 ms.
    await (ms < 1 ? nextTick(undefined, { signal }) : delay(ms, undefined, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
