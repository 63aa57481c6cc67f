/** What works off threads, commits, looks and events, and finds what was lost. Part of the composition root. */
import { randomBytes } from "node:crypto";

import type { JobBackend } from "../../jobs/backend.ts";
import { startCommitWorker } from "../../jobs/commit-worker.ts";
import { startEventWorker } from "../../jobs/event-worker.ts";
import { listQueuedCommits } from "../../jobs/queued-commits.ts";
import { startReviewWorker } from "../../jobs/review-worker.ts";
import type { SweepTask } from "../../jobs/sweeper.ts";
import { startSweeper } from "../../jobs/sweeper.ts";
import { startTurnWorker } from "../../jobs/turn-worker.ts";
import type { WakeUps } from "../../jobs/wake-ups.ts";
import type { BuiltChat } from "../build-chat.ts";
import { EVENT_LEASE_MS } from "../build-chat.ts";
import type { BuiltEngine } from "../build-engine.ts";
import { commitJob } from "../changes/commit-job.ts";
import type { Config } from "../config.ts";
import { TurnSlots } from "../conversation/turn-slots.ts";
import type { Logger } from "../log.ts";
import { listAccepting } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { followDatabaseClock } from "../store/database-clock.ts";
import { listDueLooks } from "../store/looks.ts";
import { explainDatabaseFailure } from "../store/failures.ts";
import { enqueue } from "../store/outbox.ts";
import { listReadyThreads } from "../store/claims.ts";
import type { Teardown } from "../teardown.ts";
import { pause } from "../waiting.ts";
import { expire, prune } from "../upkeep/upkeep.ts";

/** Milliseconds between sweeps, and after which something counts as lost. */
export const SWEEP_MS = {
  /** A thread whose wake-up was lost waits at most about this long. */
  readyThreads: 1_000,
  /** A wake-up that takes longer than this counts as lost. */
  wakeUp: 1_000,
  /** A new tip is noticed within two seconds. */
  tips: 1_000,
  /** Accepts whose job went with the queue. */
  notifications: 1_000,
  digests: 20_000,
  accepts: 5_000,
  acceptAge: 10_000,
  looks: 500,
  /** Beside what the relay tells of at once: looks that were put off, or whose message was lost. */
  places: 1_000,
  /** They wait for days. */
  merges: 5_000,
  events: 1_000,
  /** Whoever was shown a code that nobody watches any more hears of it. */
  codes: 5_000,
  /** What waits for a time does so for at most about this long after the database's clock was set back. */
  clock: 2_000,
  prune: 60 * 60_000,
};
const SWEEP_BATCH = 500;
const COMMIT_CONCURRENCY = 4;
const OUTAGE_PAUSE_MS = 1_000;
const LOOK_CONCURRENCY = 8;

export interface WorkerParts {
  sql: Sql;
  backend: JobBackend;
  wakeUps: WakeUps;
  parts: BuiltEngine;
  chat: BuiltChat;
  logger: Logger;
  teardown: Teardown;
}

export async function startWorkers(config: Config, given: WorkerParts): Promise<void> {
  const { backend, wakeUps, parts, chat, logger, teardown } = given;
  const { runner, committer, looks } = parts;
  const slots = new TurnSlots(
    (threadId) => runner.runThread(threadId),
    config.turns.concurrency,
    logger,
  );
  await Promise.all([runner.start(), chat.places.start()]);
  const turns = await startTurnWorker(backend, {
    runThread: (threadId) => slots.take(threadId),
    concurrency: config.turns.concurrency,
  });
  wakeUps.runHere((threadId) => slots.offer(threadId));
  const stopping = new AbortController();
  const commits = await startCommitWorker(backend, {
    commitChange: (changeId) => outlast(() => committer.commit(changeId), stopping.signal),
    onGiveUp: (changeId, error) => {
      const errorId = randomBytes(4).toString("hex");
      logger.error({ err: error, changeId, errorId }, "an accepted change could not be committed");
      return committer.giveUp(changeId, errorId);
    },
    concurrency: COMMIT_CONCURRENCY,
  });
  const reviews = await startReviewWorker(backend, {
    look: (branch) => looks.look(branch),
    concurrency: LOOK_CONCURRENCY,
  });
  const events = await startEventWorker(backend, {
    takeEvents: async (source) => chat.inboxes.get(source)?.wake(),
  });
  const grace = config.shutdownGraceMs;
  teardown.add("the workers", async () => {
    stopping.abort();
    slots.stop();
    chat.connecting?.stop();
    chat.notifications.stop();
    // The runner ends or hands over its turns; the worker's jobs end with them.
    await Promise.all([
      runner.stop(grace),
      looks.stop(grace),
      chat.places.stop(grace),
      ...[...chat.inboxes.values()].map((inbox) => inbox.stop(grace)),
      events.close(grace),
      turns.close(grace + 1_000),
      commits.close(grace),
      reviews.close(grace),
    ]);
  });
  const sweeper = startSweeper(sweepTasks(config, given), logger);
  teardown.add("the sweeper", () => sweeper.close());
}

/** A database that is away, however long, is no failed try. */
async function outlast(work: () => Promise<void>, stopping: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!explainDatabaseFailure(error) || stopping.aborted) throw error;
      await pause(OUTAGE_PAUSE_MS, stopping);
    }
  }
}

/** What a wake-up or an event may have missed. */
function sweepTasks(
  config: Config,
  { sql, backend, wakeUps, parts, chat, logger }: WorkerParts,
): SweepTask[] {
  const { sync, hostEvents, merges } = parts;
  return [
    {
      name: "ready threads",
      everyMs: SWEEP_MS.readyThreads,
      run: async () => {
        const most = config.turns.perWorkspace;
        for (const id of await listReadyThreads(sql, SWEEP_MS.wakeUp, SWEEP_BATCH, most))
          wakeUps.rewakeThread(id);
      },
    },
    {
      name: "pull requests",
      everyMs: SWEEP_MS.looks,
      run: async () => {
        for (const branch of await listDueLooks(sql, SWEEP_BATCH)) wakeUps.wakeReview(branch);
      },
    },
    ...[...chat.inboxes].map(([source, inbox]) => ({
      name: `events of ${source}`,
      everyMs: SWEEP_MS.events,
      run: () => inbox.wake(),
    })),
    { name: "codes", everyMs: SWEEP_MS.codes, run: async () => chat.connecting?.sweep() },
    { name: "places", everyMs: SWEEP_MS.places, run: () => chat.places.sweep() },
    {
      name: "what concerns people",
      everyMs: SWEEP_MS.notifications,
      run: () => chat.notifications.tellDirect(),
    },
    { name: "digests", everyMs: SWEEP_MS.digests, run: () => chat.notifications.prepareDigests() },
    {
      name: "private messages",
      everyMs: SWEEP_MS.notifications,
      run: () => chat.notifications.send(),
    },
    {
      name: "old private messages",
      everyMs: SWEEP_MS.prune,
      run: () => chat.notifications.forgetOld(),
    },
    { name: "old events", everyMs: SWEEP_MS.prune, run: () => hostEvents.prune() },
    { name: "old rows", everyMs: SWEEP_MS.prune, run: () => prune(parts.follow, new Date()) },
    {
      name: "what is kept no longer",
      everyMs: SWEEP_MS.prune,
      run: async () => void (await expire(parts.follow)),
    },
    { name: "proposals to merge", everyMs: SWEEP_MS.merges, run: () => merges.settleDue() },
    { name: "branch tips", everyMs: SWEEP_MS.tips, run: () => sync.syncAll() },
    acceptedChanges(sql, backend),
    databaseClock(sql, Math.max(config.turns.leaseMs, EVENT_LEASE_MS), logger),
  ];
}

function databaseClock(sql: Sql, leaseMs: number, logger: Logger): SweepTask {
  return {
    name: "the database's clock",
    everyMs: SWEEP_MS.clock,
    run: async () => {
      const stepMs = await followDatabaseClock(sql, leaseMs);
      if (stepMs > 0) logger.warn({ stepMs }, "the database's clock was set back");
    },
  };
}

/** Accepts whose commit job went with the queue. */
function acceptedChanges(sql: Sql, backend: JobBackend): SweepTask {
  return {
    name: "accepted changes",
    everyMs: SWEEP_MS.accepts,
    run: async () => {
      const accepting = await listAccepting(sql, SWEEP_MS.acceptAge);
      if (accepting.length === 0) return;
      const queued = await listQueuedCommits(backend);
      const lost = accepting.filter((id) => !queued.has(id));
      for (const id of lost) await enqueue(sql, commitJob(id));
    },
  };
}
