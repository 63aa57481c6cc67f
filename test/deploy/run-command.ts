/** Programs that a test starts, and what they say. */
import { spawn } from "node:child_process";

export interface Ended {
  code: number | null;
  /** What it printed, on either of its outputs. */
  output: string;
}

export interface Run {
  isRunning(): boolean;
  /** What it has printed so far. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

interface RunOptions {
  cwd: string;
  env: Record<string, string | undefined>;
  uid?: number;
  gid?: number;
}

export function runCommand([program = "", ...args]: readonly string[], options: RunOptions): Run {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  }
  return {
    isRunning: () => child.exitCode === null && child.signalCode === null,
    output: () => text,
    signal: (name) => void child.kill(name),
    ended: new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, output: text }));
    }),
  };
}
