/**
 * A process that starts every part of the queue, says "open", and closes them all at the first line of
 * input. It must then end by itself: whatever it left open would keep it alive.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createJobBackend } from "../../jobs/backend.ts";
import type { JobBackendOptions } from "../../jobs/backend.ts";
import { startCommitWorker } from "../../jobs/commit-worker.ts";
import { startDispatcher } from "../../jobs/dispatcher.ts";
import { createStreamRelay } from "../../jobs/relay.ts";
import { startSweeper } from "../../jobs/sweeper.ts";
import { startTurnWorker } from "../../jobs/turn-worker.ts";
import { createWakeUps } from "../../jobs/wake-ups.ts";
import type { Logger } from "../../src/log.ts";
import { connect } from "../../src/store/database.ts";
import { whichAreDue } from "../../src/store/due.ts";
import { createOutbox } from "../../src/store/outbox.ts";

const { databaseUrl, backend: options } = JSON.parse(process.argv[2]!) as {
  databaseUrl: string;
  backend: Omit<JobBackendOptions, "logger">;
};
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const sql = connect(databaseUrl);
const backend = await createJobBackend({ ...options, logger });
const wakes = createWakeUps({ backend, logger });
const relay = createStreamRelay({ backend, alone: false, logger });
await relay.subscribe("control", () => {});
const dispatcher = await startDispatcher({ backend, outbox: createOutbox(sql), logger });
let sayRunning = () => {};
const isRunning = new Promise<void>((resolve) => {
  sayRunning = resolve;
});
const turns = await startTurnWorker(backend, {
  // One turn that never ends.
  runThread: () => {
    sayRunning();
    return new Promise(() => {});
  },
  concurrency: 5,
});
const commits = await startCommitWorker(backend, {
  commitChange: async () => {},
  onGiveUp: async () => {},
  concurrency: 5,
});
const sweeper = startSweeper([{ name: "sweep", everyMs: 50, run: async () => {} }], {
  whichAreDue: (all) => whichAreDue(sql, all),
  logger,
});
wakes.wakeThread(randomUUID());
await isRunning;

process.stdout.write("open\n");
await once(process.stdin, "data");
process.stdin.destroy();
await sweeper.close();
await Promise.all([commits.close(60_000), turns.close(200)]);
await wakes.close();
await dispatcher.close();
await relay.close();
await backend.close();
await sql.end();
process.stdout.write("closed\n");
