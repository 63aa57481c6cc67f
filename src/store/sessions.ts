/**
 * Browsers in which somebody is signed in. A session counts only as long as its account is the one that its person
 * has connected: whoever loses the account is signed out with it.
 */
import type { User } from "../engine.ts";
import type { Session } from "../sign-in/session.ts";
import type { Db } from "./database.ts";

export async function insertSession(
  db: Db,
  session: { tokenHash: string; userId: string; accountId: string; agent: string; forMs: number },
): Promise<void> {
  const { tokenHash, userId, accountId, agent, forMs } = session;
  await db`
    insert into sessions (token_hash, user_id, account_id, agent, ends_at)
    values (${tokenHash}, ${userId}, ${accountId}, ${agent}, now() + ${forMs} * interval '1 ms')`;
}

/** Whose session it is, and which. */
export interface FoundSession {
  id: string;
  user: User;
  accountId: string;
  /** The account's name on the host. */
  login: string;
  /** Whether a sign of life is to be noted: at most one a minute is. */
  isDue: boolean;
}

/** @param idleMs after how long without a sign of life it is over */
export async function findSession(
  db: Db,
  tokenHash: string,
  idleMs: number,
): Promise<FoundSession | null> {
  const [row] = await db<(Omit<FoundSession, "user"> & User & { userId: string })[]>`
    select s.id, u.id as user_id, u.display_name, u.email, c.account_id, c.login,
      s.seen_at < now() - interval '1 minute' as is_due
    from sessions s join users u on u.id = s.user_id
      join connected_accounts c on c.user_id = s.user_id and c.account_id = s.account_id
    where s.token_hash = ${tokenHash} and ${isLive(db, idleMs)}`;
  if (!row) return null;
  const { userId, displayName, email, ...found } = row;
  return { ...found, user: { id: userId, displayName, email } };
}

/** Notes a sign of life. */
export async function touchSession(db: Db, id: string): Promise<void> {
  await db`update sessions set seen_at = now() where id = ${id}`;
}

/** The newest sign of life first. */
export async function listSessions(
  db: Db,
  userId: string,
  idleMs: number,
): Promise<Omit<Session, "isCurrent">[]> {
  return db<Omit<Session, "isCurrent">[]>`
    select s.id, s.agent, s.created_at, s.seen_at
    from sessions s join connected_accounts c
      on c.user_id = s.user_id and c.account_id = s.account_id
    where s.user_id = ${userId} and ${isLive(db, idleMs)}
    order by s.seen_at desc, s.id`;
}

const isLive = (db: Db, idleMs: number) =>
  db`s.ends_at > now() and s.seen_at > now() - ${idleMs} * interval '1 ms'`;

export async function deleteSession(db: Db, id: string): Promise<void> {
  await db`delete from sessions where id = ${id}`;
}

export async function deleteSessionsOf(db: Db, ...userIds: string[]): Promise<void> {
  await db`delete from sessions where user_id in ${db(userIds)}`;
}

/** Those that are over by themselves. */
export async function deleteEndedSessions(db: Db, idleMs: number): Promise<void> {
  await db`
    delete from sessions
    where ends_at <= now() or seen_at <= now() - ${idleMs} * interval '1 ms'`;
}
