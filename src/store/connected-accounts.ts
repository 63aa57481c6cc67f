/** Accounts on GitHub that people have shown to be theirs, and those who are being asked to. */
import type { ChatPerson, ChatPlace, Reply } from "../chat/chat-event.ts";
import type { Db, Tx } from "./database.ts";
import type { DueRows } from "./due.ts";

export interface ConnectedAccount {
  userId: string;
  /** GitHub's id, which stays when the account is renamed. */
  accountId: string;
  login: string;
  /** Sealed text. */
  sealed: string;
}

const COLUMNS = ["user_id", "account_id", "login", "sealed"];

export async function findConnected(db: Db, userId: string): Promise<ConnectedAccount | null> {
  const [row] = await db<ConnectedAccount[]>`
    select ${db(COLUMNS)} from connected_accounts where user_id = ${userId}`;
  return row ?? null;
}

/** The same, for who is about to change it: others wait. */
export async function lockConnected(tx: Tx, userId: string): Promise<ConnectedAccount | null> {
  const [row] = await tx<ConnectedAccount[]>`
    select ${tx(COLUMNS)} from connected_accounts where user_id = ${userId} for update`;
  return row ?? null;
}

/** In place of the one that the person had. */
export async function putConnected(db: Db, account: ConnectedAccount): Promise<void> {
  await db`
    insert into connected_accounts ${db({ ...account }, "userId", "accountId", "login", "sealed")}
    on conflict (user_id) do update set account_id = excluded.account_id, login = excluded.login,
      sealed = excluded.sealed, connected_at = now(), confirmed_at = now(), joinable_until = null`;
}

/** For so long another account of the person's may join them. */
export async function letJoin(db: Db, userId: string, forMs: number): Promise<void> {
  await db`
    update connected_accounts set joinable_until = now() + ${forMs} * interval '1 ms'
    where user_id = ${userId}`;
}

/** Somebody in chat who has an account on GitHub already. */
export interface AccountHolder {
  userId: string;
  /** Null where they did not show that it is theirs. */
  sealed: string | null;
  isJoinable: boolean;
  /** What they are called in chat. */
  accounts: { platform: string; name: string; workspace: string | null }[];
}

export async function findHolder(db: Db, accountId: string): Promise<AccountHolder | null> {
  const [holder] = await db<AccountHolder[]>`
    select g.user_id, c.sealed, coalesce(c.joinable_until > now(), false) as is_joinable, a.accounts
    from identities g
    left join connected_accounts c on c.user_id = g.user_id and c.account_id = g.platform_user_id
    cross join lateral (
      select jsonb_agg(jsonb_build_object(
        'platform', i.platform, 'name', coalesce(i.display_name, i.platform_user_id),
        'workspace', w.name) order by i.platform, w.name, i.platform_user_id) as accounts
      from identities i left join workspaces w
        on w.platform = i.platform and w.workspace_id = i.workspace_id
      where i.user_id = g.user_id and i.platform <> 'github'
    ) a
    where g.platform = 'github' and g.workspace_id = '' and g.platform_user_id = ${accountId}
      and a.accounts is not null`;
  return holder ?? null;
}

/** Keeps a newer token of the same account, or the same sealed anew; whether it was still the one given. */
export async function replaceSealed(
  db: Db,
  account: Pick<ConnectedAccount, "userId" | "sealed">,
  to: string,
): Promise<boolean> {
  const { userId, sealed } = account;
  const { count } = await db`
    update connected_accounts set sealed = ${to}
    where user_id = ${userId} and sealed = ${sealed}`;
  return count > 0;
}

/** In the order of their people, those after one. */
export async function pageOfConnected(
  db: Db,
  after: string | null,
  limit: number,
): Promise<ConnectedAccount[]> {
  const from = after === null ? db`` : db`where user_id > ${after}`;
  return db<ConnectedAccount[]>`
    select ${db(COLUMNS)} from connected_accounts ${from} order by user_id limit ${limit}`;
}

/** What a connected account's sealed text is for. */
export const connectedAccountUse = (accountId: string): string =>
  `connected account github ${accountId}`;

/** GitHub knows the token, and calls its account so. */
export async function confirmConnected(
  db: Db,
  { userId, accountId, login }: Omit<ConnectedAccount, "sealed">,
): Promise<void> {
  await db`
    update connected_accounts set confirmed_at = now(), login = ${login}
    where user_id = ${userId} and account_id = ${accountId}`;
}

export async function deleteConnected(db: Db, userId: string): Promise<ConnectedAccount | null> {
  const [row] = await db<ConnectedAccount[]>`
    delete from connected_accounts where user_id = ${userId} returning ${db(COLUMNS)}`;
  return row ?? null;
}

/** Somebody is asked to enter a code on GitHub. */
export interface ConnectionRequest {
  id: string;
  by: ChatPerson;
  reply: Reply | ChatPlace;
}

/** Begins one, in place of an earlier one of the same account in chat. */
export async function putConnectionRequest(
  db: Db,
  { by, reply, userId }: Omit<ConnectionRequest, "id"> & { userId: string },
  leaseMs: number,
): Promise<string> {
  const lease = db`clock_timestamp() + ${leaseMs} * interval '1 ms'`;
  const [row] = await db<{ id: string }[]>`
    insert into connection_requests
      (user_id, platform, workspace_id, platform_user_id, reply, lease_until)
    values (${userId}, ${by.platform}, ${by.workspaceId}, ${by.id}, ${db.json({ ...reply })}, ${lease})
    on conflict (platform, workspace_id, platform_user_id) do update set
      id = gen_random_uuid(), user_id = excluded.user_id, reply = excluded.reply, created_at = now(),
      lease_until = excluded.lease_until
    returning id`;
  return row!.id;
}

/** Keeps it; false when it is over, or another has taken its place. */
export async function renewConnectionRequest(
  db: Db,
  id: string,
  leaseMs: number,
): Promise<boolean> {
  const rows = await db`
    update connection_requests set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where id = ${id} returning 1`;
  return rows.length > 0;
}

/** Ends it; false when it was over, or another had taken its place. */
export async function deleteConnectionRequest(db: Db, id: string): Promise<boolean> {
  const rows = await db`delete from connection_requests where id = ${id} returning 1`;
  return rows.length > 0;
}

/** Ends all of a person's. */
export async function deleteRequestsOf(db: Db, userId: string): Promise<void> {
  await db`delete from connection_requests where user_id = ${userId}`;
}

/** Those whose process is gone. */
export const abandonedRequests: DueRows = (db) => db`
  select id from connection_requests where lease_until < clock_timestamp()`;

/** Takes those whose process is gone; whoever has them is given so long to tell their people. */
export async function claimAbandonedRequests(
  db: Db,
  leaseMs: number,
): Promise<ConnectionRequest[]> {
  const rows = await db<{ id: string; by: ChatPerson; reply: Reply | ChatPlace }[]>`
    update connection_requests set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where id in (
      ${abandonedRequests(db)}
      order by lease_until limit 100 for update skip locked)
    returning id, reply, jsonb_build_object('platform', platform, 'workspaceId', workspace_id,
      'id', platform_user_id) as by`;
  return [...rows];
}
