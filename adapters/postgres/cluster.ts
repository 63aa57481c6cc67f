import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../src/errors.ts";
import { isAlive } from "./processes.ts";
import type { RunAs } from "./run-as.ts";
import { chooseRunAs } from "./run-as.ts";
import { claimFolder, isOurs, relocatedDataFolder } from "./shared-temp.ts";

const run = promisify(execFile);

/** Where a cluster is, or will be. Below `folder` lie `data`, `password` and `log`. */
export interface Place {
  folder: string;
  /** The user to run Postgres as, where that is not our own. */
  runAs?: RunAs;
  /** The folder in the shared temporary folder that stands for the one asked for. */
  relocated?: string;
}

/**
 * Finds the place for the cluster of a data folder: `postgres` inside it, or, when root's data folder cannot
 * be reached by the user that Postgres runs as, a folder of a stable name in the shared temporary folder.
 * Data that has been put there stays there, also once the data folder can be reached.
 *
 * @throws UserError not-ready when data is there already that the user can no longer reach
 */
export function choosePlace(dataDir: string, ephemeral: boolean): Place {
  makeDataDir(dataDir);
  const real = realpathSync(dataDir);
  const inside = join(real, "postgres");
  if (process.getuid?.() !== 0) return { folder: inside };
  const relocated = relocatedDataFolder(real, ephemeral);
  const outside = join(relocated, "postgres");
  if (!(isOurs(relocated) && hasCluster(outside))) {
    const runAs = chooseRunAs(join(inside, "data"));
    if (canReach(real, runAs) || letPass(real, runAs)) return { folder: inside, runAs };
    if (existsSync(inside)) {
      throw new UserError(
        "not-ready",
        `The database in ${inside} cannot be reached by the user that Postgres runs as (user id ${runAs.uid}): let others pass through the folders above it (chmod o+x), or set REDLINE_DATA_DIR to another folder.`,
      );
    }
  }
  claimFolder(relocated);
  return { folder: outside, runAs: chooseRunAs(join(outside, "data")), relocated };
}

function makeDataDir(dataDir: string): void {
  // Root's umask may close what it makes, and Postgres will not be root.
  if (makeFolder(dataDir) && process.getuid?.() === 0) chmodSync(dataDir, 0o755);
}

/**
 * Makes a folder and those above it; false when it was there. In the place of `mkdirSync`'s `recursive`,
 * which never returns for a folder that the system refuses with ENOENT, as those below `/proc`.
 */
function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder).isDirectory()) return false;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
  }
  makeFolder(dirname(folder));
  mkdirSync(folder);
  return true;
}

function canReach(folder: string, user: RunAs): boolean {
  const result = spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", folder], { ...user, env: {} });
  return result.status === 0;
}

/**
 * Lets the user's group, and nobody else, pass through a data folder of root's that is closed to all, as one
 * from `mktemp` is; true when that was all that was in the way.
 */
function letPass(dataDir: string, user: RunAs): boolean {
  const { uid, mode } = statSync(dataDir);
  if (uid !== 0 || (mode & 0o077) !== 0 || !canReach(dirname(dataDir), user)) return false;
  chownSync(dataDir, 0, user.gid);
  chmodSync(dataDir, 0o710);
  return canReach(dataDir, user);
}

/** Whether there is a cluster. It came by one rename, so it is whole. */
export function hasCluster(folder: string): boolean {
  return existsSync(join(folder, "data", "PG_VERSION"));
}

/** The password of the user `postgres`. */
export function readPassword(folder: string): string {
  return readFileSync(join(folder, "password"), "utf8").trim();
}

/**
 * Makes a cluster beside its place, and moves it there when it is complete, so that a start which is killed
 * leaves none that is half made. When two starts do this at once, the first one's cluster stays.
 *
 * @throws UserError not-ready with what `initdb` said
 */
export async function makeCluster(
  place: Place,
  initdb: string,
  options: { ephemeral: boolean },
): Promise<void> {
  assertFree(place.folder);
  const fresh = `${place.folder}.init-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    mkdirSync(fresh);
    chmodSync(fresh, 0o711);
    const data = join(fresh, "data");
    mkdirSync(data, { mode: 0o700 });
    const password = join(fresh, "password");
    writeFileSync(password, randomBytes(24).toString("hex"), { mode: 0o600 });
    if (place.runAs) for (const path of [data, password]) giveTo(place.runAs, path);
    await runInitdb(initdb, initdbArgs(data, password, options.ephemeral), place.runAs);
    if (place.runAs) giveTo({ uid: 0, gid: 0 }, password);
    moveInto(fresh, place.folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function giveTo(user: RunAs, path: string): void {
  chownSync(path, user.uid, user.gid);
}

function initdbArgs(data: string, password: string, ephemeral: boolean): string[] {
  return [
    ...["--pgdata", data, "--username", "postgres", "--pwfile", password],
    ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"],
    ...["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
    ...["--wal-segsize", "4", "--no-instructions"],
    // Otherwise everything is on disk before the cluster is moved to its place.
    ...(ephemeral ? ["--no-sync"] : []),
  ];
}

async function runInitdb(initdb: string, args: string[], user?: RunAs): Promise<void> {
  try {
    await run(initdb, args, { ...user, env: { LC_ALL: "C" }, cwd: "/" });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const reason = /(?:error|FATAL|PANIC): +(.*)/.exec(stderr)?.[1] ?? String(error);
    throw new UserError("not-ready", `The database could not be made: ${reason}`, { cause: error });
  }
}

function assertFree(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw new UserError(
    "not-ready",
    `${folder} is in the way of the database but holds none: move it away, and start again.`,
  );
}

function moveInto(fresh: string, folder: string): void {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!hasCluster(folder)) throw error;
  }
}

/** Removes what starts that were killed while making this cluster left beside it. */
export function removeHalfMade(folder: string): void {
  const parent = dirname(folder);
  const prefix = `${basename(folder)}.init-`;
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-")[0]) : NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Its initdb is still at work; the next start removes it.
    }
  }
}
