/** What somebody is told, as one plain sentence: for the console, private messages and digests. Pure. */
import { excerptLine, oneLine } from "../one-line.ts";
import type { NotificationKind } from "./notification.ts";

/** What a sentence is made of. Names and titles are people's own characters, and no Markdown. */
export interface NotificationFacts {
  kind: NotificationKind;
  rfcTitle: string;
  threadTitle: string | null;
  /** Who wrote, decided, proposed or merged; null where nobody is known. */
  by: string | null;
  prNumber: number | null;
  changeNumber: number | null;
  commitSha: string | null;
  concernNumber: number | null;
  /** Why a change was declined, or a concern settled. */
  why: string | null;
  /** What became of a concern or of a proposal to merge. */
  outcome: "resolved" | "withdrawn" | "agreed" | "ended" | null;
}

/** Of a title, and of somebody's reason, in UTF-16 units. */
const MOST_TITLE = 120;
const MOST_WHY = 300;

export function describeNotification(facts: NotificationFacts): string {
  const rfc = quoted(facts.rfcTitle);
  const by = facts.by === null ? null : oneLine(facts.by);
  const who = by ?? "Somebody";
  const change = `change #${facts.changeNumber ?? "?"}`;
  const concern = `concern #${facts.concernNumber ?? "?"}`;
  switch (facts.kind) {
    case "chat_reply_to_my_message":
      return `${who} wrote in ${threadOf(facts)}, where you wrote before.`;
    case "chat_message_in_participated_thread":
      return `${who} wrote in ${threadOf(facts)}.`;
    case "change_accepted":
      return by === null
        ? `Your ${change} to ${rfc} is in the document now${commitOf(facts)}.`
        : `${by} accepted your ${change} to ${rfc}${commitOf(facts)}.`;
    case "change_declined":
      return `${who} declined your ${change} to ${rfc}${whyOf(facts)}`;
    case "change_stale":
      return `Your ${change} to ${rfc} is stale: its passage is no longer in the document.`;
    case "change_conflicted":
      return `Your ${change} to ${rfc} conflicts with a later edit; have it drafted again.`;
    case "decision_requested":
      return `${capitalised(change)} to ${rfc} waits for a decision.`;
    case "rfc_merged":
      return `${pullRequestOf(facts)} was merged${by === null ? "" : ` by ${by}`}.`;
    case "rfc_closed":
      return `${pullRequestOf(facts)} was closed without being merged.`;
    case "concern_passage_changed":
      return `The passage of your ${concern} about ${rfc} reads otherwise now; say whether that settles it.`;
    case "concern_settled":
      return `${who} ${facts.outcome === "withdrawn" ? "withdrew" : "resolved"} your ${concern} about ${rfc}${whyOf(facts)}`;
    case "merge_word_requested":
      return `${who} proposes to merge ${rfc} and asks for your word.`;
    case "merge_settled":
      return describeSettled(rfc, facts.outcome);
  }
}

function describeSettled(rfc: string, outcome: NotificationFacts["outcome"]): string {
  if (outcome === "agreed") return `It is agreed that ${rfc} is merged.`;
  if (outcome === "withdrawn") return `The proposal to merge ${rfc} was withdrawn.`;
  return `The proposal to merge ${rfc} ended without an agreement.`;
}

/** Several messages in a thread, or changes that wait; `names` are those of who wrote, or some of them. */
export function describeSeveral(
  facts: NotificationFacts,
  count: number,
  names: readonly string[],
): string {
  if (facts.kind === "decision_requested") {
    return `${count} changes to ${quoted(facts.rfcTitle)} wait for a decision.`;
  }
  const by = names.length === 0 ? "" : ` by ${names.map(oneLine).join(", ")}`;
  const before = facts.kind === "chat_reply_to_my_message" ? ", where you wrote before" : "";
  return `${count} messages${by} in ${threadOf(facts)}${before}.`;
}

function threadOf({ rfcTitle, threadTitle, prNumber }: NotificationFacts): string {
  const pull = prNumber === null ? "" : ` (pull request #${prNumber})`;
  const name = threadTitle === null ? "a thread" : quoted(threadTitle);
  return `${name} about ${quoted(rfcTitle)}${pull}`;
}

function pullRequestOf({ rfcTitle, prNumber }: NotificationFacts): string {
  return prNumber === null
    ? `The pull request of ${quoted(rfcTitle)}`
    : `Pull request #${prNumber} of ${quoted(rfcTitle)}`;
}

function commitOf({ commitSha }: NotificationFacts): string {
  return commitSha === null ? "" : ` (commit ${commitSha.slice(0, 7)})`;
}

/** With the sentence's end, which a reason may bring along. */
function whyOf({ why }: NotificationFacts): string {
  const said = excerptLine(why ?? "", MOST_WHY);
  if (said === "") return ".";
  return `: ${said}${/[.!?…]$/.test(said) ? "" : "."}`;
}

function quoted(title: string): string {
  return `“${excerptLine(title, MOST_TITLE)}”`;
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
