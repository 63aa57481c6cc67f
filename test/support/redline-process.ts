import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { ProgramOrder, ProgramReport } from "../faults/program.ts";

const PROGRAM = fileURLToPath(new URL("../faults/program.ts", import.meta.url));
const COMMAND = fileURLToPath(new URL("../../bin/redline.js", import.meta.url));

/** How a process came to its end. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Redline in a process of its own (`test/faults/program.ts`). */
export class RedlineProcess implements AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** What it has logged so far. */
  readonly output: () => string;
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    parts: Pick<RedlineProcess, "url" | "output" | "ended">,
  ) {
    this.#child = child;
    this.pid = child.pid!;
    this.url = parts.url;
    this.output = parts.output;
    this.ended = parts.ended;
  }

  /** Resolves once it serves. @throws Error with what it said when it did not start */
  static async start(environment: Record<string, string>): Promise<RedlineProcess> {
    const { child, output, ended } = spawnNode(["--import", "tsx", PROGRAM], environment);
    const report = await Promise.race([firstReport(child), ended]);
    if ("url" in report) return new RedlineProcess(child, { url: report.url, output, ended });
    child.kill("SIGKILL");
    throw new Error("error" in report ? report.error : `It ended at once:\n${output()}`);
  }

  /** The same for one that is not expected to come to serve. */
  static spawn(environment: Record<string, string>): {
    ended: Promise<ProcessEnd>;
    signal(name: NodeJS.Signals): void;
  } {
    const { child, ended } = spawnNode(["--import", "tsx", PROGRAM], environment);
    return { ended, signal: (name) => void child.kill(name) };
  }

  /** The command line, as a person starts it; resolves once it says where it is. */
  static async startCommand(
    args: readonly string[],
    environment: Record<string, string>,
  ): Promise<RedlineProcess> {
    const { child, output, ended } = spawnNode([COMMAND, ...args], forCommand(environment));
    const url = (): string | undefined => /http:\/\/127\.0\.0\.1:\d+/.exec(output())?.[0];
    await Promise.race([
      ended,
      (async () => {
        while (url() === undefined) await once(child.stdout!, "data");
      })(),
    ]);
    const found = url();
    if (found !== undefined) return new RedlineProcess(child, { url: found, output, ended });
    throw new Error(`It ended at once:\n${output()}`);
  }

  /** Runs the command line to its end. */
  static async runCommand(
    args: readonly string[],
    environment: Record<string, string>,
  ): Promise<ProcessEnd & { output: string }> {
    const { output, ended } = spawnNode([COMMAND, ...args], forCommand(environment));
    return { ...(await ended), output: output() };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  order(order: ProgramOrder): void {
    this.#child.send(order);
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

/** As started by npm, it ends with whoever started it. */
const forCommand = (environment: Record<string, string>): Record<string, string> => ({
  npm_lifecycle_event: "start",
  ...environment,
});

function spawnNode(
  args: readonly string[],
  environment: Record<string, string>,
): { child: ChildProcess; output: () => string; ended: Promise<ProcessEnd> } {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  }
  const ended = once(child, "close").then(
    ([code, signal]) => ({ code, signal }) as ProcessEnd,
  );
  return { child, output: () => text, ended };
}

async function firstReport(child: ChildProcess): Promise<ProgramReport> {
  const [report] = (await once(child, "message")) as [ProgramReport];
  return report;
}

/** A port that nobody listened on a moment ago, for a process that is to come back on it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
