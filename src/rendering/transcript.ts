import type { ThreadKind } from "../conversation/thread.ts";
import { oneLine } from "../one-line.ts";
import type {
  ReadableChange,
  ReadableConcern,
  ReadableDecision,
  ReadableMerge,
  ReadableMessage,
  ReadableThread,
} from "../record/readable.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import { fencedBlock } from "./fenced-block.ts";

/** What a transcript is made of. */
export interface Transcript {
  rfc: Pick<Rfc, "slug" | "title" | "path" | "repository">;
  threads: readonly ReadableThread[];
  /** Where its record ends. */
  head: { seq: number; hash: string };
  /** How many entries this copy leaves out. */
  withheld: number;
}

const ABOUT: Record<ThreadKind, string> = {
  discussion: "the whole document",
  range: "a passage",
  paragraph: "a paragraph",
  review: "its review",
};

/** The transcript for readers. What people and the model wrote is quoted, so that it forges no heading. */
export function transcriptToMarkdown({ rfc, threads, head, withheld }: Transcript): string {
  const parts = [
    `# Transcript: ${oneLine(rfc.title)}`,
    `\`${rfc.slug}\`, ${oneLine(rfc.path)} in ${oneLine(rfc.repository)}`,
  ];
  for (const [index, thread] of threads.entries()) {
    const told = describeThread(thread);
    if (told.length === 0) continue;
    const { title, branchName, kind, passage } = thread.thread;
    parts.push(`## Thread ${index + 1}${title ? `: ${oneLine(title)}` : ""}`);
    parts.push(`On branch \`${branchName}\`, about ${ABOUT[kind]}.`);
    if (passage) parts.push(quote(passage));
    parts.push(...told);
  }
  parts.push(describeRecord(head, withheld));
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function describeRecord({ seq, hash }: Transcript["head"], withheld: number): string {
  if (seq === 0) return "";
  const entries = seq === 1 ? "1 entry" : `${seq} entries`;
  const left =
    withheld === 0
      ? ""
      : ` ${withheld} of them ${withheld === 1 ? "is" : "are"} left out here, as they are of conversations that not everybody may read.`;
  return `The record of this has ${entries} and ends with the hash \`${hash}\`.${left}`;
}

/** Empty where nothing was said. */
function describeThread(thread: ReadableThread): string[] {
  const { messages, changes, decisions, concerns, merges } = thread;
  const known = new Set(messages.map(({ id }) => id));
  const own = (id: string): ReadableChange[] =>
    changes.filter(({ sourceMessageId }) => sourceMessageId === id);
  const apart = changes.filter(
    ({ sourceMessageId: source }) => source === null || !known.has(source),
  );
  return [
    ...messages.flatMap((message) => [
      describeMessage(message),
      ...own(message.id).map((change) => describeChange(change, decisions)),
    ]),
    ...apart.map((change) => describeChange(change, decisions)),
    ...concerns.map(describeConcern),
    ...merges.map(describeMerge),
  ];
}

const ENDED: Readonly<Record<string, string>> = {
  cut: ", cut",
  stopped: ", stopped",
  failed: ", failed",
};

function describeMessage(message: ReadableMessage): string {
  const who =
    message.role === "user"
      ? oneLine(message.author ?? "Someone")
      : message.role === "assistant"
        ? `Redline (${oneLine(message.modelId ?? "")})`
        : "System";
  const followed = message.deletedAt ? ", deleted" : message.editedAt ? ", edited" : "";
  const head = `**${who}**, ${message.createdAt}${ENDED[message.status] ?? ""}${followed}`;
  const quoted = message.quote ? [`On this passage:`, quote(message.quote, "> > ")] : [];
  return [head, ...quoted, quote(message.text)].filter((part) => part !== "").join("\n\n");
}

function describeChange(change: ReadableChange, decisions: readonly ReadableDecision[]): string {
  const commit = change.commitSha ? ` as commit ${change.commitSha}` : "";
  const by = change.author ? `, by ${oneLine(change.author)}` : "";
  const lines = [`### Change #${change.number}: ${change.state}${commit}${by}`];
  if (change.reason) lines.push(quote(change.reason));
  lines.push(diffBlock(change));
  for (const decision of decisions.filter(({ changeId }) => changeId === change.id)) {
    const why = decision.reason ? `: ${oneLine(decision.reason)}` : "";
    const verb = decision.verdict === "accept" ? "accepted" : "declined";
    const returned = decision.outcome === "returned" ? ", which was not committed" : "";
    lines.push(`- ${oneLine(decision.author)} ${verb} it, ${decision.createdAt}${returned}${why}`);
  }
  return lines.join("\n\n");
}

function describeConcern(concern: ReadableConcern): string {
  const by = `by ${oneLine(concern.author)}, ${concern.createdAt}`;
  const lines = [`### Concern ${concern.number}: ${concern.state}, ${by}`];
  if (concern.passage) lines.push("On this passage:", quote(concern.passage, "> > "));
  lines.push(quote(concern.text));
  if (concern.settledAt) {
    const why = concern.settledWhy ? `: ${oneLine(concern.settledWhy)}` : "";
    const who = oneLine(concern.settledBy ?? "Somebody");
    lines.push(`- ${concern.state} by ${who}, ${concern.settledAt}${why}`);
  }
  return lines.join("\n\n");
}

function describeMerge(merge: ReadableMerge): string {
  const { proposedBy, createdAt, waitDays, words, state, settledAt } = merge;
  const days = waitDays === 1 ? "1 day" : `${waitDays} days`;
  const lines = [
    `### Merge proposal: ${state}, by ${oneLine(proposedBy)}, ${createdAt}`,
    `It waited ${days} for people's word.`,
    ...words.map(({ author, word, saidAt }) => `- ${oneLine(author)}: ${word}, ${saidAt}`),
    ...(settledAt === null ? [] : [`- ${state}, ${settledAt}`]),
  ];
  return lines.join("\n\n");
}

function diffBlock(change: ReadableChange): string {
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
