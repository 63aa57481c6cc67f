/** Who somebody is: a user is a person, and their identities are the accounts that they are known by. */
import type { User } from "../engine.ts";
import type { HostAccount } from "../ports.ts";
import type { Db } from "./database.ts";

export interface Identity {
  platform: string;
  /** '' where the platform has no workspaces. */
  workspaceId: string;
  platformUserId: string;
}

/** What an account told of its person. */
export interface SeenAs {
  displayName: string;
  /** Null where the platform tells none; a known one stays. */
  email: string | null;
  isBot?: boolean;
  /** IANA name; left out where the platform tells none. */
  timeZone?: string | null;
}

/**
 * The user behind an identity, made on first sight; they are heard of there. A person's name follows when the
 * name of one of their accounts changes, but is never taken from GitHub where another account tells one. The
 * platform's id is no name: it only stands in for one as long as there is none.
 */
export async function ensureUser(db: Db, identity: Identity, seen: SeenAs): Promise<User> {
  const { platform, workspaceId, platformUserId } = identity;
  const { displayName, email, isBot = false, timeZone = null } = seen;
  const name = displayName === platformUserId ? null : displayName;
  const [known] = await db<User[]>`
    with known as (
      select user_id, display_name as called from identities
      where platform = ${platform} and workspace_id = ${workspaceId}
        and platform_user_id = ${platformUserId}
      for update
    ), heard as (
      update identities set display_name = coalesce(${name}, display_name), seen_at = now(),
        time_zone = coalesce(${timeZone}, time_zone),
        unreachable_since = null, unreachable_why = null
      where platform = ${platform} and workspace_id = ${workspaceId}
        and platform_user_id = ${platformUserId}
    )
    update users u set email = coalesce(${email}, u.email), display_name = case
      when ${name}::text is null or ${name} is not distinct from known.called then u.display_name
      when ${platform} = 'github' and exists (
        select 1 from identities o where o.user_id = u.id and o.platform <> 'github')
        then u.display_name
      else ${name} end
    from known where u.id = known.user_id
    returning u.id, u.display_name, u.email`;
  if (known) return known;
  await db`
    with u as (
      insert into users (display_name, email, is_bot) values (${displayName}, ${email}, ${isBot})
      returning id
    )
    insert into identities (user_id, platform, workspace_id, platform_user_id, display_name)
    select id, ${platform}, ${workspaceId}, ${platformUserId}, ${name} from u
    on conflict do nothing`;
  return ensureUser(db, identity, seen);
}

/** The user behind an identity that was seen before. */
export async function findUser(
  db: Db,
  { platform, workspaceId, platformUserId }: Identity,
): Promise<User | null> {
  const [user] = await db<User[]>`
    select u.id, u.display_name, u.email from users u join identities i on i.user_id = u.id
    where i.platform = ${platform} and i.workspace_id = ${workspaceId}
      and i.platform_user_id = ${platformUserId}`;
  return user ?? null;
}

/** How accounts on GitHub are identified. */
function accountIdentity({ id }: Pick<HostAccount, "id">): Identity {
  return { platform: "github", workspaceId: "", platformUserId: id };
}

/** The address that keeps an account's own private. Source: docs.github.com, "Email addresses reference". */
export function noReplyAddress({ id, login }: HostAccount): string {
  return `${id}+${login}@users.noreply.github.com`;
}

/** The user behind an account on GitHub. */
export function ensureAccount(db: Db, account: HostAccount): Promise<User> {
  const { login } = account;
  return ensureUser(db, accountIdentity(account), {
    displayName: login,
    email: noReplyAddress(account),
    // No person's login holds brackets.
    isBot: login.endsWith("[bot]"),
  });
}

/** Whether it is the console's user on this machine. */
export async function isConsoleUser(db: Db, userId: string): Promise<boolean> {
  const [row] = await db<{ is: boolean }[]>`
    select exists (
      select 1 from identities where user_id = ${userId} and platform = 'console') as is`;
  return row!.is;
}
