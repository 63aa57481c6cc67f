/** What Redline says in chat about threads, changes and models. Pure. */
import type { Change } from "../changes/change.ts";
import type { Concern, MergeProposal } from "../concerns/concern.ts";
import { describeConcern } from "../concerns/describe.ts";
import { holders, isHeld, momentOf } from "../concerns/merge-standing.ts";
import type { ModelList } from "../conversation/models.ts";
import type { Thread } from "../conversation/thread.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { CachedPullRequest } from "../store/pull-requests.ts";
import type { ParticipationMode } from "../store/thread-links.ts";
import type { ChangeCounts } from "../store/workspaces.ts";
import type { ChatPlatform, PlatformWords } from "./chat-platform.ts";
import { MODE_WORDS } from "./participation.ts";
import { asCode } from "./wording.ts";

const MOST_LISTED = 15;
const MOST_MODELS = 30;
const REASON = 120;

/** `1 change`, `2 changes` */
function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** People's names in a sentence. */
function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).map(oneLine);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

export function describeDeciders(names: readonly string[], words: PlatformWords): string {
  if (names.length > 0) return `${listNames(names)} may accept and decline.`;
  const add = asCode(words, `maintainers add ${words.maintainer}`);
  return `Nobody may accept and decline here yet: an admin names them with ${add}.`;
}

/** Null where nobody is named. */
export function describeOfRfc(names: readonly string[]): string | null {
  return names.length === 0 ? null : `Maintainers of this RFC: ${listNames(names)}.`;
}

export function describeStatus(given: {
  rfc: Rfc;
  thread: Thread;
  /** Null where there is nobody but the person. */
  mode: ParticipationMode | null;
  pull: CachedPullRequest | null;
  counts: ChangeCounts;
  /** The open concerns that may be known of here, and how many others there are. */
  concerns: { concerns: readonly Concern[]; elsewhere: number };
  merge: MergeProposal | null;
  deciders: readonly string[];
  model: string;
  /** Of the workspace; empty for whoever does not run it. */
  budget: readonly string[];
  url: string;
  platform: Pick<ChatPlatform, "words" | "caveat">;
}): string {
  const { rfc, thread, mode, pull, counts, deciders, model, platform } = given;
  const state = thread.state === "closed" ? " The discussion is closed." : "";
  const merge = describeMerge(given.merge);
  const stale = counts.stale > 0 ? ` (${counts.stale} of them stale)` : "";
  const lines = [
    `This place is about “${oneLine(rfc.title)}” (\`${rfc.slug}\`).${state}`,
    `- Branch: \`${thread.branchName}\`${pull ? `, pull request #${pull.number} (${pull.state}): ${pull.url}` : ""}`,
    `- Changes: ${counts.pending} open${stale}, ${counts.accepted} accepted, ${counts.declined} declined`,
    ...concernLines(given.concerns),
    ...(merge === null ? [] : [`- ${merge}`]),
    ...(mode === null ? [] : [`- Mode: \`${mode}\`, ${MODE_WORDS[mode]}`]),
    `- Model: \`${model}\``,
    ...given.budget.map((line) => `- ${line}`),
    `- ${describeDeciders(deciders, platform.words)}`,
    ...(platform.caveat === null ? [] : [`- ${platform.caveat}`]),
    `- All of it: ${given.url}`,
  ];
  return lines.join("\n");
}

function concernLines({
  concerns,
  elsewhere,
}: {
  concerns: readonly Concern[];
  elsewhere: number;
}): string[] {
  const total = concerns.length + elsewhere;
  if (total === 0) return ["- Concerns: none open"];
  const shown = concerns.slice(0, MOST_LISTED);
  const rest = total - shown.length;
  return [
    `- Concerns: ${total} open`,
    ...shown.map((concern) => `  - ${describeConcern(concern)}`),
    ...(rest > 0 ? [`  - and ${rest} more`] : []),
  ];
}

/** @param url the thread's, in the console */
export function describeClosed(url: string): string {
  return `This discussion is closed; it can be reopened in the console: ${url}`;
}

/** To whoever addresses Redline where it is quiet. */
export function describeQuiet(words: PlatformWords): string {
  return `I am quiet here: your message is kept, and I do not answer it. An admin of the ${words.workspace} changes that with ${asCode(words, "mode mention")}.`;
}

/** @param url where the rest can be seen */
export function describeOpenChanges(
  open: readonly Change[],
  url: string,
  words: PlatformWords,
): string {
  if (open.length === 0) return "No change waits for a decision here.";
  const lines = open.slice(0, MOST_LISTED).map((change) => `- ${describeOpenChange(change)}`);
  const rest = open.length - lines.length;
  return [
    `${countOf(open.length, "change")} to be decided; ${asCode(words, "accept N")} or ${asCode(words, "decline N reason")} does it:`,
    ...lines,
    ...(rest > 0 ? [`- and ${rest} more: ${url}`] : []),
  ].join("\n");
}

export function describeOpenChange(change: Change): string {
  const { number, placement, reason, proposed } = change;
  const section = placement.section.at(-1);
  const where = section === undefined ? "" : ` § ${excerptLine(section, REASON)}`;
  const why = reason.trim() === "" ? proposed : reason;
  return `**#${number}**${where}: ${excerptLine(why, REASON)} (${describeCertainty(change)})`;
}

/** What is to be done about a change before, or instead of, deciding it. */
function describeCertainty({ drift, placement: { certainty } }: Change): string {
  if (drift === "stale") return "stale: its passage is gone";
  if (drift === "conflict") return "conflicts with a newer edit";
  if (drift === "moved") return "its passage has moved: confirm the place on its card";
  if (drift === "rebased") return "merged with a newer edit: confirm it on its card";
  if (certainty === "ask") return "choose its place on its card";
  return certainty === "none" ? "its passage was not found" : "ready";
}

/**
 * @param given the open concerns that may be known of here, and how many others there are
 * @param url where the rest can be seen
 */
export function describeConcerns(
  { concerns, elsewhere }: { concerns: readonly Concern[]; elsewhere: number },
  url: string,
  words: PlatformWords,
): string {
  const others =
    elsewhere > 0
      ? [`- ${countOf(elsewhere, "concern")} of other places, which I name there alone`]
      : [];
  if (concerns.length === 0) {
    const none = `No concern is open here; ${asCode(words, "concern <text>")} raises one.`;
    return [none, ...others].join("\n");
  }
  const lines = concerns.slice(0, MOST_LISTED).map((concern) => `- ${describeConcern(concern)}`);
  const rest = concerns.length - lines.length;
  return [
    `${countOf(concerns.length, "open concern")}; ${asCode(words, "concern resolve N why")} or ${asCode(words, "concern withdraw N")} settles one:`,
    ...lines,
    ...(rest > 0 ? [`- and ${rest} more: ${url}`] : []),
    ...others,
  ].join("\n");
}

/** A line of the status; null where nobody proposed a merge, or it is long settled. */
function describeMerge(proposal: MergeProposal | null): string | null {
  if (proposal === null || proposal.state === "withdrawn" || proposal.state === "ended")
    return null;
  if (proposal.state === "agreed") return "Merge: agreed";
  const held = isHeld(proposal) ? `, held by ${holders(proposal)}` : "";
  return `Merge: proposed by ${oneLine(proposal.proposedBy)}, open until ${momentOf(proposal.endsAt)}${held}`;
}

export function describeModels(
  list: ModelList,
  chosen: string | null,
  words: PlatformWords,
): string {
  const current = chosen ?? list.default;
  const lines = list.models.slice(0, MOST_MODELS).map(({ id, label }) => {
    const name = label === id ? "" : ` ${oneLine(label)}`;
    return `- \`${id}\`${name}${id === current ? " (answers here)" : ""}`;
  });
  const rest = list.models.length - lines.length;
  const isListed = list.models.some(({ id }) => id === current);
  return [
    `${asCode(words, "model <id>")} chooses who answers here:`,
    ...(isListed || current === "" ? [] : [`- \`${current}\` (answers here)`]),
    ...lines,
    ...(rest > 0 ? [`- and ${rest} more`] : []),
    ...list.problems,
  ].join("\n");
}
