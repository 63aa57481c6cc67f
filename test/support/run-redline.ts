/** Redline's commands as child processes, for tests and for what runs without a test runner. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const REDLINE = fileURLToPath(new URL("../../bin/redline.js", import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  /** Its lines, without empty ones. */
  errors: string[];
}

/** Redline as a child process, with no more of this environment than it needs. */
export class Child {
  readonly process: ChildProcess;
  private readonly exited: Promise<unknown>;
  private stdout = "";
  private stderr = "";

  constructor(args: readonly string[], environment: Record<string, string>) {
    this.process = spawn(process.execPath, [REDLINE, ...args], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PORT: "0", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = once(this.process, "close");
    this.process.stdout!.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.process.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
  }

  async end(): Promise<Ended> {
    await this.exited;
    const errors = this.stderr.split("\n").filter((line) => line !== "");
    return { code: this.process.exitCode, stdout: this.stdout, errors };
  }

  /** What it prints before the console's address is known, and that address. */
  async ready(): Promise<{ banner: string; page: string }> {
    for (;;) {
      const [, page] = /^Redline is ready: (\S+)$/m.exec(this.stdout) ?? [];
      if (page && this.stdout.includes("Ctrl-C")) return { banner: this.stdout, page };
      const next = once(this.process.stdout!, "data");
      const gone = this.exited.then(() => {
        throw new Error(`Redline ended: ${this.stdout}${this.stderr}`);
      });
      await Promise.race([next, gone]);
    }
  }
}

/** Runs a command to its end. */
export function runRedline(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  return new Child(args, environment).end();
}
