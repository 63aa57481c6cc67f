/** Who may do what in a workspace; asked anew each time. */
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { isMaintainer } from "../store/maintainers.ts";
import type { WorkspaceKey, WorkspaceScope } from "../store/workspaces.ts";
import type { ChatPerson, ChatPlace } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import { PlaceRefused } from "./chat-platform.ts";
import type { ChatServices } from "./services.ts";

/** Whether the person may accept and decline in their workspace. */
function mayDecide(
  { sql }: Pick<ChatServices, "sql">,
  by: ChatPerson,
  user: Pick<User, "id">,
): Promise<boolean> {
  return isMaintainer(sql, by, user.id);
}

/** @throws UserError forbidden */
export async function assertMayDecide(
  services: Pick<ChatServices, "sql">,
  by: ChatPerson,
  user: Pick<User, "id">,
): Promise<void> {
  if (await mayDecide(services, by, user)) return;
  throw new UserError(
    "forbidden",
    "Only maintainers decide here; an admin of this workspace names them with `maintainers add @user`, and `maintainers` lists them.",
  );
}

/** @throws UserError forbidden */
export async function assertAdmin(
  { platform, by }: { platform: ChatPlatform; by: ChatPerson },
  what: string,
): Promise<void> {
  if (await isAdmin(platform, by)) return;
  throw new UserError(
    "forbidden",
    `Only admins of this workspace ${what}; ask one of them to do it.`,
  );
}

/** Whoever runs the workspace, or decides in it. @throws UserError forbidden */
export async function assertMayConfigure(
  given: {
    services: Pick<ChatServices, "sql">;
    platform: ChatPlatform;
    by: ChatPerson;
    user: Pick<User, "id">;
  },
  what: string,
): Promise<void> {
  const { services, platform, by, user } = given;
  if ((await mayDecide(services, by, user)) || (await isAdmin(platform, by))) return;
  throw new UserError(
    "forbidden",
    `Only maintainers and admins of this workspace ${what}; ask one of them to do it.`,
  );
}

/** Nobody from elsewhere runs the workspace. */
async function isAdmin(platform: ChatPlatform, by: ChatPerson): Promise<boolean> {
  return !by.isOutsider && (await platform.isAdmin(by));
}

/** What the person's workspace may talk about. */
export function scopeOf(
  { openPlatforms }: Pick<ChatServices, "openPlatforms">,
  { platform, workspaceId }: WorkspaceKey,
): WorkspaceScope {
  return { platform, workspaceId, isOpen: openPlatforms.has(platform) };
}

/**
 * A place that only the platform shows Redline: nothing is linked where it could not read along.
 * @throws UserError not-ready, HostBusy
 */
export async function assertReadable(platform: ChatPlatform, at: ChatPlace): Promise<void> {
  try {
    await platform.listOwn(at, new Date());
  } catch (error) {
    if (!(error instanceof PlaceRefused) || error.scope === "access") throw error;
    const words = "Invite @Redline to this channel first; I cannot read what is said here.";
    throw new UserError("not-ready", words, { cause: error });
  }
}

export function noSuchCard(): UserError {
  return new UserError("not-found", "There is no such card here any more.");
}

export function noSuchChangeHere(number: number): UserError {
  return new UserError(
    "not-found",
    `There is no change #${number} here; \`changes\` lists those that are open.`,
  );
}
