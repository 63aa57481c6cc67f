/** From what Postgres and the file system say to what a person can do about it. */
import { UserError } from "../../src/errors.ts";

/** Why a server ended before it was ready, as far as the start can do something about it by itself. */
export type StartFailure = "port-taken" | "folder-in-use" | "sessions-left" | "other";

/**
 * @param log what the server wrote, in English (`LC_ALL=C`)
 */
export function startFailure(log: string): StartFailure {
  if (/could not bind .*: Address already in use/.test(log)) return "port-taken";
  if (/lock file "postmaster\.pid" (already exists|is empty)/.test(log)) return "folder-in-use";
  // A postmaster was killed, and its sessions are still ending.
  if (/pre-existing shared memory block/.test(log)) return "sessions-left";
  return "other";
}

/** The error for a person when Postgres did not start: its reason, and where to read more. */
export function explainLog(log: string, folder: string): UserError {
  const reason = reasonIn(log) ?? log.trim().split("\n").at(-1);
  return new UserError(
    "not-ready",
    `The database in ${folder} did not start: ${reason || "Postgres said nothing"}. Its log is ${folder}/log.`,
  );
}

/** The same when Postgres ended while it was in use. */
export function explainEnd(log: string, folder: string): UserError {
  return new UserError(
    "not-ready",
    `The database in ${folder} ended by itself: ${reasonIn(log) ?? "it was killed"}. It is being started again; its log is ${folder}/log.`,
  );
}

/** The worst that a log tells: a panic, which is where a server's end begins, or else its last fatal error. */
function reasonIn(log: string): string | undefined {
  // Clients that came too early or too late are told so, as fatal errors of their own sessions.
  const lines = log.split("\n").filter((line) => !/FATAL: +the database system is /.test(line));
  const panic = lines.findIndex((line) => line.includes("PANIC: "));
  const worst = panic === -1 ? lines.findLastIndex((line) => line.includes("FATAL: ")) : panic;
  const reason = /(?:FATAL|PANIC): +(.*)/.exec(lines[worst] ?? "")?.[1];
  const detail = /DETAIL: +(.*)/.exec(lines[worst + 1] ?? "")?.[1];
  return detail === undefined ? reason : `${reason} (${detail.replace(/\.$/, "")})`;
}

const REASONS: Record<string, string> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is on a read-only file system",
  ENOTDIR: "a part of its path is a file",
  EEXIST: "a file of that name is in the way",
  ENOENT: "it cannot be made there",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

/** Turns a file system's error into one for a person; anything else comes back as it is. */
export function explainFileError(error: unknown, dataDir: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const { code = "", path } = error as NodeJS.ErrnoException;
  const reason = REASONS[code];
  if (reason === undefined) return error;
  const where = path === undefined || path === dataDir ? "" : `, at ${path}`;
  return new UserError(
    "not-ready",
    `The data folder ${dataDir} cannot be used: ${reason} (${code}${where}). Mend that, or set REDLINE_DATA_DIR to another folder.`,
    { cause: error },
  );
}
