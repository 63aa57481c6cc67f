/** Two people who turn out to be one, and an account that becomes somebody's no more. */
import type { HostAccount } from "../ports.ts";
import { deleteConnected } from "./connected-accounts.ts";
import type { Tx } from "./database.ts";
import type { Identity } from "./people.ts";
import { mergeSpending } from "./spending.ts";
import { ensureAccount, findUser, noReplyAddress } from "./people.ts";
import { deleteSessionsOf } from "./sessions.ts";

/** A column that names a user. */
export interface UserReference {
  table: string;
  column: string;
  /** What a person has one row of, by these columns beside; left out where there may be any number. */
  once?: readonly string[];
}

const of = (table: string, column = "user_id"): UserReference => ({ table, column });
const once = (table: string, ...columns: string[]): UserReference => {
  return { table, column: "user_id", once: columns };
};

/** All there are; a test holds the list against the database's own. */
export const USER_REFERENCES: readonly UserReference[] = [
  of("identities"),
  once("connected_accounts"),
  of("connection_requests"),
  of("former_users"),
  of("threads", "created_by"),
  of("thread_messages", "author_user_id"),
  of("thread_links", "private_to"),
  of("turns", "asked_by"),
  of("changes", "author_user_id"),
  of("decisions"),
  of("concerns", "author_user_id"),
  of("concerns", "settled_by"),
  of("merge_proposals", "proposed_by"),
  once("merge_words", "proposal_id"),
  of("link_invitations", "invited_by"),
  of("records", "made_by"),
  of("audit_entries"),
  once("maintainers", "platform", "workspace_id"),
  of("maintainers", "added_by"),
  of("maintainer_roles", "added_by"),
  once("rfc_maintainers", "rfc_slug"),
  of("rfc_maintainers", "added_by"),
  once("watches", "rfc_slug"),
  once("thread_watches", "thread_id"),
  once("mutes", "rfc_slug", "thread_id"),
  once("thread_reads", "thread_id"),
  once("overview_visits", "platform", "workspace_id"),
  once("notification_settings"),
  of("private_messages"),
  once("command_counts"),
  once("limit_notices"),
  of("summaries_asked"),
  of("sessions"),
];

/** Names users as well, but is no reference: there are too many rows that are written at once. */
const NOTIFICATIONS = once("notifications", "kind", "subject");

/**
 * Everything of a person becomes another's, who keeps their name; of what there is one, theirs stays. Whoever is
 * being written about at this moment is waited for.
 */
export async function mergePeople(tx: Tx, into: string, from: string): Promise<void> {
  // In the order in which whoever is heard of takes them.
  await tx`select 1 from identities where user_id in ${tx([into, from])}
    order by platform, workspace_id, platform_user_id for update`;
  await tx`select 1 from users where id in ${tx([into, from])} order by id for update`;
  await keepTheBetter(tx, into, from);
  await mergeSpending(tx, into, from);
  for (const reference of USER_REFERENCES) await move(tx, reference, into, from);
  await moveNotifications(tx, into, from);
  await tx`delete from users where id = ${from}`;
  await tx`insert into former_users (id, user_id) values (${from}, ${into})`;
}

async function move(
  tx: Tx,
  { table, column, once: by }: UserReference,
  into: string,
  from: string,
): Promise<void> {
  if (by) {
    await tx`
      delete from ${tx(table)} f using ${tx(table)} k
      where f.${tx(column)} = ${from} and k.${tx(column)} = ${into}
        ${by.length === 0 ? tx`` : by.map((key) => tx`and f.${tx(key)} is not distinct from k.${tx(key)}`)}`;
  }
  await tx`update ${tx(table)} set ${tx(column)} = ${into} where ${tx(column)} = ${from}`;
}

/**
 * Whoever tells somebody of something at this moment is waited for, and waits until it is known who they are.
 * After all else: who holds rows of other tables may wait for this one.
 */
async function moveNotifications(tx: Tx, into: string, from: string): Promise<void> {
  await tx`lock table notifications in share row exclusive mode`;
  await tx`
    update notifications k set read_at = coalesce(k.read_at, f.read_at),
      told_at = coalesce(k.told_at, f.told_at)
    from notifications f
    where k.user_id = ${into} and f.user_id = ${from} and f.kind = k.kind and f.subject = k.subject`;
  await move(tx, NOTIFICATIONS, into, from);
}

/** What one of the two has done already is not to be done again. */
async function keepTheBetter(tx: Tx, into: string, from: string): Promise<void> {
  await tx`
    update thread_reads k set seq = greatest(k.seq, f.seq), read_at = greatest(k.read_at, f.read_at)
    from thread_reads f
    where k.user_id = ${into} and f.user_id = ${from} and f.thread_id = k.thread_id`;
  await tx`
    delete from merge_words k using merge_words f
    where k.user_id = ${into} and f.user_id = ${from} and f.proposal_id = k.proposal_id
      and k.word is null and f.word is not null`;
}

/**
 * The account on GitHub that a person has becomes one of somebody else's, under the account's name. What the
 * person said and did stays theirs.
 */
export async function splitAccount(tx: Tx, userId: string): Promise<void> {
  const [account] = await tx<{ platformUserId: string; name: string; email: string | null }[]>`
    select i.platform_user_id, coalesce(i.display_name, i.platform_user_id) as name, u.email
    from identities i join users u on u.id = i.user_id
    where i.user_id = ${userId} and i.platform = 'github'
      and exists (select 1 from identities o where o.user_id = u.id and o.platform <> 'github')
    for update`;
  if (!account) return;
  const { platformUserId, name, email } = account;
  await tx`
    with u as (
      insert into users (display_name, email) values (${name}, ${email}) returning id
    )
    update identities set user_id = u.id from u
    where platform = 'github' and workspace_id = '' and platform_user_id = ${platformUserId}`;
  await tx`update users set email = null where id = ${userId}`;
}

/**
 * Makes an account on GitHub one of the person behind an identity, and whoever was known by it the same person.
 * Answers with that person's id.
 */
export async function attachAccount(
  tx: Tx,
  identity: Identity,
  account: HostAccount,
): Promise<string> {
  const person = await findUser(tx, identity);
  if (!person) throw new Error("somebody connects an account who was never heard of");
  const holder = await ensureAccount(tx, account);
  let userId = person.id;
  if (holder.id !== person.id) {
    // A person decides with one account: the one before goes.
    await deleteConnected(tx, person.id);
    await splitAccount(tx, person.id);
    const [other] = await tx`
      select 1 from identities where user_id = ${holder.id} and platform <> 'github' limit 1`;
    // Whoever is signed in by the account is to notice whose it is from now on.
    await deleteSessionsOf(tx, person.id, holder.id);
    userId = other ? holder.id : person.id;
    await mergePeople(tx, userId, other ? person.id : holder.id);
  }
  await tx`update users set email = ${noReplyAddress(account)} where id = ${userId}`;
  return userId;
}
