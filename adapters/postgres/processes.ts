import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessInfo {
  parentPid: number;
  /** The program and its arguments, with spaces between; empty for a zombie. */
  command: string;
}

/** A live process, or null when there is none under that id. */
export function processInfo(pid: number): ProcessInfo | null {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, and may itself hold spaces and brackets.
    const parentPid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { parentPid, command };
  } catch {
    return null;
  }
}

function fromPs(pid: number): ProcessInfo | null {
  try {
    const options = ["-ww", "-o", "ppid=", "-o", "args=", "-p", String(pid)];
    const output = execFileSync("ps", options, { encoding: "utf8" });
    const [, parentPid, command] = /^\s*(\d+)\s+(.*)$/m.exec(output) ?? [];
    return command === undefined ? null : { parentPid: Number(parentPid), command };
  } catch {
    return null;
  }
}

/** Whether a process, even an ended one that nobody has collected yet (a zombie), has that id. */
export function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
}

/** Whether a process under that id is running. */
export function isAlive(pid: number): boolean {
  return isTaken(pid) && processInfo(pid)?.command !== "";
}

/** Sends a signal; a process that is gone already is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Asks every few milliseconds; false when `limitMs` passed first. */
export async function waitUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) return false;
    await sleep(5);
  }
  return true;
}
