/** What is looked after again and again: work whose wake-up was lost, and upkeep. Part of the composition root. */
import type { JobBackend } from "../../jobs/backend.ts";
import { listQueuedCommits } from "../../jobs/queued-commits.ts";
import type { SweepTask } from "../../jobs/sweeper.ts";
import type { WakeUps } from "../../jobs/wake-ups.ts";
import type { BuiltChat } from "../build-chat.ts";
import { EVENT_LEASE_MS } from "../build-chat.ts";
import type { BuiltEngine } from "../build-engine.ts";
import { commitJob } from "../changes/commit-job.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { branchesBehind, knownBranches } from "../store/branches.ts";
import { listAccepting, waitingAccepts } from "../store/changes.ts";
import { listReadyThreads, readyThreads } from "../store/claims.ts";
import { abandonedRequests } from "../store/connected-accounts.ts";
import type { Sql } from "../store/database.ts";
import { followDatabaseClock, unfollowedClock } from "../store/database-clock.ts";
import { dueEvents } from "../store/inbox.ts";
import { dueLooks, listDueLooks } from "../store/looks.ts";
import { dueProposals } from "../store/merges.ts";
import { enqueue } from "../store/outbox.ts";
import { duePlaces } from "../store/place-looks.ts";
import { duePrivateMessages } from "../store/private-messages.ts";
import { untold } from "../store/untold.ts";
import { expire, prune } from "../upkeep/upkeep.ts";

/** Milliseconds between sweeps, and after which something counts as lost. */
export const SWEEP_MS = {
  /** A thread whose wake-up was lost waits at most about this long. */
  readyThreads: 1_000,
  /** A wake-up that takes longer than this counts as lost. */
  wakeUp: 1_000,
  /** A new tip is noticed within two seconds. */
  tips: 1_000,
  notifications: 1_000,
  digests: 20_000,
  /** Accepts whose job went with the queue. */
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

export interface SweptParts {
  sql: Sql;
  backend: JobBackend;
  wakeUps: WakeUps;
  parts: BuiltEngine;
  chat: BuiltChat;
  logger: Logger;
}

export function sweepTasks(config: Config, swept: SweptParts): SweepTask[] {
  const { sql, chat, logger } = swept;
  return [
    ...sweepsOfThreads(config, swept),
    ...sweepsOfBranches(swept),
    ...sweepsOfChat(chat),
    ...sweepsOfPeople(chat),
    ...upkeep(swept),
    databaseClock(sql, Math.max(config.turns.leaseMs, EVENT_LEASE_MS), logger),
  ];
}

function sweepsOfThreads(config: Config, { sql, backend, wakeUps }: SweptParts): SweepTask[] {
  return [
    {
      name: "ready threads",
      everyMs: SWEEP_MS.readyThreads,
      due: readyThreads(SWEEP_MS.wakeUp),
      run: async () => {
        const most = config.turns.perWorkspace;
        for (const id of await listReadyThreads(sql, SWEEP_MS.wakeUp, SWEEP_BATCH, most))
          wakeUps.rewakeThread(id);
      },
    },
    acceptedChanges(sql, backend),
  ];
}

function sweepsOfBranches({ sql, wakeUps, parts }: SweptParts): SweepTask[] {
  const { sync, merges } = parts;
  return [
    {
      name: "branch tips",
      everyMs: SWEEP_MS.tips,
      due: knownBranches,
      run: () => sync.syncMoved(),
    },
    {
      name: "branches behind",
      everyMs: SWEEP_MS.tips,
      due: branchesBehind,
      run: () => sync.syncBehind(),
    },
    {
      name: "pull requests",
      everyMs: SWEEP_MS.looks,
      due: dueLooks,
      run: async () => {
        for (const branch of await listDueLooks(sql, SWEEP_BATCH)) wakeUps.wakeReview(branch);
      },
    },
    {
      name: "proposals to merge",
      everyMs: SWEEP_MS.merges,
      due: dueProposals,
      run: () => merges.settleDue(),
    },
  ];
}

function sweepsOfChat({ inboxes, places, connecting }: BuiltChat): SweepTask[] {
  return [
    ...[...inboxes].map(([source, inbox]) => ({
      name: `events of ${source}`,
      everyMs: SWEEP_MS.events,
      due: dueEvents(source),
      run: () => inbox.wake(),
    })),
    { name: "places", everyMs: SWEEP_MS.places, due: duePlaces, run: () => places.sweep() },
    {
      name: "codes",
      everyMs: SWEEP_MS.codes,
      due: abandonedRequests,
      run: async () => connecting?.sweep(),
    },
  ];
}

function sweepsOfPeople({ notifications }: BuiltChat): SweepTask[] {
  return [
    {
      name: "what concerns people",
      everyMs: SWEEP_MS.notifications,
      due: untold("personal-direct"),
      run: () => notifications.tellDirect(),
    },
    {
      name: "digests",
      everyMs: SWEEP_MS.digests,
      due: untold("churn"),
      run: () => notifications.prepareDigests(),
    },
    {
      name: "private messages",
      everyMs: SWEEP_MS.notifications,
      due: duePrivateMessages,
      run: () => notifications.send(),
    },
  ];
}

function upkeep({ parts, chat }: SweptParts): SweepTask[] {
  const { hostEvents, follow } = parts;
  const everyMs = SWEEP_MS.prune;
  return [
    { name: "old private messages", everyMs, run: () => chat.notifications.forgetOld() },
    { name: "old events", everyMs, run: () => hostEvents.prune() },
    { name: "old rows", everyMs, run: () => prune(follow, new Date()) },
    { name: "what is kept no longer", everyMs, run: async () => void (await expire(follow)) },
  ];
}

function databaseClock(sql: Sql, leaseMs: number, logger: Logger): SweepTask {
  return {
    name: "the database's clock",
    everyMs: SWEEP_MS.clock,
    due: unfollowedClock,
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
    due: waitingAccepts(SWEEP_MS.acceptAge),
    run: async () => {
      const accepting = await listAccepting(sql, SWEEP_MS.acceptAge);
      const queued = await listQueuedCommits(backend);
      const lost = accepting.filter((id) => !queued.has(id));
      for (const id of lost) await enqueue(sql, commitJob(id));
    },
  };
}
