/**
 * What lies in `/var/tmp`: a place that every user can reach and that survives a reboot. Because every user
 * can also write there, a folder counts only when it is our own, and nobody else may write into it.
 */
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { lstat, readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { isAlive } from "./processes.ts";
import { runningServer, stopServer } from "./previous-server.ts";

export const SHARED_TEMP = "/var/tmp";

const SCRATCH = /^redline-scratch-(\d+)-[0-9a-f]+$/;
/** Where a cluster's data lies below the folder that was asked for. */
const CLUSTER_DATA = join("postgres", "data");
const BINARIES = /^redline-postgres-/;
/** Copies of binaries in use are touched every day, see `touchAll`. */
const UNUSED_MS = 30 * 24 * 60 * 60 * 1000;

/** Where the binaries of one version are copied to, for one user. */
export function binariesFolder(version: string): string {
  return join(SHARED_TEMP, `redline-postgres-${version}-${process.getuid?.() ?? 0}`);
}

/** Where the data of an unreachable `dataDir` goes: the same place at every start, unless it is throwaway. */
export function relocatedDataFolder(dataDir: string, ephemeral: boolean): string {
  if (ephemeral) return scratchFolder();
  const hash = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  return join(SHARED_TEMP, `redline-data-${hash}`);
}

/** A new name for what must not outlive this process; `sweepLeftovers` removes it once the process is dead. */
export function scratchFolder(): string {
  return join(SHARED_TEMP, `redline-scratch-${process.pid}-${randomBytes(6).toString("hex")}`);
}

/**
 * Makes the folder unless it exists, and refuses one that somebody else made or can write into.
 *
 * @throws UserError not-ready
 */
export function claimFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o711 });
    chmodSync(folder, 0o711); // whatever the umask
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  if (isOurs(folder)) return;
  throw new UserError(
    "not-ready",
    `${folder} was made by another user or is open to others, so Redline does not use it: remove it, or set DATABASE_URL.`,
  );
}

/** Whether there is a folder that we made, and that nobody else can write into. */
export function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined || !found.isDirectory()) return false;
  return found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/**
 * Removes from the shared temporary folder what earlier runs of this user left behind: throwaway folders
 * whose program is dead, and binaries of other versions that nobody used for 30 days. Anything that cannot
 * be removed stays for the next time.
 *
 * @returns the folders removed
 */
export async function sweepLeftovers(currentVersion: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(SHARED_TEMP).catch(() => [])) {
    const folder = join(SHARED_TEMP, name);
    try {
      if (!(await isLeftover(folder, name, currentVersion))) continue;
      const data = join(folder, CLUSTER_DATA);
      const server = runningServer(data);
      if (server !== null && !(await stopServer(data, server.pid))) continue;
      await rm(folder, { recursive: true, force: true });
      removed.push(folder);
    } catch {
      // Another start may be sweeping the same folder.
    }
  }
  return removed;
}

async function isLeftover(folder: string, name: string, currentVersion: string): Promise<boolean> {
  const scratch = SCRATCH.exec(name);
  if (scratch === null && !BINARIES.test(name)) return false;
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) return false;
  if (scratch !== null) return !isAlive(Number(scratch[1]));
  return folder !== binariesFolder(currentVersion) && Date.now() - found.mtimeMs > UNUSED_MS;
}

/**
 * Gives every file a fresh date. Many systems remove from `/var/tmp` whatever is 30 days old, file by file;
 * most files of a database are older than that, and still needed.
 */
export async function touchAll(folder: string): Promise<void> {
  const now = new Date();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() || entry.isDirectory());
  // A file may go away while we look: Postgres is at work.
  await Promise.allSettled(
    files.map((entry) => utimes(join(entry.parentPath, entry.name), now, now)),
  );
  await utimes(folder, now, now);
}
