/** One Postgres process with its watchdog. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  fchownSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { readPostmasterFile } from "./previous-server.ts";
import { signal, waitUntil } from "./processes.ts";
import type { RunAs } from "./run-as.ts";

/**
 * Runs its arguments, Postgres, until the pipe on descriptor 3 closes, which happens when our program ends in
 * whatever way, SIGKILL included; then asks Postgres for a fast shutdown. Postgres' own process id is told
 * through the same pipe. Signals of a terminal reach neither the watchdog nor Postgres, so that a program that
 * is told to stop can still use its database. In the order written here, no death of our program at whatever
 * moment leaves Postgres alone.
 */
const WATCHDOG = `
trap '' INT TERM HUP PIPE
"$@" </dev/null 3<&- & server=$!
(read _; kill -INT $server) <&3 2>/dev/null & reader=$!
echo $server >&3
wait $server; status=$?
kill -KILL $reader 2>/dev/null
exit $status
`;

/** Replaying the log after a crash takes seconds; the limit is for a server that hangs. */
const READY_MS = 120_000;
const FAST_SHUTDOWN_MS = 10_000;
const LOG_BYTES = 1_000_000;

export interface Server {
  pid: number;
  /** When the process has ended, for whatever reason. */
  exited: Promise<void>;
  /** What it has written to its log. */
  readLog(): string;
  /** Fast shutdown; an immediate one when that takes too long. */
  stop(): Promise<void>;
}

/** Postgres ended before it was ready. */
export class ServerStartError extends Error {
  override readonly name = "ServerStartError";
  /** What this server wrote to its log. */
  readonly log: string;

  constructor(log: string) {
    super(`Postgres did not start:\n${log}`);
    this.log = log;
  }
}

export interface LaunchOptions {
  postgres: string;
  /** The cluster's folder: `data` and `log` lie in it. */
  folder: string;
  settings: Record<string, string>;
  runAs?: RunAs;
}

/**
 * Starts Postgres and waits until it accepts connections.
 *
 * @throws ServerStartError
 */
export async function launch(options: LaunchOptions): Promise<Server> {
  const data = join(options.folder, "data");
  const log = openLog(join(options.folder, "log"), options.runAs);
  const child = spawnWatchdog(options, data, log.descriptor);
  const exited = once(child, "exit").then(() => undefined);
  const pipe = child.stdio[3] as Socket;
  const pid = await Promise.race([readPid(pipe), exited]);
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const ready = (): boolean => {
    const file = readPostmasterFile(data);
    return file !== null && file.pid === pid && file.status === "ready";
  };
  await waitUntil(() => ended() || ready(), READY_MS);
  if (pid === undefined || !ready()) {
    pipe.end();
    await exited;
    throw new ServerStartError(log.read());
  }
  // Should the watchdog have been killed, its other half ends Postgres when the pipe closes.
  child.once("exit", () => pipe.destroy());
  // Neither of them keeps our program alive.
  child.unref();
  pipe.unref();
  return {
    pid,
    exited,
    readLog: log.read,
    stop: () => stop(child, pipe, pid, exited, ended),
  };
}

function spawnWatchdog(options: LaunchOptions, data: string, log: number): ChildProcess {
  const settings = Object.entries(options.settings).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  try {
    return spawn(
      "/bin/sh",
      ["-c", WATCHDOG, "redline-watchdog", options.postgres, "-D", data, ...settings],
      {
        ...options.runAs,
        env: { LC_ALL: "C" },
        cwd: data,
        detached: true, // a session of its own: Ctrl-C in the terminal is not sent to it
        stdio: ["ignore", log, log, "pipe"],
      },
    );
  } finally {
    closeSync(log);
  }
}

interface Log {
  descriptor: number;
  /** What has been written since it was opened. */
  read(): string;
}

/**
 * Appends to the log; one that has grown is put aside first. The file is the data's owner's, who may start
 * Postgres by himself the next time; so it must not lead root elsewhere either.
 */
function openLog(file: string, owner?: RunAs): Log {
  let from = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (from > LOG_BYTES) {
    renameSync(file, `${file}.old`);
    from = 0;
  }
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid);
  return { descriptor, read: () => readFileSync(file).subarray(from).toString() };
}

async function readPid(pipe: Socket): Promise<number> {
  const [line] = (await once(pipe, "data")) as [Buffer];
  pipe.on("error", () => {}); // closed by the other side: then the exit is what tells
  pipe.resume();
  return Number(line);
}

async function stop(
  child: ChildProcess,
  pipe: Socket,
  pid: number,
  exited: Promise<void>,
  ended: () => boolean,
): Promise<void> {
  if (ended()) return;
  child.ref();
  pipe.end();
  if (!(await waitUntil(ended, FAST_SHUTDOWN_MS))) signal(pid, "SIGQUIT");
  await exited;
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
