/** What this machine and its processes have used, as Linux tells it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const TICKS_A_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

interface Stat {
  id: number;
  parent: number;
  /** Milliseconds of processor time, of its own and of children that have ended. */
  cpu: number;
}

/** Milliseconds of processor time that a process has used, and all that it has begun. */
export function cpuOf(pid: number): number {
  return family(pid).reduce((sum, { cpu }) => sum + cpu, 0);
}

/** Resident bytes of a process and all that it has begun. */
export function memoryOf(pid: number): number {
  return family(pid).reduce((sum, { id }) => {
    const [, kilobytes = "0"] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, "utf8")) ?? [];
    return sum + Number(kilobytes) * 1024;
  }, 0);
}

/** Milliseconds of all cores since the machine started, and those in which they did something. Source: proc_stat(5). */
export function machineCpu(): { all: number; busy: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  // User, nice, system, idle, iowait, irq, softirq, steal.
  const fields = line
    .trim()
    .split(/\s+/)
    .slice(1, 9)
    .map((field) => milliseconds(Number(field)));
  const all = fields.reduce((sum, one) => sum + one, 0);
  return { all, busy: all - fields[3]! - fields[4]! };
}

const milliseconds = (ticks: number): number => (ticks * 1_000) / TICKS_A_SECOND;

function family(pid: number): Stat[] {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const stats = ids.flatMap((id) => statOf(Number(id)) ?? []);
  const parents = new Map(stats.map(({ id, parent }) => [id, parent]));
  const isBelow = (id: number): boolean => {
    const parent = parents.get(id) ?? 0;
    return id === pid || (parent > 1 && isBelow(parent));
  };
  return stats.filter(({ id }) => isBelow(id));
}

/** Null for one that has ended. Source: proc_pid_stat(5). */
function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + field, 0);
    return { id: pid, parent: fields[1]!, cpu: milliseconds(ticks) };
  } catch {
    return null;
  }
}
