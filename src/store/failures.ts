import { UserError } from "../errors.ts";

/** SQLSTATE codes (appendix A of PostgreSQL's manual), those of `postgres`, and the system's. */
const FULL = new Set(["53100"]);
const BUSY = new Set(["53200", "53300"]);
const AWAY = new Set([
  "57P01",
  "57P02",
  "57P03",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
]);

/** What a failure of the database server means to the person; null for what is no such failure. */
export function explainDatabaseFailure(error: unknown): UserError | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const sentence = sentenceOf(code);
  return sentence === null ? null : new UserError("not-ready", sentence, { cause: error });
}

function sentenceOf(code: string): string | null {
  if (FULL.has(code)) {
    return "The disk of the database is full, so nothing was stored: free some space and try again.";
  }
  if (BUSY.has(code)) return "The database has no room for more work; try again in a moment.";
  if (AWAY.has(code)) return "The database does not answer; try again in a moment.";
  return null;
}
