/** Sums over what happened lately, for operators. */
import postgres from "postgres";
import { UserError } from "../errors.ts";
import { BACKLOGS } from "../rfcs/statistics.ts";
import type {
  Backlog,
  HourFigures,
  ModelFigures,
  RfcFigures,
  Statistics,
  TurnFigures,
} from "../rfcs/statistics.ts";
import type { Sql, Tx } from "./database.ts";

/** Longer than this nobody waits for an overview, and the database has better things to do. */
const LONGEST_MS = 5_000;
const QUERY_CANCELED = "57014";

/**
 * The present hour (UTC) and so many less one before it.
 * @param longestMs milliseconds that all of it may take, waiting for a connection included
 * @throws UserError not-ready where the database needs too long
 */
export async function readStatistics(
  sql: Sql,
  hours: number,
  longestMs = LONGEST_MS,
): Promise<Statistics> {
  const until = performance.now() + longestMs;
  try {
    // In one transaction, so that all figures are of the same moment.
    return await sql.begin("isolation level repeatable read read only", async (tx) => {
      const ask = async <T>(question: () => Promise<T>): Promise<T> => {
        // Postgres has a limit for each statement; its nought would be none.
        const leftMs = Math.max(1, Math.ceil(until - performance.now()));
        await tx`select set_config('statement_timeout', ${String(leftMs)}, true)`;
        return question();
      };
      const { from, at } = await ask(() => timesOf(tx, hours));
      const turns = await ask(() => sumTurns(tx, from));
      const activity = await ask(() => countActivity(tx, from));
      return {
        from,
        at,
        ...byHour(from, hours, turns, activity),
        models: await ask(() => sumModels(tx, from)),
        rfcs: await ask(() => countDecisions(tx, from)),
        backlog: await ask(() => countBacklog(tx)),
      };
    });
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== QUERY_CANCELED) throw error;
    const hint =
      "The database is too busy to sum this up: try again later, or ask for fewer hours.";
    throw new UserError("not-ready", hint, { cause: error });
  }
}

async function timesOf(tx: Tx, hours: number): Promise<{ from: Date; at: Date }> {
  const [times] = await tx<{ from: Date; at: Date }[]>`
    select now() as at,
      date_trunc('hour', now(), 'UTC') - ${hours - 1} * interval '1 hour' as "from"`;
  return times!;
}

interface TurnRow extends Pick<TurnFigures, "turns" | "failed" | "tokens" | "costMicrodollars"> {
  /** Null for the sum over all hours. */
  hour: Date | null;
  firstText: [number, number] | null;
  whole: [number, number] | null;
}

/** The cache's tokens are none of `input`. */
const TOKENS = `coalesce((usage->>'input')::bigint, 0) + coalesce((usage->>'output')::bigint, 0)
  + coalesce((usage->>'cacheRead')::bigint, 0) + coalesce((usage->>'cacheWrite')::bigint, 0)`;

/** A retry keeps `created_at` of its own: how long the person waited for this very try. */
function sumTurns(tx: Tx, from: Date): Promise<TurnRow[]> {
  return tx<TurnRow[]>`
    with ended as (
      select date_trunc('hour', finished_at, 'UTC') as hour, state, ${tx.unsafe(TOKENS)} as tokens,
        cost_microdollars,
        case when state = 'done' then extract(epoch from finished_at - created_at) * 1000 end as whole,
        case when state = 'done' then extract(epoch from first_text_at - created_at) * 1000 end as first
      from turns where finished_at >= ${from}
    )
    select hour, count(*)::int as turns, count(*) filter (where state = 'failed')::int as failed,
      coalesce(sum(tokens), 0)::bigint as tokens,
      coalesce(sum(cost_microdollars), 0)::bigint as cost_microdollars,
      percentile_cont(array[0.5, 0.95]) within group (order by first) as first_text,
      percentile_cont(array[0.5, 0.95]) within group (order by whole) as whole
    from ended group by grouping sets ((hour), ())`;
}

interface ActivityRow {
  hour: Date;
  events: number;
  messages: number;
}

function countActivity(tx: Tx, from: Date): Promise<ActivityRow[]> {
  return tx<ActivityRow[]>`
    select date_trunc('hour', at, 'UTC') as hour, sum(event)::int as events,
      sum(message)::int as messages
    from (
      select received_at as at, 1 as event, 0 as message
      from inbox where state <> 'waiting' and received_at >= ${from}
      union all
      select received_at, 1, 0 from inbox where state = 'waiting' and received_at >= ${from}
      union all
      select created_at, 0, 1 from thread_messages where role = 'user' and created_at >= ${from}
    ) happened
    group by 1`;
}

function sumModels(tx: Tx, from: Date): Promise<ModelFigures[]> {
  const sum = (name: string) =>
    tx.unsafe(`coalesce(sum((u.usage->>'${name}')::bigint), 0)::bigint`);
  return tx<ModelFigures[]>`
    select m.model_id, count(*)::int as turns, ${sum("input")} as input, ${sum("output")} as output,
      ${sum("cacheRead")} as cache_read, ${sum("cacheWrite")} as cache_write,
      sum(u.cost_microdollars)::bigint as cost_microdollars
    from turns u
    join thread_messages m on m.turn_id = u.id and m.role = 'assistant'
    where u.finished_at >= ${from} and u.usage is not null
    group by 1
    order by coalesce(sum(u.cost_microdollars), 0) desc, count(*) desc, 1`;
}

function countDecisions(tx: Tx, from: Date): Promise<RfcFigures[]> {
  return tx<RfcFigures[]>`
    with decided as (
      select rfc_slug, count(*) filter (where state = 'accepted')::int as accepted,
        count(*) filter (where state = 'declined')::int as declined
      from changes
      where greatest(created_at, decided_at) >= ${from} and decided_at >= ${from}
        and state in ('accepted', 'declined')
      group by 1
    ), open as (
      select rfc_slug, count(*) filter (where stale_since is null)::int as pending,
        count(*) filter (where stale_since is not null)::int as stale
      from changes where state in ('pending', 'accepting')
      group by 1
    )
    select r.slug, r.title, coalesce(d.accepted, 0) as accepted, coalesce(d.declined, 0) as declined,
      coalesce(o.pending, 0) as pending, coalesce(o.stale, 0) as stale
    from rfcs r
    left join decided d on d.rfc_slug = r.slug
    left join open o on o.rfc_slug = r.slug
    where coalesce(d.accepted + d.declined, o.pending + o.stale, 0) > 0
    order by coalesce(d.accepted + d.declined, 0) desc, coalesce(o.pending, 0) desc, r.slug`;
}

async function countBacklog(tx: Tx): Promise<Backlog[]> {
  const rows = await tx<Backlog[]>`
    select what, count(*)::int as count,
      greatest(0, extract(epoch from now() - min(since)))::float8 as oldest_s
    from (
      select 'answers' as what, created_at as since from turns where state = 'queued'
      union all
      select 'running', started_at from turns where state = 'running'
      union all
      select 'events', received_at from inbox where state = 'waiting'
      union all
      select 'commits', (select max(d.created_at) from decisions d where d.change_id = c.id)
      from changes c where c.state = 'accepting'
      union all
      select 'jobs', created_at from outbox
      union all
      select 'looks', due_at from pull_request_looks where due_at <= now()
      union all
      select 'looks', due_at from place_looks where due_at <= now()
      union all
      select 'private_messages', due_at from private_messages
      where state in ('pending', 'sending') and due_at <= now()
    ) waits
    group by 1`;
  return BACKLOGS.map(
    (what) => rows.find((row) => row.what === what) ?? { what, count: 0, oldestS: null },
  );
}

const HOUR_MS = 3_600_000;
const NOTHING: TurnFigures = {
  turns: 0,
  failed: 0,
  firstTextMs: null,
  turnMs: null,
  tokens: 0,
  costMicrodollars: 0,
};

/** Every hour, also those in which nothing happened. */
function byHour(
  from: Date,
  count: number,
  turns: readonly TurnRow[],
  activity: readonly ActivityRow[],
): Pick<Statistics, "hours" | "total"> {
  const turnsAt = new Map(turns.map((row) => [row.hour?.getTime() ?? null, figures(row)]));
  const activityAt = new Map(activity.map((row) => [row.hour.getTime(), row]));
  const hours = Array.from({ length: count }, (_, at): HourFigures => {
    const time = from.getTime() + at * HOUR_MS;
    const { events = 0, messages = 0 } = activityAt.get(time) ?? {};
    return { at: new Date(time), events, messages, ...(turnsAt.get(time) ?? NOTHING) };
  });
  const sum = (of: "events" | "messages"): number =>
    activity.reduce((known, row) => known + row[of], 0);
  const total = {
    ...(turnsAt.get(null) ?? NOTHING),
    events: sum("events"),
    messages: sum("messages"),
  };
  return { hours, total };
}

function figures({ hour: _hour, firstText, whole, ...counts }: TurnRow): TurnFigures {
  return { ...counts, firstTextMs: spread(firstText), turnMs: spread(whole) };
}

function spread(quantiles: [number, number] | null): TurnFigures["turnMs"] {
  return quantiles && { median: quantiles[0], p95: quantiles[1] };
}
