/** Lets people elsewhere join a conversation, by a code for one use. */
import { randomInt } from "node:crypto";

import type { CommandAnswer } from "../commands/command.ts";
import { forPerson } from "../commands/command.ts";
import { UserError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import { putInvitation } from "../store/link-invitations.ts";
import { findRfc } from "../store/rfcs.ts";
import type { LivePlace } from "../store/thread-links.ts";
import { listLivePlaces } from "../store/thread-links.ts";
import type { ChatPlace } from "./chat-event.ts";
import type { CommandContext } from "./command-context.ts";
import { heldLink } from "./command-context.ts";
import { assertMayConfigure } from "./permissions.ts";

const HOURS = 24;
/** Crockford's digits and letters: none is taken for another. 32 of them, five bits each. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS = 4;
/** No slug of an RFC has a colon. */
const CODE = /^join:[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}$/;

/** Whether a word looks like a code, as it is written or in small letters. */
export function isCode(word: string): boolean {
  return CODE.test(normaliseCode(word));
}

/** Whether a text tells a code: that is not kept anywhere. */
export function tellsCode(text: string): boolean {
  return /\bjoin:[0-9A-Z]{4}-/.test(text);
}

export function normaliseCode(word: string): string {
  const [prefix = "", ...rest] = word.split(":");
  return [prefix.toLowerCase(), ...rest.map((part) => part.toUpperCase())].join(":");
}

/** 80 bits. */
function createCode(): string {
  const group = (): string =>
    Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return `join:${Array.from({ length: GROUPS }, group).join("-")}`;
}

/** Tells a code to whoever decides here, and to nobody else. @throws UserError */
export async function shareThread(context: CommandContext): Promise<CommandAnswer> {
  const { services, platform, by, user, isPrivate } = context;
  const { link, thread } = await heldLink(context);
  if (by.isOutsider) {
    throw new UserError(
      "forbidden",
      `Only people of this ${platform.words.workspace} share what is said here.`,
    );
  }
  if (isPrivate) {
    throw new UserError(
      "forbidden",
      "What is said to me alone is shown to nobody else; share a conversation from the place where others take part in it.",
    );
  }
  await assertMayConfigure(context, thread.rfcSlug, "let other places join a conversation");
  if (thread.state === "closed") {
    throw new UserError(
      "thread-closed",
      "This conversation is closed; reopen it in the console first.",
    );
  }
  const places = await listLivePlaces(services.sql, thread.id);
  if (!places.every((place) => isOfOneSide(place, [link]))) throw othersToAsk();
  const rfc = await findRfc(services.sql, thread.rfcSlug);
  const code = createCode();
  const ttlMs = HOURS * 60 * 60_000;
  const invitation = { threadId: thread.id, linkId: link.id, invitedBy: user.id, ttlMs };
  await putInvitation(services.sql, code, invitation);
  const title = oneLine(rfc?.title ?? thread.rfcSlug);
  return forPerson(
    [
      `Whoever runs another place, in this or another workspace or server, links it to this conversation about “${title}” with \`link ${code}\`.`,
      `The code works once, within ${HOURS} hours; give it only to those whom you trust with what is said here.`,
      "From then on what is written in one place is shown in the other, and what was said before can be asked about there.",
    ].join(" "),
  );
}

/**
 * Whether a place belongs to the one of these sides that it is in the workspace of: it is one of the places
 * themselves, or everybody in that workspace may read along.
 */
export function isOfOneSide(place: LivePlace, sides: readonly ChatPlace[]): boolean {
  return sides.some(
    (side) =>
      place.platform === side.platform &&
      place.workspaceId === side.workspaceId &&
      (place.place === side.place || (place.reach === "workspace" && !place.isPrivate)),
  );
}

/** What is said in the places of others is theirs to share. */
export function othersToAsk(): UserError {
  return new UserError(
    "forbidden",
    "This conversation is or was also held in a place that is not open to everybody here, or belongs to others; it is not shared any further.",
  );
}
