/** Proposals to merge, and the words that people are asked for, in chat. */
import type { MergeProposal, MergeWord } from "../concerns/concern.ts";
import { momentOf } from "../concerns/merge-standing.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { findProposal, findProposalByKey } from "../store/merges.ts";
import type { ChatEvent } from "./chat-event.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { keyed } from "./event-keys.ts";
import { assertMayDecide } from "./permissions.ts";
import type { ChatServices } from "./services.ts";
import { asCode } from "./wording.ts";

type Pressed = Extract<ChatEvent, { kind: "pressed" }>;

/** Only for those who may decide. @throws UserError */
export async function proposeHere(
  context: CommandContext,
  { thread }: Held,
  waitDays: number | null,
): Promise<string> {
  const { services, platform, by, user, key, since } = context;
  const { rfcSlug } = thread;
  const dedupKey = `merge:${key}`;
  const done = since === null ? null : await findProposalByKey(services.sql, thread.id, dedupKey);
  if (done === null) {
    const about = { rfcSlug, act: "propose_merge", subject: null, eventKey: key };
    await assertMayDecide(services, platform, by, user, about);
  }
  const given = { dedupKey, ...(waitDays !== null && { waitDays }) };
  const proposal = done ?? (await services.engine.merges.propose(thread.id, given, user));
  const others = proposal.words.length - 1;
  const asked = others === 0 ? "Nobody else is listed to be asked" : `${others} are asked`;
  return `You proposed the merge. ${asked}; it is settled at ${momentOf(proposal.endsAt)} unless something holds it, and ${asCode(platform.words, "propose-merge withdraw")} takes it back.`;
}

/** @throws UserError */
export async function withdrawProposalHere(context: CommandContext, held: Held): Promise<string> {
  const { services, platform, by, user, key } = context;
  const proposal = await proposalHere(context, held);
  // Whoever proposed it may take it back, also when they decide no more.
  if (proposal.proposedById !== user.id) {
    const { id: subject, rfcSlug } = proposal;
    const about = { rfcSlug, act: "withdraw_merge", subject, eventKey: key };
    await assertMayDecide(services, platform, by, user, about);
  }
  await services.engine.merges.withdraw(proposal.id, user);
  return "The proposal to merge is withdrawn.";
}

/** @throws UserError */
export async function sayHere(
  context: CommandContext,
  held: Held,
  word: MergeWord,
): Promise<string> {
  const { services, by, user, key, since } = context;
  const proposal = await proposalHere(context, held);
  await sayWord(services, proposal.id, { word, user, since, door: by.platform, eventKey: key });
  return describeWord(word);
}

/** A button of the card. @param since as of a `Repeat`. @throws UserError */
export async function pressWord(
  services: ChatServices,
  event: Pressed,
  given: { proposalId: string; word: MergeWord; user: User; since: Date | null },
): Promise<void> {
  const { proposalId, ...said } = given;
  const eventKey = keyed(event).key;
  await sayWord(services, proposalId, { ...said, door: event.by.platform, eventKey });
}

/** Of anybody who is not asked is noted that they tried. */
async function sayWord(
  { sql, engine, permissions }: ChatServices,
  proposalId: string,
  given: { word: MergeWord; user: User; since: Date | null; door: string; eventKey: string },
): Promise<void> {
  const { word, user, since, door, eventKey } = given;
  // An older event that is handled again changes no newer word.
  if (since !== null && (await hasSaid(sql, { proposalId, userId: user.id, since }))) return;
  const { rfcSlug } = await engine.merges.get(proposalId);
  const about = { rfcSlug, act: "merge_word", subject: proposalId, why: "not asked", eventKey };
  const work = () => engine.merges.say(proposalId, word, user);
  await permissions.noting(user.id, door, about, work);
}

async function hasSaid(
  sql: ChatServices["sql"],
  { proposalId, userId, since }: { proposalId: string; userId: string; since: Date },
): Promise<boolean> {
  const proposal = await findProposal(sql, proposalId);
  const own = proposal?.words.find((word) => word.userId === userId);
  // Who proposed it has agreed with that.
  const isFirst = own?.saidAt?.getTime() === proposal?.createdAt.getTime();
  return own?.saidAt != null && own.saidAt >= since && !isFirst;
}

function describeWord(word: MergeWord): string {
  return word === "agree"
    ? "You agreed to the merge; you can still object until it is settled."
    : "You objected to the merge; it is held until you agree or the proposal is withdrawn.";
}

/** @throws UserError not-found */
async function proposalHere(
  { services, platform }: CommandContext,
  { thread }: Held,
): Promise<MergeProposal> {
  const { rfcSlug, branchName } = thread;
  const proposal = await services.engine.merges.current(rfcSlug, branchName);
  if (proposal) return proposal;
  throw new UserError(
    "not-found",
    `No merge is proposed here; ${asCode(platform.words, "propose-merge")} does that.`,
  );
}
