/** What works off threads, commits, looks and events. Part of the composition root. */
import { randomBytes } from "node:crypto";

import { startCommitWorker } from "../../jobs/commit-worker.ts";
import { startEventWorker } from "../../jobs/event-worker.ts";
import { startReviewWorker } from "../../jobs/review-worker.ts";
import { startSweeper } from "../../jobs/sweeper.ts";
import { startTurnWorker } from "../../jobs/turn-worker.ts";
import type { Config } from "../config.ts";
import { TurnSlots } from "../conversation/turn-slots.ts";
import { whichAreDue } from "../store/due.ts";
import { explainDatabaseFailure } from "../store/failures.ts";
import type { Teardown } from "../teardown.ts";
import { pause } from "../waiting.ts";
import type { SweptParts } from "./sweeps.ts";
import { sweepTasks } from "./sweeps.ts";

const COMMIT_CONCURRENCY = 4;
const OUTAGE_PAUSE_MS = 1_000;
const LOOK_CONCURRENCY = 8;

export interface WorkerParts extends SweptParts {
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
  const sweeper = startSweeper(sweepTasks(config, given), {
    whichAreDue: (all) => whichAreDue(given.sql, all),
    logger,
  });
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
