/**
 * What every provider may rely on about a request.
 */
import type { ModelRequest } from "../ports.ts";

/**
 * Checks what `ModelRequest` promises, before anything is sent.
 *
 * @throws TypeError for a request that the engine must not make: it is our mistake, not the provider's.
 */
export function assertModelRequest(request: ModelRequest): void {
  const { messages, maxTokens } = request;
  if (messages.length === 0) throw new TypeError("a model request needs at least one message");
  for (const [index, message] of messages.entries()) {
    const expected = index % 2 === 0 ? "user" : "assistant";
    if (message.role !== expected) {
      throw new TypeError(`message ${index} of a model request must be of the ${expected}`);
    }
    if (message.content.trim() === "") {
      throw new TypeError(`message ${index} of a model request is empty`);
    }
  }
  if (messages.length % 2 === 0) {
    throw new TypeError("the last message of a model request must be of the user");
  }
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new TypeError("maxTokens must be a positive integer");
  }
}

/** A name from outside, fit to stand in a sentence: one line, not endless, quoted. */
export function quotedName(name: string): string {
  const line = name.replace(/\s+/g, " ").trim();
  const cut = /^.{80}(?=.)/su.exec(line)?.[0];
  return `“${cut === undefined ? line : `${cut}…`}”`;
}
