import type { Reading } from "../metrics.ts";
import type { Db } from "./database.ts";

interface Row {
  queue: string;
  depth: number;
  /** Seconds. */
  oldest: number;
}

/** What waits and is due, and changes by state, in one statement that reads partial indexes alone. */
export async function readGauges(db: Db): Promise<Reading[]> {
  const [queues, changes] = await Promise.all([readQueues(db), readChanges(db)]);
  return [...queues, ...changes];
}

async function readQueues(db: Db): Promise<Reading[]> {
  const since = (column: string) =>
    db.unsafe(
      `count(*) as depth, coalesce(extract(epoch from clock_timestamp() - min(${column})), 0) as oldest`,
    );
  const isFree = db`(lease_until is null or lease_until < clock_timestamp())`;
  const rows = await db<Row[]>`
    select q.queue, q.depth, greatest(q.oldest, 0)::float8 as oldest from (
      select 'inbox' as queue, ${since("received_at")} from inbox
      where state = 'waiting' and due_at <= now()
      union all
      select 'outbox', ${since("created_at")} from outbox
      union all
      select 'ready_threads', ${since("ready_at")} from threads
      where ready_at <= now() and ${isFree}
      union all
      select 'places', ${since("due_at")} from place_looks where due_at <= now() and ${isFree}
      union all
      select 'pull_requests', ${since("due_at")} from pull_request_looks
      where due_at <= now() and ${isFree}
      union all
      select 'private_messages', ${since("due_at")} from private_messages
      where state in ('pending', 'sending') and due_at <= now() and ${isFree}
    ) q`;
  return rows.flatMap(({ queue, depth, oldest }): Reading[] => [
    { name: "queue_depth", labels: { queue }, value: depth },
    { name: "queue_oldest_seconds", labels: { queue }, value: oldest },
  ]);
}

async function readChanges(db: Db): Promise<Reading[]> {
  const [row] = await db<{ pending: number; stale: number; accepting: number }[]>`
    select count(*) filter (where state = 'pending' and drift <> 'stale') as pending,
      count(*) filter (where state = 'pending' and drift = 'stale') as stale,
      count(*) filter (where state = 'accepting') as accepting
    from changes where state in ('pending', 'accepting')`;
  return Object.entries(row!).map(([state, value]) => ({
    name: "changes",
    labels: { state },
    value,
  }));
}
