/**
 * What is offered while somebody writes a command. Read alone; what the person may not see from where they
 * write is not offered, and nothing at all where it cannot be told in time.
 */
import type { Change } from "../changes/change.ts";
import type { CommandName } from "../commands/command.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import { findUser } from "../store/people.ts";
import { listReachableChanges, searchDiscussable } from "../store/workspaces.ts";
import { within } from "../waiting.ts";
import type { ChatPerson, ChatPlace } from "./chat-event.ts";
import { reachOf } from "./command-context.ts";
import { findHeld } from "./held-places.ts";
import { MODE_WORDS } from "./participation.ts";
import { scopeOf } from "./permissions.ts";
import type { ChatServices } from "./services.ts";

/** What a person has written of a command so far. */
export interface PartialCommand {
  /** The place that it is written in; null outside of threads. */
  at: ChatPlace | null;
  by: ChatPerson;
  command: string;
  /** Of the command's only argument. */
  typed: string;
}

export interface CommandSuggestion {
  /** What is shown. */
  name: string;
  /** What stands in the command when it is chosen. */
  value: string;
}

/** The least that the platforms take, of suggestions and of characters in each. */
const MOST = 25;
const LONGEST = 100;
/** A platform that asks while somebody writes waits for three seconds at most. */
const IN_TIME_MS = 2_000;

/** At most 25; empty where nothing can be offered. Never rejects. */
export async function suggest(
  services: ChatServices,
  partial: PartialCommand,
): Promise<CommandSuggestion[]> {
  try {
    const found = await within(offersFor(services, partial), IN_TIME_MS, "suggesting");
    return found
      .filter(({ value }) => value.length <= LONGEST)
      .slice(0, MOST)
      .map(cut);
  } catch (error) {
    services.logger.info({ err: error, command: partial.command }, "nothing could be suggested");
    return [];
  }
}

function cut({ name, value }: CommandSuggestion): CommandSuggestion {
  return { name: excerptLine(name, LONGEST - 1), value };
}

async function offersFor(
  services: ChatServices,
  { at, by, command, typed }: PartialCommand,
): Promise<CommandSuggestion[]> {
  const wanted = oneLine(typed).slice(0, LONGEST).toWellFormed().replaceAll("\0", "").toLowerCase();
  switch (command as CommandName) {
    case "link":
      return by.isOutsider ? [] : offerRfcs(services, by, wanted);
    case "accept":
    case "decline":
      return at === null ? [] : offerChanges(services, { at, by }, wanted.replace(/^#/, ""));
    case "model": {
      if (at === null || !(await findHeld(services, at))) return [];
      const { models } = await services.engine.models.list();
      return models
        .map(({ id, label }) => ({ name: label === id ? id : `${id} · ${label}`, value: id }))
        .filter(({ name }) => name.toLowerCase().includes(wanted));
    }
    case "mode":
      return Object.entries(MODE_WORDS)
        .map(([mode, words]) => ({ name: `${mode}: ${words}`, value: mode }))
        .filter(({ value }) => value.startsWith(wanted));
    default:
      return [];
  }
}

async function offerRfcs(
  services: ChatServices,
  by: ChatPerson,
  wanted: string,
): Promise<CommandSuggestion[]> {
  const rfcs = await searchDiscussable(services.sql, scopeOf(services, by), wanted, MOST);
  return rfcs.map(({ slug, title }) => ({ name: `${slug} · ${title}`, value: slug }));
}

async function offerChanges(
  services: ChatServices,
  { at, by }: { at: ChatPlace; by: ChatPerson },
  wanted: string,
): Promise<CommandSuggestion[]> {
  const held = await findHeld(services, at);
  if (!held) return [];
  const { platform, workspaceId, id: platformUserId } = by;
  const user = await findUser(services.sql, { platform, workspaceId, platformUserId });
  const reach = reachOf({ services, by, user: { id: user?.id ?? NOBODY } }, held);
  const open = await listReachableChanges(services.sql, reach, held.thread.rfcSlug, ["pending"]);
  return open
    .map((change) => ({ name: nameOf(change), value: String(change.number) }))
    .filter(({ name, value }) => value.startsWith(wanted) || name.toLowerCase().includes(wanted));
}

/** Whom nothing private belongs to: somebody who was not seen before. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

function nameOf({ number, placement, reason, proposed }: Change): string {
  const section = placement.section.at(-1);
  const where = section === undefined ? "" : ` § ${excerptLine(section, 40)}`;
  return `#${number}${where}: ${oneLine(reason.trim() === "" ? proposed : reason)}`;
}
