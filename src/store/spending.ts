/** What was used, by workspace and by person, summed up by day (UTC). */
import type { PendingQuery, Row } from "postgres";
import type { Scope, SpentIn } from "../budgets/limit.ts";
import { DELETED_SHARE } from "../budgets/share.ts";
import type { Db, Tx } from "./database.ts";

/** What a turn, or a summary, is charged to. */
export interface Charged {
  share: string;
  /** Null where whoever asked is not known any more. */
  userId: string | null;
}

export interface Charge {
  /** Answers that are counted with it; one where nothing is said. */
  turns?: number;
  tokens: number;
  /** Null where the model has no price. */
  microdollars: number | null;
}

/**
 * In so many rows a sum is kept: each connection adds to one of them, and turns of a workspace that end in one
 * moment hardly ever wait for each other.
 */
const PARTS = 32;

/**
 * Adds to both sums. The last statement of its transaction, since others may wait for its rows; always the
 * person's row first, so that nobody waits for each other.
 */
export function charge(db: Db, { share, userId }: Charged, used: Charge): PendingQuery<Row[]> {
  return add(db, used, db`(select ${share}::text as share, ${userId}::uuid as asked_by)`);
}

/** What a turn used. Its row knows whose it is: two people may have become one meanwhile. */
export function chargeTurn(db: Db, turnId: string, used: Charge): PendingQuery<Row[]> {
  return add(db, used, db`(select share, asked_by from turns where id = ${turnId})`);
}

/** @param whose has `share` and `asked_by` */
function add(db: Db, used: Charge, whose: PendingQuery<Row[]>): PendingQuery<Row[]> {
  const unpriced = used.microdollars === null ? used.tokens : 0;
  return db`
    insert into spending as s (
      scope, scope_id, day, part, turns, tokens, microdollars, unpriced_tokens)
    select v.scope, v.scope_id, (now() at time zone 'utc')::date, pg_backend_pid() % ${PARTS},
      ${used.turns ?? 1}, ${used.tokens}, ${used.microdollars ?? 0}, ${unpriced}
    from ${whose} w, lateral (
      values (1, 'person', w.asked_by::text), (2, 'workspace', w.share)) v (n, scope, scope_id)
    where v.scope_id is not null and v.scope_id <> ${DELETED_SHARE} order by v.n
    on conflict (scope, scope_id, day, part) do update set turns = s.turns + excluded.turns,
      tokens = s.tokens + excluded.tokens, microdollars = s.microdollars + excluded.microdollars,
      unpriced_tokens = s.unpriced_tokens + excluded.unpriced_tokens`;
}

/** What a scope has used today and in this month. */
export interface ScopeSpent extends SpentIn {
  scope: Scope;
  scopeId: string;
}

/** Of the scopes asked for; one that has used nothing is left out. */
export async function listSpent(
  db: Db,
  of: readonly { scope: Scope; scopeId: string }[],
): Promise<ScopeSpent[]> {
  return sums(
    db,
    db`and (scope, scope_id) in (
      select * from unnest(${of.map((one) => one.scope)}::text[], ${of.map((one) => one.scopeId)}::text[]))`,
  );
}

/** Of all, the most expensive of the month first. */
export async function listAllSpent(db: Db, most: number): Promise<ScopeSpent[]> {
  return sums(db, db``, most);
}

interface SumRow {
  scope: Scope;
  scopeId: string;
  dayTurns: number;
  dayTokens: number;
  dayMicrodollars: number;
  dayUnpriced: number;
  monthTurns: number;
  monthTokens: number;
  monthMicrodollars: number;
  monthUnpriced: number;
}

async function sums(
  db: Db,
  condition: PendingQuery<Row[]>,
  most: number | null = null,
): Promise<ScopeSpent[]> {
  const rows = await db<SumRow[]>`
    with t as (select (now() at time zone 'utc')::date as today)
    select scope, scope_id,
      coalesce(sum(turns) filter (where day = today), 0)::float8 as day_turns,
      coalesce(sum(tokens) filter (where day = today), 0)::float8 as day_tokens,
      coalesce(sum(microdollars) filter (where day = today), 0)::float8 as day_microdollars,
      coalesce(sum(unpriced_tokens) filter (where day = today), 0)::float8 as day_unpriced,
      sum(turns)::float8 as month_turns, sum(tokens)::float8 as month_tokens,
      sum(microdollars)::float8 as month_microdollars, sum(unpriced_tokens)::float8 as month_unpriced
    from spending, t
    where day >= date_trunc('month', today)::date ${condition}
    group by scope, scope_id order by month_microdollars desc, month_tokens desc, scope, scope_id
    limit ${most}`;
  return rows.map((row) => ({
    scope: row.scope,
    scopeId: row.scopeId,
    day: {
      turns: row.dayTurns,
      tokens: row.dayTokens,
      microdollars: row.dayMicrodollars,
      unpricedTokens: row.dayUnpriced,
    },
    month: {
      turns: row.monthTurns,
      tokens: row.monthTokens,
      microdollars: row.monthMicrodollars,
      unpricedTokens: row.monthUnpriced,
    },
  }));
}

/** What one person used becomes another's. */
export async function mergeSpending(tx: Tx, into: string, from: string): Promise<void> {
  await tx`
    insert into spending as s (
      scope, scope_id, day, part, turns, tokens, microdollars, unpriced_tokens)
    select scope, ${into}, day, part, turns, tokens, microdollars, unpriced_tokens
    from spending where scope = 'person' and scope_id = ${from}
    on conflict (scope, scope_id, day, part) do update set turns = s.turns + excluded.turns,
      tokens = s.tokens + excluded.tokens, microdollars = s.microdollars + excluded.microdollars,
      unpriced_tokens = s.unpriced_tokens + excluded.unpriced_tokens`;
  await tx`delete from spending where scope = 'person' and scope_id = ${from}`;
  await tx`
    update budget_limits l set scope_id = ${into}
    where scope = 'person' and scope_id = ${from} and not exists (
      select 1 from budget_limits k where k.scope = 'person' and k.scope_id = ${into}
        and k.unit = l.unit and k.period = l.period)`;
  await tx`delete from budget_limits where scope = 'person' and scope_id = ${from}`;
}
