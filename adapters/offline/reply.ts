/**
 * What the offline editor answers. Pure.
 */
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { DEFAULT_LIMITS } from "../../src/changes/parser-events.ts";
import type { ModelRequest } from "../../src/ports.ts";
import { propose } from "./editing.ts";
import type { Block, Proposal } from "./editing.ts";
import { MOST_REQUESTS, parseRequests } from "./grammar.ts";
import type { EditRequest } from "./grammar.ts";
import { readRequest } from "./reading.ts";
import type { Saying } from "./reading.ts";

const WHAT_IT_IS = "This is Redline's offline editor, not a language model";

const GUIDE = `It understands plain edit requests, several in one message if need be:

- replace “old text” with “new text” (or: change … to …)
- rename “old” to “new” everywhere
- delete “some text”
- insert “new text” after “some text” (or: before)
- with a passage quoted: replace this with “new text”, or: delete this

To talk with a language model, set ANTHROPIC_API_KEY (Claude) or OPENAI_BASE_URL (any OpenAI-compatible server) and start Redline again.`;

export function replyTo(request: ModelRequest): string {
  const { document, tag, sayings } = readRequest(request);
  const { blocks, problems, left } = proposeAll(document, sayings);
  if (left > 0) {
    problems.push(
      `An answer holds at most ${DEFAULT_LIMITS.blocks} changes; ${left} more are left, ask again once these are decided.`,
    );
  }
  if (blocks.length === 0 && problems.length === 0) {
    return `${WHAT_IT_IS}, and cannot answer that. ${GUIDE}\n`;
  }
  const parts = blocks.map((block) => writeBlock(tag, block));
  if (blocks.length > 0) parts.unshift(introduction(blocks.length));
  parts.push(...problems);
  if (blocks.length === 0) parts.push(`${WHAT_IT_IS}. ${GUIDE}`);
  return `${parts.join("\n\n")}\n`;
}

function proposeAll(document: string, sayings: readonly Saying[]): Proposal {
  const index = new DocumentIndex(document);
  // Two people may ask for the same edit.
  const edits = new Map<string, [EditRequest, string | null]>();
  const all: Proposal = { blocks: [], problems: [], left: 0 };
  for (const { quote, text } of sayings) {
    const requests = parseRequests(text);
    if (requests.length === MOST_REQUESTS) {
      all.problems.push(`Only the first ${MOST_REQUESTS} requests of the message were read.`);
    }
    for (const request of requests) {
      const key = JSON.stringify([request.readings, quote]);
      if (!edits.has(key)) edits.set(key, [request, quote]);
    }
  }
  for (const [request, quote] of edits.values()) {
    const room = DEFAULT_LIMITS.blocks - all.blocks.length;
    const { blocks, problems, left } = propose(index, request, quote, room);
    all.blocks.push(...blocks);
    all.problems.push(...problems);
    all.left += left;
  }
  return all;
}

const introduction = (count: number): string =>
  count === 1 ? "Here is the change as asked:" : `Here are ${count} changes as asked:`;

function writeBlock(tag: string, { original, proposed, after, before, reason }: Block): string {
  const anchor =
    (after === undefined ? "" : field("after", after)) +
    (before === undefined ? "" : field("before", before));
  return (
    `${tag}\n${field("original", original)}${anchor}${field("proposed", proposed)}` +
    `${field("reason", reason)}</change>`
  );
}

/** A body with line breaks stands on lines of its own; those two breaks do not belong to it. */
function field(name: string, body: string): string {
  const gap = body.includes("\n") ? "\n" : "";
  return `<${name}>${gap}${body}${gap}</${name}>\n`;
}
