/** Limits that an operator has set, models that workspaces may use, and the stop of all answers. */
import type { Limit, Scope } from "../budgets/limit.ts";
import type { AllowedModel, OwnLimit, Rules, Stop } from "../budgets/rules.ts";
import type { Db, Tx } from "./database.ts";

/** All that was set, in one go: it is little, and every process keeps it. */
export async function readRules(db: Db): Promise<Rules> {
  const [row] = await db<{ limits: OwnLimit[]; models: AllowedModel[]; stop: StoredStop | null }[]>`
    select
      (select coalesce(jsonb_agg(jsonb_build_object('scope', scope, 'scopeId', scope_id, 'unit', unit,
        'period', period, 'amount', amount) order by scope, scope_id, unit, period), '[]')
        from budget_limits) as limits,
      (select coalesce(jsonb_agg(jsonb_build_object('share', share, 'pattern', pattern)
        order by share, pattern), '[]') from allowed_models) as models,
      (select jsonb_build_object('reason', reason, 'since', since) from answer_stop) as stop`;
  const { limits, models, stop } = row!;
  return { limits, models, stop: stop && { ...stop, since: new Date(stop.since) } };
}

interface StoredStop {
  reason: string | null;
  since: string;
}

export async function findStop(db: Db): Promise<Stop | null> {
  const [row] = await db<Stop[]>`select reason, since from answer_stop`;
  return row ?? null;
}

/** False when answers were stopped already; then the new reason is kept. */
export async function putStop(db: Db, reason: string | null): Promise<boolean> {
  const [row] = await db<{ isNew: boolean }[]>`
    insert into answer_stop (reason) values (${reason})
    on conflict (is_stopped) do update set reason = excluded.reason
    returning xmax = 0 as is_new`;
  return row!.isNew;
}

/** False when they were not stopped. */
export async function deleteStop(db: Db): Promise<boolean> {
  return (await db`delete from answer_stop returning 1`).length > 0;
}

export async function putLimit(db: Db, scope: Scope, scopeId: string, limit: Limit): Promise<void> {
  await db`
    insert into budget_limits (scope, scope_id, unit, period, amount)
    values (${scope}, ${scopeId}, ${limit.unit}, ${limit.period}, ${limit.amount})
    on conflict (scope, scope_id, unit, period) do update set amount = excluded.amount`;
}

/** How many there were. */
export async function deleteLimits(db: Db, scope: Scope, scopeId: string): Promise<number> {
  const rows = await db`
    delete from budget_limits where scope = ${scope} and scope_id = ${scopeId} returning 1`;
  return rows.length;
}

/** False when it was allowed already. */
export async function allowModel(db: Db, share: string, pattern: string): Promise<boolean> {
  const rows = await db`
    insert into allowed_models (share, pattern) values (${share}, ${pattern})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

export async function disallowModel(db: Db, share: string, pattern: string): Promise<boolean> {
  const rows = await db`
    delete from allowed_models where share = ${share} and pattern = ${pattern} returning 1`;
  return rows.length > 0;
}

/** Notes that it was told that a budget is nearly used; false when that was told of this amount before. */
export async function putWarning(
  tx: Tx,
  about: { scope: Scope; scopeId: string } & Pick<Limit, "unit" | "period"> & { amount: number },
  begins: string,
): Promise<boolean> {
  const rows = await tx`
    insert into budget_warnings (scope, scope_id, unit, period, begins, amount)
    values (${about.scope}, ${about.scopeId}, ${about.unit}, ${about.period}, ${begins}::date,
      ${about.amount})
    on conflict do nothing returning 1`;
  return rows.length > 0;
}

/** What running turns of the scopes have reserved, by unit; a turn's own is not among them yet. */
export async function sumReserved(
  db: Db,
  of: { share: string; userId: string | null },
): Promise<Record<Scope, { tokens: number; microdollars: number }>> {
  const [row] = await db<
    { shareTokens: number; shareUsd: number; userTokens: number; userUsd: number }[]
  >`
    select
      coalesce(sum(reserved_tokens) filter (where share = ${of.share}), 0)::float8 as share_tokens,
      coalesce(sum(reserved_microdollars) filter (where share = ${of.share}), 0)::float8 as share_usd,
      coalesce(sum(reserved_tokens) filter (where asked_by = ${of.userId}::uuid), 0)::float8
        as user_tokens,
      coalesce(sum(reserved_microdollars) filter (where asked_by = ${of.userId}::uuid), 0)::float8
        as user_usd
    from turns where state = 'running'`;
  return {
    workspace: { tokens: row!.shareTokens, microdollars: row!.shareUsd },
    person: { tokens: row!.userTokens, microdollars: row!.userUsd },
  };
}

/**
 * Has whoever begins a turn of these scopes wait for whoever does so at this moment: both would count on the
 * same rest of a budget. People before workspaces, so that nobody waits for each other.
 */
export async function lockBudgets(
  tx: Tx,
  scopes: readonly { scope: Scope; scopeId: string }[],
): Promise<void> {
  const keys = scopes.map(({ scope, scopeId }) => `budget of ${scope} ${scopeId}`).toSorted();
  for (const key of keys) await tx`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
}

/** How scopes are called by people; ids that nobody knows are left out. */
export async function nameScopes(
  db: Db,
  of: readonly { scope: Scope; scopeId: string }[],
): Promise<Map<string, string>> {
  const ids = (scope: Scope): string[] =>
    of.filter((one) => one.scope === scope).map(({ scopeId }) => scopeId);
  const rows = await db<{ scopeId: string; name: string }[]>`
    select platform || '/' || workspace_id as scope_id, name from workspaces
    where platform || '/' || workspace_id = any(${ids("workspace")})
    union all
    select id::text, display_name from users where id::text = any(${ids("person")})`;
  return new Map(rows.map(({ scopeId, name }) => [scopeId, name]));
}
