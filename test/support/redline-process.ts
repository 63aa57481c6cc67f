import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ProgramAnswer, ProgramOrder, ProgramReport } from "../faults/program.ts";
import type { ProcessHealth } from "./process-health.ts";

const PROGRAM = fileURLToPath(new URL("../faults/program.ts", import.meta.url));
const COMMAND = fileURLToPath(new URL("../../bin/redline.js", import.meta.url));

/** How a process came to its end. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

interface Spawned {
  child: ChildProcess;
  /** What it has printed and logged so far. */
  output: () => string;
  ended: Promise<ProcessEnd>;
}

/** Redline in a process of its own, for tests that kill, freeze or stop it. */
export class RedlineProcess implements AsyncDisposable {
  readonly output: () => string;
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  #url = "";

  private constructor({ child, output, ended }: Spawned) {
    this.#child = child;
    this.output = output;
    this.ended = ended;
  }

  /** Runs `test/faults/program.ts`, and does not wait until it serves. */
  static spawn(environment: Record<string, string>): RedlineProcess {
    return new RedlineProcess(spawnNode(["--import", "tsx", PROGRAM], environment));
  }

  /** The same; resolves once it serves. @throws Error with what it said when it did not start */
  static async start(environment: Record<string, string>): Promise<RedlineProcess> {
    const redline = RedlineProcess.spawn(environment);
    const report = await Promise.race([firstReport(redline.#child), redline.ended]);
    if ("url" in report) {
      redline.#url = report.url;
      return redline;
    }
    await redline.kill();
    throw new Error("error" in report ? report.error : `It ended at once:\n${redline.output()}`);
  }

  /** The command line, as a person starts it; resolves once it says where it is. */
  static async startCommand(
    args: readonly string[],
    environment: Record<string, string>,
  ): Promise<RedlineProcess> {
    // As started by npm, it ends with whoever started it.
    const given = { npm_lifecycle_event: "start", ...environment };
    const redline = new RedlineProcess(spawnNode([COMMAND, ...args], given));
    const address = new Promise<string>((resolve) => {
      redline.#child.stdout!.on("data", () => {
        const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(redline.output()) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    const first = await Promise.race([address, redline.ended]);
    if (typeof first === "string") {
      redline.#url = first;
      return redline;
    }
    throw new Error(`It ended at once:\n${redline.output()}`);
  }

  /** Address of the API; empty where it serves none. */
  get url(): string {
    return this.#url;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Only for one that runs `test/faults/program.ts`. */
  order(order: ProgramOrder): void {
    this.#child.send(order);
  }

  /**
   * How it is after a garbage collection; only for one that runs `test/faults/program.ts`. Null where it does not
   * answer in time.
   */
  async health(withinMs: number): Promise<ProcessHealth | null> {
    const signal = AbortSignal.timeout(withinMs);
    try {
      const answer = once(this.#child, "message", { signal });
      this.order({ tellHealth: true });
      const [{ health }] = (await answer) as [ProgramAnswer];
      return health;
    } catch {
      return null;
    }
  }

  /** Ends it as a power switch would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function spawnNode(args: readonly string[], environment: Record<string, string>): Spawned {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  return { child, output: () => text, ended };
}

async function firstReport(child: ChildProcess): Promise<ProgramReport> {
  const [report] = (await once(child, "message")) as [ProgramReport];
  return report;
}
