import type { User } from "../engine.ts";
import type { HostAccount } from "../ports.ts";
import type { Db } from "./database.ts";

export interface Identity {
  platform: string;
  /** '' where the platform has no workspaces. */
  workspaceId: string;
  platformUserId: string;
}

/**
 * The user behind an identity, made on first sight; the name and address follow what was last seen. The
 * platform's id is no name: it only stands in for one as long as there is none.
 */
export async function ensureUser(
  db: Db,
  identity: Identity,
  seen: { displayName: string; email: string | null },
): Promise<User> {
  const { platform, workspaceId, platformUserId } = identity;
  const [known] = await db<User[]>`
    update users u set email = ${seen.email},
      display_name = case when ${seen.displayName} = i.platform_user_id then u.display_name
        else ${seen.displayName} end
    from identities i
    where i.user_id = u.id and i.platform = ${platform} and i.workspace_id = ${workspaceId}
      and i.platform_user_id = ${platformUserId}
    returning u.id, u.display_name, u.email`;
  if (known) return known;
  await db`
    with u as (
      insert into users (display_name, email) values (${seen.displayName}, ${seen.email}) returning id
    )
    insert into identities (user_id, platform, workspace_id, platform_user_id)
    select id, ${platform}, ${workspaceId}, ${platformUserId} from u
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

/** The user behind an account on GitHub, with the address that keeps their own private. */
export function ensureAccount(db: Db, { id, login }: HostAccount): Promise<User> {
  const identity = { platform: "github", workspaceId: "", platformUserId: id };
  const email = `${id}+${login}@users.noreply.github.com`;
  return ensureUser(db, identity, { displayName: login, email });
}
