/** “Propose edit” on somebody's message: a form asks for the edit, which becomes a change by hand. */
import type { Change } from "../changes/change.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { findByKey, listProposedAt } from "../store/changes.ts";
import { findDiscussed, isAskedOf, putDiscussed } from "../store/chat-messages.ts";
import type { ChatEvent, ChatForm } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { Held } from "./command-context.ts";
import { notLinkedHere } from "./command-context.ts";
import { describeClosed } from "./descriptions.ts";
import { LONGEST_FIELD } from "./fields.ts";
import { orTold } from "./host-busy.ts";
import { findHeld } from "./held-places.ts";
import type { ChatServices } from "./services.ts";
import { proposedTooOften, TURN_LIMIT } from "./turn-limits.ts";

type Propose = Extract<ChatEvent, { kind: "propose" }>;
type Submitted = Extract<ChatEvent, { kind: "submitted" }>;

/** In a linked place a form asks for the edit. @throws UserError */
export async function openProposal(
  services: ChatServices,
  platform: ChatPlatform,
  { message, by, reply }: Propose,
): Promise<void> {
  const held = await findHeld(services, message.at);
  if (!held) throw notLinkedHere(platform.words, by);
  assertOpen(services, held);
  const { at, text, isPrivate, isPublic = false } = message;
  const ref = await putDiscussed(services.sql, { at, text, isPrivate, isPublic, personId: by.id });
  await platform.openForm(by, reply, proposalForm(ref, message));
}

/** The form was sent off. Answers with what became of the edit. @throws UserError */
export async function submitProposal(
  services: ChatServices,
  platform: ChatPlatform,
  { ref, values, by }: Submitted,
  user: User,
): Promise<string> {
  const asked = await findDiscussed(services.sql, ref);
  if (!asked || !isAskedOf(asked, by)) {
    throw new UserError("not-found", "This form is too old; choose “Propose edit” once more.");
  }
  const held = await findHeld(services, asked.at);
  if (!held) throw notLinkedHere(platform.words, by);
  assertOpen(services, held);
  const dedupKey = `propose:${ref}`;
  if (!(await findByKey(services.sql, held.thread.id, dedupKey)))
    await assertWithin(services, user);
  const { original = "", proposed = "", reason = "" } = values;
  if (original.trim() === "") {
    throw new UserError(
      "invalid-request",
      "Say which words of the document the edit is about: the original text was left empty.",
    );
  }
  const edit = { original, proposed, reason: reason.trim(), dedupKey };
  const { changes } = services.engine;
  const change = await orTold(changes.propose(held.thread.id, edit, user));
  return describeProposed(change, services.links.thread(change.rfcSlug, change.threadId));
}

/** @throws UserError thread-closed */
function assertOpen({ links }: ChatServices, { thread }: Held): void {
  if (thread.state === "open") return;
  throw new UserError("thread-closed", describeClosed(links.thread(thread.rfcSlug, thread.id)));
}

/** @throws UserError not-ready */
async function assertWithin({ sql }: ChatServices, user: User): Promise<void> {
  const within = { ms: TURN_LIMIT.windowMs, most: TURN_LIMIT.person };
  const told = proposedTooOften(await listProposedAt(sql, user.id, within), TURN_LIMIT, new Date());
  if (told !== null) throw new UserError("not-ready", told);
}

/** One sentence; the change's card follows in the place, and asks for what is still open. */
function describeProposed({ number, placement, drift }: Change, url: string): string {
  const { certainty, candidateCount } = placement;
  if (certainty === "none") {
    return `Change #${number} is kept, but its original text was not found in the document: show its place at ${url}, or propose it again in the document's own words.`;
  }
  if (certainty === "ask" && candidateCount > 1) {
    return `The original text of change #${number} stands at ${candidateCount} places: choose the one that you mean on its card.`;
  }
  if (certainty === "ask" || drift !== "fresh") {
    return `The place of change #${number} is not certain: confirm it on its card.`;
  }
  return `You proposed change #${number}; it waits for a decision on its card.`;
}

function proposalForm(ref: string, message: Pick<Propose["message"], "text" | "quote">): ChatForm {
  const { original, proposed } = prefill(message);
  const area = { kind: "text", multiline: true, maxLength: LONGEST_FIELD } as const;
  return {
    kind: "propose",
    ref,
    title: "Propose edit",
    submit: "Propose",
    fields: [
      { ...area, name: "original", label: "Original text", value: original, required: true },
      { ...area, name: "proposed", label: "Proposed text", value: proposed, required: false },
      { ...area, name: "reason", label: "Reason", value: "", required: false },
    ],
  };
}

/**
 * What the form begins with: the passage that the message quotes, or the block of code in it; of both, the
 * quote is the original and the block what is proposed. What no field holds is left out.
 */
export function prefill({ text, quote }: Pick<Propose["message"], "text" | "quote">): {
  original: string;
  proposed: string;
} {
  const code = codeIn(text);
  const original = quote?.trim() || code;
  const proposed = code || original;
  const fits = (value: string): string => (value.length <= LONGEST_FIELD ? value : "");
  return { original: fits(original), proposed: fits(proposed) };
}

/** The inside of the first fenced block; "" where there is none. */
function codeIn(text: string): string {
  const block = /^ {0,3}(`{3,}|~{3,})(?![`~])[^\n]*\n([^]*?)\n? {0,3}\1/mu.exec(text)?.[2];
  return block ?? /```([^`\n]+)```/u.exec(text)?.[1] ?? "";
}
