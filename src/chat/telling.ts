/**
 * How the person who did something hears of it. Where the telling fails the event is handled again for that
 * alone: what it did is not done twice, and what there is to say is not lost.
 */
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { HostBusy } from "../ports.ts";
import { deleteOwed, findOwed, putOwed } from "../store/owed-answers.ts";
import type { ChatPerson, ChatPlace, Reply } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import { PlaceRefused } from "./chat-platform.ts";
import { userOf } from "./people.ts";
import type { ChatServices } from "./services.ts";
import { tellsCode } from "./sharing.ts";

/** Who did something, and where an answer to them goes. */
export interface Addressee {
  by: ChatPerson;
  reply: Reply | ChatPlace;
  /** The same whenever the same event is handled again. */
  key: string;
}

type Work = (given: { platform: ChatPlatform; user: User }) => Promise<string | null>;

/** Does what somebody asked for, and tells them what there is to tell: also why it could not be done. */
export async function asked(services: ChatServices, asker: Addressee, work: Work): Promise<void> {
  const platform = platformOf(services, asker.by);
  if (!platform || (await tellOwed(services, asker))) return;
  const told = await outcomeOf(async () => {
    const user = await userOf(services, platform, asker.by);
    return work({ platform, user });
  });
  if (told === null) return;
  const { sql } = services;
  try {
    await tell(services, platform, asker, told);
  } catch (error) {
    // Another code is made when the event is handled again.
    if (!tellsCode(told)) await putOwed(sql, asker.key, told);
    throw error;
  }
  // What changed something noted it along with that.
  await deleteOwed(sql, asker.key);
}

/** Tells what could not be told when the event was handled before; false where that is nothing. */
export async function tellOwed(services: ChatServices, asker: Addressee): Promise<boolean> {
  const { sql } = services;
  const platform = platformOf(services, asker.by);
  const owed = platform && (await findOwed(sql, asker.key));
  if (!platform || owed === null) return false;
  await tell(services, platform, asker, owed);
  await deleteOwed(sql, asker.key);
  return true;
}

async function outcomeOf(work: () => Promise<string | null>): Promise<string | null> {
  try {
    return await work();
  } catch (error) {
    const isPlain = error instanceof UserError || error instanceof PlaceRefused;
    if (!isPlain || error instanceof HostBusy) throw error;
    return error.message;
  }
}

async function tell(
  { logger }: ChatServices,
  platform: ChatPlatform,
  { by, reply }: Addressee,
  markdown: string,
): Promise<void> {
  try {
    await platform.tell(by, reply, markdown);
  } catch (error) {
    // Nothing that is tried again would reach them, unless Redline is let in again first.
    if (!(error instanceof PlaceRefused) || error.scope === "access") throw error;
    logger.warn({ err: error, personId: by.id }, "a person could not be told");
  }
}

export function platformOf(
  { platforms, logger }: ChatServices,
  { platform }: ChatPerson,
): ChatPlatform | null {
  const known = platforms.get(platform);
  if (!known) logger.warn({ platform }, "an event of a platform that is off");
  return known ?? null;
}
