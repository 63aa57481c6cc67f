/** The program of one shard: takes in what happens there, and nothing else. Part of the composition root. */
import { GatewayRefused, ShardingRequired, runGateway } from "../../adapters/discord/gateway.ts";
import { readMessage } from "../../adapters/discord/shard-messages.ts";
import type { FromShard } from "../../adapters/discord/shard-messages.ts";
import type { CommandSuggestion, PartialCommand } from "../chat/suggesting.ts";
import { readConfig } from "../config.ts";
import type { Metrics } from "../metrics.ts";
import { noMetrics } from "../metrics.ts";
import { connect, SILENCE_MS } from "../store/database.ts";
import { guardDriver } from "../store/driver-guard.ts";
import { createLogger } from "./logger.ts";

const MS = {
  /** Less than the time after which another process can have the lock. */
  silence: 4_000,
  look: 500,
  exit: 2_000,
  /** Of an answer about what could be written. */
  suggest: 2_000,
};
const CONNECTIONS = 4;

const { config, secrets } = readConfig();
const logger = createLogger(config, secrets);
guardDriver(logger);
const ended = new AbortController();
const [id = 0, count = 1] = process.argv.slice(2).map(Number);

process.once("SIGTERM", () => ended.abort());
// The manager's process decides when a terminal's Ctrl-C ends this one.
process.on("SIGINT", () => {});
process.once("disconnect", () => ended.abort());

let heardAt = performance.now();
const watch = setInterval(() => {
  if (performance.now() - heardAt > MS.silence) ended.abort();
}, MS.look);

const asked = new Map<number, (choices: readonly CommandSuggestion[]) => void>();
let questions = 0;

process.on("message", (given) => {
  const message = readMessage(given);
  if (message?.redline === "alive") heardAt = performance.now();
  if (message?.redline === "suggested") asked.get(message.id)?.(message.choices);
});

function tell(message: FromShard): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

function suggest(partial: PartialCommand): Promise<readonly CommandSuggestion[]> {
  questions += 1;
  const question = questions;
  return new Promise((resolve) => {
    const settle = (choices: readonly CommandSuggestion[]): void => {
      clearTimeout(timer);
      asked.delete(question);
      resolve(choices);
    };
    const timer = setTimeout(() => settle([]), MS.suggest);
    asked.set(question, settle);
    tell({ redline: "suggest", id: question, partial });
  });
}

/** Nobody can ask this process. */
const metrics: Metrics = {
  ...noMetrics,
  count: (...told) => tell({ redline: "count", told }),
  observe: (...told) => tell({ redline: "observe", told }),
};

const sql = connect(secrets.databaseUrl ?? "", {
  max: CONNECTIONS,
  name: `redline shard ${id}`,
  silenceMs: SILENCE_MS,
});
try {
  await runGateway(
    {
      token: secrets.discordToken ?? "",
      ...config.discord,
      sql,
      wake: () => tell({ redline: "stored" }),
      suggest,
      logger,
      metrics,
      shard: { id, count },
      onReady() {},
    },
    ended.signal,
  );
} catch (error) {
  if (error instanceof ShardingRequired) tell({ redline: "too few" });
  else if (error instanceof GatewayRefused) tell({ redline: "refused", words: error.message });
  else throw error;
} finally {
  clearInterval(watch);
  await sql.end({ timeout: 1 });
  if (process.connected) process.disconnect();
  // Nothing that is still open keeps a shard alive.
  setTimeout(() => process.exit(), MS.exit).unref();
}
