/**
 * Between the engine's requests and events and those of the Chat Completions API. Pure, except for reading
 * the SDK's stream.
 */
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
} from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";

import { text } from "../../src/json.ts";
import { tokenCount } from "../../src/models/token-count.ts";
import type { ModelEvent, ModelRequest, ModelStop, ModelUsage } from "../../src/ports.ts";
import { UnfinishedAnswer } from "./failures.ts";

/**
 * How a server calls the token limit. `max_tokens` is deprecated at OpenAI, but the name that every other
 * server knows (Ollama knows no other); OpenAI's own reasoning models accept only the newer one.
 */
export type TokenLimitName = "max_tokens" | "max_completion_tokens";

/** The chat templates of many local models take one system message, first in the list. */
export function toChatParams(
  request: ModelRequest,
  limitName: TokenLimitName,
): ChatCompletionCreateParamsStreaming {
  const system = [request.stablePrompt, request.turnPrompt].filter((part) => part !== "");
  return {
    model: request.model,
    [limitName]: request.maxTokens,
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: "system", content: system.join("\n\n") },
      ...request.messages.map(({ role, content }) => ({ role, content })),
    ],
  };
}

/**
 * The text of an answer as it comes, then its end. Usage comes, where it comes at all, in a chunk after the
 * one with the finish reason.
 *
 * @throws UnfinishedAnswer when the stream ends before the answer does; else the SDK's errors.
 */
export async function* readAnswer(
  chunks: AsyncIterable<ChatCompletionChunk>,
  onChunk: () => void,
): AsyncGenerator<ModelEvent> {
  let usage: CompletionUsage | undefined;
  let stop: ModelStop | undefined;
  let refused = false;
  for await (const chunk of chunks) {
    onChunk();
    usage = chunk.usage ?? usage;
    // Absent from the usage chunk of some servers, though the type has it.
    const choice = chunk.choices?.[0];
    // Servers of all kinds speak this protocol; what is no text is nothing that was said.
    const refusal = text(choice?.delta?.refusal);
    const said = (text(choice?.delta?.content) ?? "") + (refusal ?? "");
    if (said !== "") yield { type: "text", text: said };
    refused ||= refusal !== null;
    if (choice?.finish_reason != null) stop = toModelStop(choice.finish_reason, refused);
    if (stop !== undefined && usage !== undefined) break;
  }
  if (stop === undefined) throw new UnfinishedAnswer("the stream ended without a finish reason");
  yield { type: "end", stop, usage: toModelUsage(usage) };
}

function toModelStop(
  reason: ChatCompletionChunk.Choice["finish_reason"],
  refused: boolean,
): ModelStop {
  if (reason === "length") return "max_tokens";
  return reason === "content_filter" || refused ? "refusal" : "complete";
}

/** `prompt_tokens` includes the cached ones, `input` does not. All zeros for a server that does not count. */
function toModelUsage(usage: CompletionUsage | undefined): ModelUsage {
  const cacheRead = tokenCount(usage?.prompt_tokens_details?.cached_tokens, 0);
  const cacheWrite = tokenCount(usage?.prompt_tokens_details?.cache_write_tokens, 0);
  return {
    input: Math.max(0, tokenCount(usage?.prompt_tokens, 0) - cacheRead - cacheWrite),
    output: tokenCount(usage?.completion_tokens, 0),
    cacheRead,
    cacheWrite,
  };
}
