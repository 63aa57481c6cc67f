/** Who may do what in a workspace; asked anew each time. */
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { isMaintainer } from "../store/maintainers.ts";
import type { ChatPerson } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
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
  if (await platform.isAdmin(by)) return;
  throw new UserError(
    "forbidden",
    `Only admins of this workspace ${what}; ask one of them to do it.`,
  );
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
