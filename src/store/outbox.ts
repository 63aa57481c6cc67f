import type { JSONValue } from "postgres";
import type { Db, Sql } from "./database.ts";

/** A job that is to run once the transaction that asks for it has committed. */
export interface OutboxJob {
  queue: string;
  name: string;
  /** Small, plain JSON. A NUL anywhere in it fails the transaction: `jsonb` cannot hold one. */
  data: JSONValue;
  /** While a job of this key waits to be handed over, asking again adds nothing. */
  dedupKey?: string;
}

/** A job as it waits. `id` and `createdAt` together name it for ever, even in another database's queue. */
export interface OutboxRow {
  id: number;
  queue: string;
  name: string;
  data: JSONValue;
  createdAt: Date;
}

/** The dispatcher's side of the table. */
export interface Outbox {
  /**
   * Hands the oldest waiting jobs of these queues to `handOver`, in order, and deletes them once it has
   * resolved; when it rejects they stay, and so does this. Rows that another process is handing over are
   * passed by. Answers how many were handed over.
   */
  deliver(
    queues: readonly string[],
    limit: number,
    handOver: (rows: OutboxRow[]) => Promise<void>,
  ): Promise<number>;
  /** Whether a job waits for one of these queues: cheaper than to deliver nothing. */
  hasWaiting(queues: readonly string[]): Promise<boolean>;
  /** Calls back whenever rows were committed by any process; returns the end of it. */
  listen(onRows: () => void): Promise<() => Promise<void>>;
}

const CHANNEL = "outbox";

/** Asks for a job in the transaction `tx`; the dispatcher is notified when that commits. */
export async function enqueue(tx: Db, job: OutboxJob): Promise<void> {
  await tx`
    with added as (
      insert into outbox (queue, name, data, dedup_key)
      values (${job.queue}, ${job.name}, ${tx.json(job.data)}, ${job.dedupKey ?? null})
      on conflict (dedup_key) do nothing
      returning id
    )
    select pg_notify(${CHANNEL}, '') from added`;
}

export function createOutbox(sql: Sql): Outbox {
  return {
    deliver: (queues, limit, handOver) =>
      sql.begin(async (tx) => {
        // Deleting before handing over, not after: whoever asks for the same key meanwhile waits for this
        // transaction, instead of finding a row that is about to go.
        const rows = await tx<OutboxRow[]>`
          delete from outbox
          where id = any (array(
            select id from outbox
            where queue in ${tx(queues)}
            order by id limit ${limit}
            for update skip locked
          ))
          returning id, queue, name, data, created_at`;
        if (rows.length > 0) await handOver(rows.toSorted((a, b) => a.id - b.id));
        return rows.length;
      }),
    async hasWaiting(queues) {
      const [row] = await sql<{ waits: boolean }[]>`
        select exists (select 1 from outbox where queue in ${sql(queues)}) as waits`;
      return row!.waits;
    },
    async listen(onRows) {
      // Also whenever it listens anew: what was told of meanwhile was not heard.
      const listening = await sql.listen(CHANNEL, onRows, onRows);
      return () => listening.unlisten();
    },
  };
}
