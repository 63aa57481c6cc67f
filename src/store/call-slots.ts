import { toleranceMs } from "../chat/call-slots.ts";
import type { CallSlots, Pace } from "../chat/call-slots.ts";
import type { Db } from "./database.ts";

/**
 * The slots of all processes: one row a key, one statement a slot. The row's lock is the queue, and the
 * database's clock the only one (`database-clock.ts` says what comes of it when it is set back). A process that
 * dies with a slot loses that slot alone.
 */
export function createCallSlots(db: Db): CallSlots {
  return {
    async reserve(key: string, pace: Pace, maxWaitMs: number): Promise<number | null> {
      const interval = pace.intervalMs;
      const tolerance = toleranceMs(pace);
      const [row] = await db<{ waitMs: number }[]>`
        insert into call_slots as s (key, next_at)
        values (${key}, clock_timestamp() + ${interval} * interval '1 ms')
        on conflict (key) do update
          set next_at = greatest(s.next_at, clock_timestamp()) + ${interval} * interval '1 ms'
          where s.next_at <= clock_timestamp() + ${tolerance + maxWaitMs} * interval '1 ms'
        returning extract(epoch from next_at - clock_timestamp())::float8 * 1000
          - ${interval + tolerance}::float8 as wait_ms`;
      return row ? Math.max(0, row.waitMs) : null;
    },

    async push(key: string, pace: Pace, ms: number): Promise<void> {
      const until = ms + toleranceMs(pace);
      await db`
        insert into call_slots as s (key, next_at)
        values (${key}, clock_timestamp() + ${until} * interval '1 ms')
        on conflict (key) do update set next_at = greatest(s.next_at, excluded.next_at)`;
    },
  };
}
