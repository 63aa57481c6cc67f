/**
 * What an earlier start left on the same data folder: nothing, a server that another program uses, or one
 * whose program is dead. `postmaster.pid`, which Postgres writes, is where to look: its process id, data
 * folder, start time, port, socket folder, address, shared memory and status, a line each.
 */
import { readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { isTaken, processInfo, signal, waitUntil } from "./processes.ts";

/** A fast shutdown writes a checkpoint; the immediate one that follows needs no time. */
const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;

export interface PostmasterFile {
  pid: number;
  port: number;
  /** `starting`, `ready`, `stopping`, …; empty before Postgres wrote one. */
  status: string;
}

/** What `postmaster.pid` in a data folder says; null when there is none, or it is just being written. */
export function readPostmasterFile(data: string): PostmasterFile | null {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? "" } : null;
  } catch {
    return null;
  }
}

/** The name that a server carries on its command line, to be recognised there: it holds its program's id. */
export function serverName(programPid: number): string {
  return `redline-${programPid}`;
}

/** A running server: its postmaster, and the program that it works for, null when that program is gone. */
export interface RunningServer {
  pid: number;
  port: number;
  programPid: number | null;
}

/** The server that runs on the data folder, if any. */
export function runningServer(data: string): RunningServer | null {
  const file = readPostmasterFile(data);
  if (file === null) return null;
  const { pid, port } = file;
  const postmaster = processInfo(pid);
  // The id may belong to some other process by now, after a reboot for example.
  if (!postmaster?.command.includes(` -D ${data} `)) return null;
  const name = / cluster_name=redline-(\d+) /.exec(postmaster.command);
  if (name === null) return { pid, port, programPid: pid }; // started by somebody else, and not ours to stop
  const programPid = Number(name[1]);
  // Postgres is the watchdog's child, the watchdog is the program's. When either has died, this is no longer
  // so, even if a new process has got the program's id.
  const works = processInfo(postmaster.parentPid)?.parentPid === programPid;
  return { pid, port, programPid: works ? programPid : null };
}

/**
 * Makes way for a new server on the data folder: waits for one that is stopping because its program is gone,
 * stops one that lost its watchdog too, and removes a lock file that only seems to be in use.
 *
 * @param dataDir the folder as people know it
 * @throws UserError not-ready when another program uses the folder
 */
export async function makeWay(data: string, dataDir: string): Promise<void> {
  const server = runningServer(data);
  if (server === null) return removeStaleFile(data);
  if (server.programPid !== null) {
    throw new UserError(
      "not-ready",
      `The data folder ${dataDir} is in use by another program (process ${server.programPid}): stop that one first, or set REDLINE_DATA_DIR to another folder.`,
    );
  }
  if (await stopServer(data, server.pid)) return;
  throw new UserError(
    "not-ready",
    `A Postgres of an earlier start (process ${server.pid}) still uses ${data} and does not stop: end that process, and start again.`,
  );
}

/** Stops a server whose program is gone; false when it is still there in the end. */
export async function stopServer(data: string, pid: number): Promise<boolean> {
  const gone = (): boolean => runningServer(data)?.pid !== pid;
  signal(pid, "SIGINT");
  if (await waitUntil(gone, FAST_SHUTDOWN_MS)) return true;
  signal(pid, "SIGQUIT");
  return waitUntil(gone, IMMEDIATE_SHUTDOWN_MS);
}

/**
 * Postgres itself refuses to start when any process of its user has the id in its lock file. That no server
 * runs here has been seen; should one's backends be left, Postgres finds their shared memory and refuses.
 */
function removeStaleFile(data: string): void {
  const pid = readPostmasterFile(data)?.pid;
  if (pid !== undefined && isTaken(pid)) unlinkSync(join(data, "postmaster.pid"));
}
