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

/** The error for a person: the reason that Postgres gave, and where to read more. */
export function explainLog(log: string, folder: string): UserError {
  const reason = /(?:FATAL|PANIC): +(.*)/.exec(log)?.[1] ?? log.trim().split("\n").at(-1) ?? "";
  const detail = /DETAIL: +(.*)/.exec(log)?.[1];
  const words = detail === undefined ? reason : `${reason} (${detail.replace(/\.$/, "")})`;
  return new UserError(
    "not-ready",
    `The database in ${folder} did not start: ${words || "Postgres said nothing"}. Its log is ${folder}/log.`,
  );
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
