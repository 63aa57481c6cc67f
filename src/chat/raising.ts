/** Concerns that people raise and settle in chat. Anyone in the place may raise one. */
import type { Change } from "../changes/change.ts";
import type { Concern, NewConcern } from "../concerns/concern.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import {
  findConcernByNumber,
  isSettledBy,
  listClosedThreads,
  listConcerns,
} from "../store/concerns.ts";
import type { CardRef } from "../store/deliveries.ts";
import { findAnchor } from "../store/threads.ts";
import { listReachableThreads } from "../store/workspaces.ts";
import type { ChatForm } from "./chat-event.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { reachOf } from "./command-context.ts";
import { LONGEST_FIELD } from "./fields.ts";
import { orTold } from "./host-busy.ts";
import { assertMayDecide } from "./permissions.ts";
import type { ChatServices } from "./services.ts";
import { asCode } from "./wording.ts";

/** About what was quoted, if that is in the document; else about what the thread is about. */
export async function raiseHere(
  context: CommandContext,
  { thread }: Held,
  text: string,
): Promise<string> {
  const { services, user, key, quote } = context;
  const dedupKey = `concern:${key}`;
  const { concerns } = services.engine;
  if (quote !== null) {
    const passage = { text: quote };
    const raising = orTold(concerns.raise(thread.id, { text, passage, dedupKey }, user));
    const concern = await raising.catch((error: unknown) => {
      if (error instanceof UserError && error.type === "place-uncertain") return null;
      throw error;
    });
    if (concern) return describeRaisedTo(services, concern);
  }
  const passage = await passageOf(services, thread.id);
  const concern = await orTold(concerns.raise(thread.id, { text, passage, dedupKey }, user));
  const told = await describeRaisedTo(services, concern);
  if (quote === null || concern.anchorText !== null) return told;
  return `${told} It is about the whole document: what you quoted is not in it, or at several places.`;
}

async function passageOf({ sql }: ChatServices, threadId: string): Promise<NewConcern["passage"]> {
  const anchor = await findAnchor(sql, threadId);
  const passage = anchor?.placement.passage;
  if (!anchor || !passage || anchor.staleSince !== null || passage.start === passage.end)
    return null;
  return { ...passage, blobSha: anchor.blobSha };
}

/** @throws UserError */
export async function resolveHere(
  context: CommandContext,
  held: Held,
  { number, why }: { number: number; why: string },
): Promise<string> {
  const { services, platform, by, user, key, since } = context;
  const { id, authorId, rfcSlug } = await concernByNumber(context, held, number);
  const settled = { state: "resolved", by: user.id } as const;
  const isDone = since !== null && (await isSettledBy(services.sql, id, settled));
  if (!isDone && authorId !== user.id) {
    const about = { rfcSlug, act: "resolve_concern", subject: id, eventKey: key };
    await assertMayDecide(services, platform, by, user, about);
  }
  await services.engine.concerns.resolve(id, why, user);
  return `Concern #${number} is resolved.`;
}

/** @throws UserError */
export async function withdrawHere(
  context: CommandContext,
  held: Held,
  number: number,
): Promise<string> {
  const { services, by, user, key: eventKey } = context;
  const { id: subject, rfcSlug } = await concernByNumber(context, held, number);
  const about = { rfcSlug, act: "withdraw_concern", subject, why: "not its author", eventKey };
  const work = () => services.engine.concerns.withdraw(subject, user);
  await services.permissions.noting(user.id, by.platform, about, work);
  return `Concern #${number} is withdrawn.`;
}

/** The open ones that may be known of here, and how many others there are. */
export async function concernsHere(
  context: Pick<CommandContext, "services" | "by" | "user">,
  held: Held,
): Promise<{ concerns: Concern[]; elsewhere: number }> {
  const { sql } = context.services;
  const { rfcSlug } = held.thread;
  const open = (await listConcerns(sql, rfcSlug)).filter(({ state }) => state === "open");
  const seen = await listReachableThreads(sql, reachOf(context, held), rfcSlug);
  const concerns = open.filter(({ threadId }) => seen.has(threadId));
  return { concerns, elsewhere: open.length - concerns.length };
}

/** @throws UserError not-found, in the same words whether it is nowhere or only not to be seen from here */
async function concernByNumber(
  context: CommandContext,
  held: Held,
  number: number,
): Promise<Concern> {
  const { services, platform } = context;
  const { rfcSlug } = held.thread;
  const concern = await findConcernByNumber(services.sql, rfcSlug, number);
  const seen = await listReachableThreads(services.sql, reachOf(context, held), rfcSlug);
  if (concern && seen.has(concern.threadId)) return concern;
  throw new UserError(
    "not-found",
    `There is no concern #${number} here; ${asCode(platform.words, "concerns")} lists those that are open.`,
  );
}

async function describeRaisedTo({ sql }: ChatServices, concern: Concern): Promise<string> {
  const closed = await listClosedThreads(sql, [concern.threadId]);
  const where = closed.has(concern.threadId)
    ? "As this place is not open to everybody, a pull request names its number alone."
    : "It holds a merge that is proposed, and a pull request lists it.";
  return `You raised concern #${concern.number}. ${where}`;
}

/** What the button of a card opens. */
export function concernForm(ref: string, { number }: Pick<Change, "number">): ChatForm {
  return {
    kind: "concern",
    ref,
    title: `Concern: change #${number}`,
    submit: "Raise",
    fields: [
      {
        kind: "text",
        name: "text",
        label: "The concern (all in the thread see it)",
        value: "",
        multiline: true,
        required: true,
        maxLength: LONGEST_FIELD,
      },
    ],
  };
}

/** The form of a card's button was sent off. @throws UserError */
export async function raiseAbout(
  services: ChatServices,
  { subjectId }: CardRef,
  given: { text: string; key: string },
  user: User,
): Promise<string> {
  const { changes, concerns } = services.engine;
  const change = await changes.get(subjectId);
  const concern = await orTold(
    concerns.raise(
      change.threadId,
      { text: given.text, passage: placeOf(change), dedupKey: `concern:${given.key}` },
      user,
    ),
  );
  return describeRaisedTo(services, concern);
}

/** Where the change stands; of an insertion what it hangs on. */
function placeOf({ placement, drift, baseBlobSha }: Change): NewConcern["passage"] {
  const passage = placement.anchor === null ? placement.passage : placement.anchor.passage;
  const isSure = placement.candidates.length < 2 && drift !== "stale";
  if (!isSure || passage === null || passage.start === passage.end) return null;
  return { start: passage.start, end: passage.end, blobSha: baseBlobSha };
}
