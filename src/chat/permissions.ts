/** Who may do what in chat; asked anew each time. */
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { HostBusy } from "../ports.ts";
import type { Decider, Verdict } from "../rfcs/permissions.ts";
import type { Deciding } from "../rfcs/person.ts";
import { isMaintainer, listMaintainerRoles } from "../store/maintainers.ts";
import type { WorkspaceKey, WorkspaceScope } from "../store/workspaces.ts";
import type { ChatPerson, ChatPlace } from "./chat-event.ts";
import type { ChatPlatform, PlatformWords } from "./chat-platform.ts";
import { PlaceRefused } from "./chat-platform.ts";
import type { ChatServices } from "./services.ts";
import { asCode } from "./wording.ts";

type Deciders = Pick<ChatServices, "sql" | "platforms" | "permissions">;

/** Whether the person is named in their workspace: themselves, or by a role that they have now. */
async function isNamed(
  { sql, platforms }: Deciders,
  by: ChatPerson,
  user: Pick<User, "id">,
): Promise<boolean> {
  if (await isMaintainer(sql, by, user.id)) return true;
  const roles = await listMaintainerRoles(sql, by);
  const platform = platforms.get(by.platform);
  if (roles.length === 0 || !platform || by.isOutsider) return false;
  const had = new Set(await platform.rolesOf(by));
  return roles.some(({ id }) => had.has(id));
}

function deciderOf(services: Deciders, by: ChatPerson, user: Pick<User, "id">): Decider {
  return { userId: user.id, isNamedInWorkspace: () => isNamed(services, by, user) };
}

/**
 * Lets those pass who may decide on the RFC, as it is at this moment; of anybody else is noted what they tried.
 * @throws UserError forbidden; host-busy where GitHub cannot be asked now
 */
export async function assertMayDecide(
  services: Deciders,
  platform: Pick<ChatPlatform, "words">,
  by: ChatPerson,
  user: Pick<User, "id">,
  about: Deciding,
): Promise<void> {
  const { permissions } = services;
  const who = deciderOf(services, by, user);
  const verdict = await permissions.verdict(who, about.rfcSlug, true);
  if (verdict.may) return;
  await permissions.noteRefusal(user.id, by.platform, about, verdict);
  const takesAccounts = await permissions.takesAccounts(about.rfcSlug);
  throw new UserError("forbidden", describeRefusal(verdict, takesAccounts, platform.words));
}

function describeRefusal(
  { account }: Verdict & { may: false },
  takesAccounts: boolean,
  words: PlatformWords,
): string {
  const add = asCode(words, `maintainers add ${words.maintainer}`);
  const connect = asCode(words, "connect");
  const named = `Only maintainers decide here; an admin of this ${words.workspace} names them with ${add}, and ${asCode(words, "maintainers")} lists them.`;
  if (account === null) {
    return takesAccounts
      ? `${named} Or show me with ${connect} that you may write to the repository on GitHub.`
      : named;
  }
  return account.isKnown
    ? `${named} Your account on GitHub, ${account.login}, may not write to the repository.`
    : `GitHub does not know any more that ${account.login} is your account; connect it anew with ${connect}, and do this again.`;
}

/** For telling somebody what waits for them; false where it cannot be asked now. */
export async function mayDecideHere(
  services: Deciders,
  by: ChatPerson,
  user: Pick<User, "id">,
  rfcSlug: string,
): Promise<boolean> {
  try {
    return (await services.permissions.verdict(deciderOf(services, by, user), rfcSlug, false)).may;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** @throws UserError forbidden */
export async function assertAdmin(
  { platform, by }: { platform: ChatPlatform; by: ChatPerson },
  what: string,
): Promise<void> {
  if (await isAdmin(platform, by)) return;
  throw new UserError(
    "forbidden",
    `Only admins of this ${platform.words.workspace} ${what}; ask one of them to do it.`,
  );
}

/** Whoever runs the workspace, or decides on the RFC. @throws UserError forbidden */
export async function assertMayConfigure(
  given: {
    services: Deciders;
    platform: ChatPlatform;
    by: ChatPerson;
    user: Pick<User, "id">;
  },
  rfcSlug: string,
  what: string,
): Promise<void> {
  const { services, platform, by, user } = given;
  if (await isAdmin(platform, by)) return;
  const who = deciderOf(services, by, user);
  const { may } = await services.permissions.verdict(who, rfcSlug, true);
  if (may) return;
  throw new UserError(
    "forbidden",
    `Only maintainers and admins of this ${platform.words.workspace} ${what}; ask one of them to do it.`,
  );
}

/** Nobody from elsewhere runs the workspace. */
export async function isAdmin(platform: ChatPlatform, by: ChatPerson): Promise<boolean> {
  return !by.isOutsider && (await platform.isAdmin(by));
}

/** What the person's workspace may talk about: nothing for who writes from none, who may be anybody. */
export function scopeOf(
  { openPlatforms }: Pick<ChatServices, "openPlatforms">,
  { platform, workspaceId }: WorkspaceKey,
): WorkspaceScope {
  const isOpen = !isNowhere({ workspaceId }) && openPlatforms.has(platform);
  return { platform, workspaceId, isOpen };
}

/** Whether somebody writes from no workspace, as in direct messages on Discord. */
export function isNowhere({ workspaceId }: Pick<WorkspaceKey, "workspaceId">): boolean {
  return workspaceId === "";
}

/** To somebody who writes from no workspace. */
export function describeNowhere({ workspace }: PlatformWords): string {
  return `RFCs are discussed in the threads of a ${workspace}, where it is known who may read them: do this in one of those.`;
}

/**
 * A place that only the platform shows Redline: nothing is linked where it could not read along. A platform
 * that is too busy is not waited for, since a form opens within seconds; nothing is shown there afterwards
 * where it does not let Redline in. @throws UserError not-ready
 */
export async function assertReadable(platform: ChatPlatform, at: ChatPlace): Promise<void> {
  try {
    await platform.listOwn(at, new Date());
  } catch (error) {
    if (error instanceof HostBusy) return;
    if (!(error instanceof PlaceRefused) || error.scope === "access") throw error;
    throw new UserError("not-ready", platform.words.unreadable, { cause: error });
  }
}

export function noSuchCard(): UserError {
  return new UserError("not-found", "There is no such card here any more.");
}

export function noSuchChangeHere(words: PlatformWords, number: number): UserError {
  return new UserError(
    "not-found",
    `There is no change #${number} here; ${asCode(words, "changes")} lists those that are open.`,
  );
}
