/** What a command knows of who gave it, and where. */
import type { Change } from "../changes/change.ts";
import { circleOf } from "./chat-event.ts";
import { describeNowhere, isNowhere, noSuchChangeHere, scopeOf } from "./permissions.ts";
import type { Thread } from "../conversation/thread.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { ThreadLink } from "../store/thread-links.ts";
import type { Reach } from "../store/workspaces.ts";
import { findReachableChange } from "../store/workspaces.ts";
import type { ChatPerson, ChatPlace, Reply } from "./chat-event.ts";
import type { ChatPlatform, PlatformWords } from "./chat-platform.ts";
import type { ChatServices } from "./services.ts";
import { asCode } from "./wording.ts";

/** A place with the thread that is held in it. */
export interface Held {
  link: ThreadLink;
  thread: Thread;
}

export interface CommandContext {
  services: ChatServices;
  platform: ChatPlatform;
  by: ChatPerson;
  user: User;
  /** Null in a channel, outside of threads. */
  at: ChatPlace | null;
  /** Where a new thread begins, for a command outside of threads. */
  channel: string | null;
  isPrivate: boolean;
  /** Of the channel, as of a message; undefined where that is not known. */
  isPublic: boolean | undefined;
  held: Held | null;
  /** As of a message. */
  quote: string | null;
  /** Whom the message mentions, where names in its text would not tell. */
  mentioned: readonly ChatPerson[];
  /** The same of roles: their ids. */
  mentionedRoles: readonly string[];
  /** Where the person is answered, alone; also later on. */
  reply: Reply | ChatPlace;
  /** The same whenever the same command is handled again. */
  key: string;
  /** From when on it may have been handled before; null where this is the first time. */
  since: Date | null;
  /** Every command there is, in the order in which they are listed. */
  definitions: readonly { usage: string; summary: string }[];
  /**
   * Asks the model in a thread that has just been linked. Answers with what the person is to be told, such as
   * that there is no answer for now.
   */
  ask(held: Held, question: string): Promise<string | null>;
}

/** @throws UserError where the place is not linked */
export async function heldLink({ held, at, platform, by }: CommandContext): Promise<Held> {
  if (held) return held;
  const { words } = platform;
  if (at !== null) throw notLinkedHere(words, by);
  const there = words.commandPrefix === "" ? "mention me there" : "give the command there";
  throw new UserError(
    "not-found",
    `This works in a thread that is linked to an RFC: ${there}; ${asCode(words, "link <slug or PR URL>")} begins such a thread.`,
  );
}

export function notLinkedHere(words: PlatformWords, by: ChatPerson): UserError {
  if (isNowhere(by)) return new UserError("not-found", describeNowhere(words));
  const link = asCode(words, "link <slug or PR URL>");
  return new UserError("not-found", `This place is not linked to an RFC yet; ${link} does that.`);
}

/** What the person may see from here. */
export function reachOf(
  { services, by, user }: Pick<CommandContext, "services" | "by"> & { user: Pick<User, "id"> },
  { link, thread }: Held,
): Reach {
  return {
    ...scopeOf(services, by),
    userId: user.id,
    channel: circleOf(link),
    onlyThread: by.isOutsider ? thread.id : null,
  };
}

/** @throws UserError not-found, in the same words whether it is nowhere or only not to be seen from here */
export async function changeByNumber(
  context: CommandContext,
  held: Held,
  number: number,
): Promise<Change> {
  const { sql } = context.services;
  const { rfcSlug } = held.thread;
  const change = await findReachableChange(sql, reachOf(context, held), rfcSlug, number);
  if (!change) throw noSuchChangeHere(context.platform.words, number);
  return change;
}
