import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { processInfo } from "../../../adapters/postgres/processes.ts";
import type { RunAs } from "../../../adapters/postgres/run-as.ts";
import { findUser } from "../../../adapters/postgres/run-as.ts";
import { scratchFolder } from "../../../adapters/postgres/shared-temp.ts";
import { readFileSync } from "node:fs";
import { afterAll, onTestFinished } from "vitest";
import { startEmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";

export const IS_ROOT = process.getuid?.() === 0;

/** The ids of `nobody`, for what root tests with another user. */
export function nobody(): RunAs {
  return findUser(readFileSync("/etc/passwd", "utf8"), "nobody")!;
}

/** A new path in the shared temporary folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = scratchFolder();
  // A Postgres may still be shutting down in there.
  onTestFinished(() =>
    rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }),
  );
  return folder;
}

let prepared: string | undefined;

/** The same with a cluster in it, copied from one made for the test file: faster than making each anew. */
export async function preparedFolder(folder = temporaryFolder()): Promise<string> {
  if (prepared === undefined) {
    prepared = scratchFolder();
    await (await startEmbeddedPostgres({ dataDir: prepared })).stop();
  }
  execFileSync("cp", ["-a", prepared, folder]);
  return folder;
}

afterAll(async () => {
  if (prepared !== undefined) await rm(prepared, { recursive: true, force: true });
});

/** What `program.ts` printed first. */
export interface ProgramReport {
  pid: number;
  port: number;
  folder: string;
  url: string;
  error?: string;
}

export interface Program {
  child: ChildProcess;
  report: ProgramReport;
  /** Waits for the program's end. */
  exited: Promise<unknown>;
}

/** Runs `program.ts` on a folder, in a process group of its own, and reads its report. */
export async function runProgram(dataDir: string, user?: RunAs): Promise<Program> {
  const { child, exited } = spawnProgram(dataDir, user);
  const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
  return { child, exited, report: JSON.parse(line) as ProgramReport };
}

/** The same without waiting for the report. */
export function spawnProgram(dataDir: string, user?: RunAs): Omit<Program, "report"> {
  const script = fileURLToPath(new URL("./program.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDir], {
    ...user,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return { child, exited };
}

/** The id of a process that has ended. */
export function deadPid(): number {
  return spawnSync("true").pid;
}

/** Kills a program and both processes that watch over its Postgres, so that Postgres stays behind alone. */
export async function abandon(program: Program): Promise<void> {
  const watchdog = processInfo(program.report.pid)!.parentPid;
  const readers = childrenOf(watchdog).filter((pid) => pid !== program.report.pid);
  program.child.kill("SIGSTOP"); // it must not notice, and so not close the pipe
  for (const pid of [watchdog, ...readers]) process.kill(pid, "SIGKILL");
  program.child.kill("SIGKILL");
  await program.exited;
}

function childrenOf(pid: number): number[] {
  const output = execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" });
  return output.trim().split("\n").map(Number);
}

/** Waits as long as the test may take. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

/** One query on a connection of its own. */
export async function ask(url: string, query: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 });
  try {
    return await sql.unsafe(query);
  } finally {
    await sql.end({ timeout: 1 }); // without the limit it waits for ever when the server is gone
  }
}
