/**
 * Which process holds the connection to a platform that allows one: an advisory lock on a session of its own.
 * The database ends a session that says nothing for a while, so that a process that is frozen, or cut off, loses
 * the lock as surely as one that is dead.
 */
import type { Logger } from "../log.ts";
import { pause, settledWithin, within } from "../waiting.ts";
import type { Sql } from "./database.ts";
import { connect } from "./database.ts";

export interface GatewayLockOptions {
  databaseUrl: string;
  logger: Logger;
  /** Does what only the holder may do. Its signal aborts when the lock is lost, or on closing. */
  hold(lost: AbortSignal): Promise<void>;
  /** Told at each look that the lock is still held. */
  onHeld?(): void;
  /** Told at each try that another has it. */
  onWaiting?(): void;
}

export interface GatewayLock {
  close(): Promise<void>;
}

const MS = {
  /** Between two tries. With `idle` less than ten seconds, so that another takes over within that time. */
  retry: 500,
  /** Between two looks of the holder at its own lock. */
  look: 1_000,
  /** A look that takes longer has lost it; before `idle` is over, whatever came between. */
  answer: 2_000,
  /** The database ends a session that was silent for so long. */
  idle: 5_000,
  close: 5_000,
};

/** Of this lock alone; migrations have another. */
const LOCK = 4_021_187_306;

/** Tries to get the lock as long as it is not closed, and again after each time that it was held. */
export function holdGateway(options: GatewayLockOptions): GatewayLock {
  const closing = new AbortController();
  const running = keepTrying(options, closing.signal);
  return {
    async close() {
      closing.abort();
      await settledWithin(running, MS.close);
    },
  };
}

async function keepTrying(options: GatewayLockOptions, closing: AbortSignal): Promise<void> {
  const { databaseUrl, logger } = options;
  let failures = 0;
  while (!closing.aborted) {
    // A session of its own each time: the driver would go on with another one, without the lock.
    const sql = connect(databaseUrl, { max: 1, name: "redline gateway", idleSessionMs: MS.idle });
    try {
      await tryOn(sql, options, closing);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1 && !closing.aborted) {
        logger.warn(
          { err: error },
          "the lock of the gateway cannot be looked at; it is tried again",
        );
      }
    } finally {
      await settledWithin(sql.end({ timeout: 1 }), MS.answer);
    }
    await pause(MS.retry, closing);
  }
}

/** Until the lock was held and is lost, or on closing. */
async function tryOn(sql: Sql, options: GatewayLockOptions, closing: AbortSignal): Promise<void> {
  let pid = await tryLock(sql);
  while (pid === null) {
    options.onWaiting?.();
    await pause(MS.retry, closing);
    if (closing.aborted) return;
    pid = await tryLock(sql);
  }
  const lost = new AbortController();
  const both = AbortSignal.any([closing, lost.signal]);
  const held = options.hold(both).catch((error: unknown) => {
    options.logger.error({ err: error }, "what holds the gateway failed");
  });
  const looking = keepLooking(sql, pid, options, both).then((reason) => {
    if (reason !== null) options.logger.warn({ reason }, "the gateway is let go of");
    lost.abort();
  });
  await held;
  lost.abort();
  await looking;
}

/** The session's process in the database; null where another has the lock. */
async function tryLock(sql: Sql): Promise<number | null> {
  const asked = sql<{ pid: number; isMine: boolean }[]>`
    select pg_backend_pid() as pid, pg_try_advisory_lock(${LOCK}) as is_mine`;
  const [row] = await within(asked, MS.answer, "the database");
  return row!.isMine ? row!.pid : null;
}

/** Resolves with why the lock is lost; null on closing. */
async function keepLooking(
  sql: Sql,
  pid: number,
  { onHeld }: GatewayLockOptions,
  ended: AbortSignal,
): Promise<string | null> {
  while (!ended.aborted) {
    try {
      const asked = sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
      const [row] = await within(asked, MS.answer, "the database");
      if (row!.pid !== pid) return "its session in the database has ended";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    onHeld?.();
    await pause(MS.look, ended);
  }
  return null;
}
