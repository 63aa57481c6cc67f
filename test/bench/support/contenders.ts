/** What is measured beside each other on a fake platform, each in a process of its own with a fake of its own. */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { nextMessage } from "./start-server.ts";
import type { MadeAt } from "./token-stream.ts";

export interface Contender extends AsyncDisposable {
  /** Places for so many answers; calling one asks for its answer, the recorded stream of its number. */
  prepare(streams: number): Promise<(() => void)[]>;
  made(): Promise<MadeAt>;
}

/** A call of the platform's API. */
export interface PlatformCall {
  name: string;
  /** Milliseconds since the epoch. */
  at: number;
  isUnderWay: boolean;
  /** Whether it was one too many. */
  isLimited: boolean;
  /** What it made visible. */
  texts: readonly string[];
}

/** A contender on its platform. */
export interface Scene {
  /** Null where it cannot be installed. */
  contender: Contender | null;
  /** From the one of this number on. */
  calls(from: number): PlatformCall[];
  /** Of the same calls, what is measured on this platform alone. */
  more?(from: number): string[];
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface ContenderKind {
  name: string;
  open(): Promise<Scene>;
}

export interface Program extends AsyncDisposable {
  send(message: object): void;
  made(): Promise<MadeAt>;
}

/** A program that calls `serve`, with what it reads as its account. */
export async function startProgram(url: URL, account: object): Promise<Program> {
  const file = fileURLToPath(url);
  const name = basename(file);
  const child = fork(file, {
    execArgv: ["--import", "tsx"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ACCOUNT: JSON.stringify(account) },
  });
  await nextMessage(child, name);
  return {
    send: (message) => void child.send(message),
    async made() {
      child.send("made");
      return ((await nextMessage(child, name)) as { made: MadeAt }).made;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.send("stop");
      await gone;
    },
  };
}

/** The packages of a comparison, in a folder of their own. False where that fails. */
export async function install(folder: URL): Promise<boolean> {
  const cwd = fileURLToPath(folder);
  if (existsSync(`${cwd}/node_modules/chat`)) return true;
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  try {
    await promisify(execFile)("npm", args, { cwd, timeout: 120_000 });
    return true;
  } catch {
    return false;
  }
}

/** Waits for what the fake is to show. @throws Error after 30 s */
export async function seen(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 30_000,
): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`${what} was not seen in time`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
