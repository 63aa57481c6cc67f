/** Runs a command of Redline to its end. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const REDLINE = fileURLToPath(new URL("../../bin/redline.js", import.meta.url));

export interface CommandEnd {
  code: number;
  /** The lines of its output that say that something is wrong; without any the last one. */
  says: string;
}

export function runRedline(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<CommandEnd> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [REDLINE, ...args], { env }, (error, stdout, stderr) => {
      const lines = `${stdout}${stderr}`.trim().split("\n");
      const wrong = lines.filter((line) => /^(?!ok\b)/.test(line));
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({
        code,
        says: (code === 0 ? `${lines.length} lines ok` : wrong.join(" | ")).slice(0, 2_000),
      });
    });
  });
}
