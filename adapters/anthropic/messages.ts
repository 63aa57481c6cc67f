/**
 * Between the engine's requests and events and those of the Messages API. Pure, except for reading the
 * SDK's stream.
 */
import type { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream";
import type {
  MessageCreateParamsNonStreaming,
  MessageDeltaUsage,
  StopReason,
  TextBlockParam,
  Usage,
} from "@anthropic-ai/sdk/resources/messages";

import { text } from "../../src/json.ts";
import { tokenCount } from "../../src/models/token-count.ts";
import type { ModelEvent, ModelRequest, ModelStop, ModelUsage } from "../../src/ports.ts";
import { settledWithin } from "../../src/waiting.ts";
import { UnfinishedAnswer } from "./failures.ts";

/** How long a response may stay open after its answer has ended. */
const LAST_BYTES_MS = 1_000;

export function toMessageParams(request: ModelRequest): MessageCreateParamsNonStreaming {
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    system: systemBlocks(request),
    messages: request.messages.map(({ role, content }) => ({ role, content })),
  };
}

/**
 * The stable part first and marked for the prompt cache, so that further turns on one version of the
 * document read it from there; what changes by turn after the mark.
 */
function systemBlocks(request: ModelRequest): TextBlockParam[] {
  const blocks: TextBlockParam[] = [
    { type: "text", text: request.stablePrompt, cache_control: { type: "ephemeral" } },
    { type: "text", text: request.turnPrompt },
  ];
  // The API refuses empty text blocks.
  return blocks.filter((block) => block.text !== "");
}

/**
 * The text of an answer as it comes, then its end.
 *
 * @throws UnfinishedAnswer when the stream ends before the answer does; else the SDK's errors.
 */
export async function* readAnswer(
  stream: MessageStream,
  onEvent: () => void,
): AsyncGenerator<ModelEvent> {
  let usage: ModelUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  let stop: StopReason | null = null;
  let stopped = false;
  for await (const event of stream) {
    onEvent();
    if (event.type === "message_start") usage = withUsage(usage, event.message.usage);
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
      const said = text(event.delta.text);
      if (said !== null) yield { type: "text", text: said };
    }
    if (event.type === "message_delta") {
      usage = withUsage(usage, event.usage);
      stop = event.delta.stop_reason;
    }
    stopped ||= event.type === "message_stop";
    if (stopped) {
      // Leaving before the end of the response would end the connection with it.
      await settledWithin(stream.done(), LAST_BYTES_MS);
      break;
    }
  }
  if (!stopped && stop === null) {
    // The SDK's iterator only hands on an error that comes while somebody waits in `next`; one that came
    // while the previous event was being worked on ends the loop like a success.
    await stream.done();
    throw new UnfinishedAnswer("the stream ended without a stop reason");
  }
  yield { type: "end", stop: toModelStop(stop), usage };
}

/** Counters are totals so far, and left out where they do not apply. */
function withUsage(before: ModelUsage, usage: Usage | MessageDeltaUsage): ModelUsage {
  return {
    input: tokenCount(usage.input_tokens, before.input),
    output: tokenCount(usage.output_tokens, before.output),
    cacheRead: tokenCount(usage.cache_read_input_tokens, before.cacheRead),
    cacheWrite: tokenCount(usage.cache_creation_input_tokens, before.cacheWrite),
  };
}

function toModelStop(reason: StopReason | null): ModelStop {
  if (reason === "max_tokens" || reason === "model_context_window_exceeded") return "max_tokens";
  return reason === "refusal" ? "refusal" : "complete";
}
