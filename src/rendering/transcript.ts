import type { Change, DecisionRecord } from "../changes/change.ts";
import type { Message, ThreadKind } from "../conversation/thread.ts";
import { oneLine } from "../one-line.ts";
import type { Transcript } from "../transcript.ts";
import { fencedBlock } from "./fenced-block.ts";

const ABOUT: Record<ThreadKind, string> = {
  discussion: "the whole document",
  range: "a passage",
  paragraph: "a paragraph",
  review: "its review",
};

/** The transcript for readers. What people and the model wrote is quoted, so that it forges no heading. */
export function transcriptToMarkdown({ rfc, threads }: Transcript): string {
  const parts = [
    `# Transcript: ${oneLine(rfc.title)}`,
    `\`${rfc.slug}\`, ${oneLine(rfc.path)} in ${oneLine(rfc.repository)}`,
  ];
  for (const [index, { thread, messages, changes, decisions }] of threads.entries()) {
    if (messages.length === 0 && changes.length === 0) continue;
    parts.push(`## Thread ${index + 1}${thread.title ? `: ${oneLine(thread.title)}` : ""}`);
    const about = ABOUT[thread.kind];
    parts.push(`On branch \`${thread.branchName}\`, about ${about}; ${thread.state}.`);
    if (thread.anchor) parts.push(quote(thread.anchor.slice));
    for (const message of messages) {
      parts.push(describeMessage(message));
      const own = changes.filter((change) => change.sourceMessageId === message.id);
      parts.push(...own.map((change) => describeChange(change, decisions)));
    }
    const manual = changes.filter((change) => change.sourceMessageId === null);
    parts.push(...manual.map((change) => describeChange(change, decisions)));
  }
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** The same as data; names as in the HTTP API. */
export function transcriptToJson(transcript: Transcript): string {
  const threads = transcript.threads.map(({ thread: { kind, modelId, ...thread }, ...rest }) => ({
    thread: { ...thread, threadKind: kind, model: modelId },
    ...rest,
  }));
  return `${JSON.stringify(toSnakeCase({ ...transcript, threads }), null, 2)}\n`;
}

function describeMessage(message: Message): string {
  const who =
    message.role === "user"
      ? oneLine(message.author ?? "Someone")
      : message.role === "assistant"
        ? `Redline (${oneLine(message.modelId ?? "")})`
        : "System";
  const ended = {
    streaming: ", still writing",
    cut: ", cut",
    stopped: ", stopped",
    failed: ", failed",
  };
  const status = message.status === "complete" ? "" : ended[message.status];
  const followed = message.deletedAt ? ", deleted" : message.editedAt ? ", edited" : "";
  const head = `**${who}**, ${message.createdAt.toISOString()}${status}${followed}`;
  const quoted = message.quote ? [`On this passage:`, quote(message.quote, "> > ")] : [];
  return [head, ...quoted, quote(message.text)].filter((part) => part !== "").join("\n\n");
}

function describeChange(change: Change, decisions: readonly DecisionRecord[]): string {
  const commit = change.commitSha ? ` as commit ${change.commitSha}` : "";
  const stale = change.staleSince ? " (stale)" : "";
  const by = change.author ? `, by ${oneLine(change.author)}` : "";
  const lines = [`### Change #${change.number}: ${change.state}${stale}${commit}${by}`];
  if (change.reason) lines.push(quote(change.reason));
  lines.push(diffBlock(change));
  for (const decision of decisions.filter(({ changeId }) => changeId === change.id)) {
    const why = decision.reason ? `: ${oneLine(decision.reason)}` : "";
    const verb = decision.verdict === "accept" ? "accepted" : "declined";
    const returned = decision.outcome === "returned" ? ", which was not committed" : "";
    lines.push(
      `- ${oneLine(decision.author)} ${verb} it, ${decision.createdAt.toISOString()}${returned}${why}`,
    );
  }
  return lines.join("\n\n");
}

function diffBlock(change: Change): string {
  const place = change.insertAfter ?? change.insertBefore;
  const lines = [
    ...(place === null ? [] : prefix("  ", place)),
    ...(change.original === "" ? [] : prefix("- ", change.original)),
    ...(change.proposed === "" ? [] : prefix("+ ", change.proposed)),
  ];
  return fencedBlock("diff", lines);
}

/** In Markdown a carriage return alone ends a line too. */
function prefix(mark: string, text: string): string[] {
  return text.split(/\r\n|\r|\n/).map((line) => mark + line);
}

function quote(text: string, mark = "> "): string {
  return text.trim() === "" ? "" : prefix(mark, text).join("\n");
}

function toSnakeCase(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toSnakeCase(inner),
    ]),
  );
}
