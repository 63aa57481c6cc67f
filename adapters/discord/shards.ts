/** Several connections, each in a process of its own, by discord.js's manager. */
import type { ChildProcess } from "node:child_process";
import type { Shard } from "discord.js";
import { ShardingManager } from "discord.js";
import type { CommandSuggestion, PartialCommand } from "../../src/chat/suggesting.ts";
import type { Logger } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics.ts";
import { pause, settledWithin } from "../../src/waiting.ts";
import { GatewayRefused, ShardingRequired } from "./gateway-client.ts";
import { readMessage } from "./shard-messages.ts";
import type { ToShard } from "./shard-messages.ts";

export interface ShardsOptions {
  token: string;
  count: number;
  /** The program of a shard. */
  script: string;
  /** All that it sees of the environment, beside what discord.js adds. */
  environment: Readonly<Record<string, string>>;
  /** Milliseconds between two sessions' beginnings. Discord takes one in five seconds. */
  delayMs?: number;
  wake(): void;
  suggest(partial: PartialCommand): Promise<readonly CommandSuggestion[]>;
  logger: Logger;
  metrics?: Metrics | undefined;
  onReady(): void;
}

const MS = {
  delay: 5_500,
  /** Of one shard's first session. */
  ready: 30_000,
  firstRetry: 500,
  longestRetry: 30_000,
  close: 3_000,
};

/** Runs the shards until `ended` aborts. */
export class Shards {
  readonly #options: ShardsOptions;
  readonly #manager: ShardingManager;
  readonly #over = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ShardsOptions) {
    this.#options = options;
    this.#manager = withoutTraces(
      () =>
        new ShardingManager(options.script, {
          totalShards: options.count,
          token: options.token,
          // With pauses, so that one that cannot live does not begin a thousand sessions.
          respawn: false,
        }),
    );
  }

  /** Told that the lock is still held. */
  alive(): void {
    for (const shard of this.#manager.shards.values()) this.#tell(shard, { redline: "alive" });
  }

  /** @throws GatewayRefused, ShardingRequired */
  async run(ended: AbortSignal): Promise<void> {
    const either = AbortSignal.any([ended, this.#over.signal]);
    const ids = Array.from({ length: this.#options.count }, (_, id) => id);
    await Promise.all(ids.map((id) => this.#keep(id, either)));
    if (!ended.aborted) throw this.#over.signal.reason;
  }

  async #keep(id: number, ended: AbortSignal): Promise<void> {
    const { logger, onReady, environment } = this.#options;
    const shard = this.#manager.createShard(id);
    const [which, of] = [String(id), String(this.#options.count)];
    shard.args = [which, of];
    shard.env = {
      ...environment,
      SHARDING_MANAGER: "true",
      SHARDING_MANAGER_MODE: "process",
      SHARDS: which,
      SHARD_COUNT: of,
    };
    shard.on("message", (message: unknown) => this.#hear(shard, message));
    shard.on("ready", onReady);
    shard.on("error", (error) =>
      logger.warn({ err: error, shard: id }, "a shard reports an error"),
    );
    for (let failures = 0; !ended.aborted; failures += 1) {
      await this.#nextTurn(ended);
      if (ended.aborted) return;
      const died = new Promise<void>((resolve) => shard.once("death", () => resolve()));
      const spawned = shard.spawn(MS.ready).catch((error: unknown) => {
        logger.warn({ err: error, shard: id }, "a shard was not ready in time");
      });
      await Promise.race([died, aborted(ended)]);
      if (ended.aborted) return end(shard);
      await spawned;
      logger.warn({ shard: id }, "a shard's process ended; it is started again");
      await pause(Math.min(MS.firstRetry * 2 ** Math.min(failures, 10), MS.longestRetry), ended);
    }
  }

  /** One after the other, with the time between that Discord asks for. */
  #nextTurn(ended: AbortSignal): Promise<void> {
    const mine = this.#turn;
    const { delayMs = MS.delay } = this.#options;
    this.#turn = mine.then(() => pause(delayMs, ended));
    return mine;
  }

  #hear(shard: Shard, given: unknown): void {
    const message = readMessage(given);
    switch (message?.redline) {
      case "stored":
        return this.#options.wake();
      case "count":
        return this.#options.metrics?.count(...message.told);
      case "observe":
        return this.#options.metrics?.observe(...message.told);
      case "refused":
        return this.#over.abort(new GatewayRefused(message.words));
      case "too few":
        return this.#over.abort(new ShardingRequired());
      case "suggest": {
        const { id, partial } = message;
        const answer = (choices: readonly CommandSuggestion[]): void =>
          this.#tell(shard, { redline: "suggested", id, choices });
        this.#options.suggest(partial).then(answer, () => answer([]));
        return;
      }
      default:
    }
  }

  #tell(shard: Shard, message: ToShard): void {
    if (!shard.process?.connected) return;
    shard.send(message).catch(() => {});
  }
}

/** Lets it end by itself; kills it where it does not. */
async function end(shard: Shard): Promise<void> {
  const child: ChildProcess | null = shard.process;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  if (!(await settledWithin(exited, MS.close))) child.kill("SIGKILL");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The manager leaves the token in the process's environment, and makes each later client take itself for a shard. */
function withoutTraces<T>(make: () => T): T {
  // oxlint-disable-next-line eslint/no-restricted-properties -- what discord.js writes there goes again
  const environment = process.env;
  const names = ["SHARDING_MANAGER", "SHARDING_MANAGER_MODE", "DISCORD_TOKEN"];
  const before = names.map((name) => [name, environment[name]] as const);
  try {
    return make();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete environment[name];
      else environment[name] = value;
    }
  }
}
