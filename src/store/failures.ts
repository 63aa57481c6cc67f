import { UserError } from "../errors.ts";

/** SQLSTATE codes (appendix A of PostgreSQL's manual), those of `postgres`, and the system's. */
const FULL = new Set(["53100"]);
const BUSY = new Set(["53200", "53300"]);
/** Of transactions that stood in each other's way: this one was rolled back. */
const CLASHED = new Set(["40001", "40P01"]);
const READ_ONLY = new Set(["25006"]);
const NO_WAY = new Set(["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const AWAY = new Set([
  ...NO_WAY,
  "25P03",
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
  if (CLASHED.has(code)) return "Others changed the same at that moment; try again.";
  if (READ_ONLY.has(code)) {
    return "The database takes no writes at the moment, so nothing was stored; try again later.";
  }
  if (AWAY.has(code)) return "The database does not answer; try again in a moment.";
  return null;
}

/** Why the database could not be opened, in one sentence; anything else comes back as it is. */
export function explainOpenFailure(error: unknown, databaseUrl: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const { host, pathname } = new URL(databaseUrl);
  const sentence = openSentence(code, host, decodeURIComponent(pathname.slice(1)));
  return sentence === null ? error : new UserError("not-ready", sentence, { cause: error });
}

function openSentence(code: string, host: string, database: string): string | null {
  switch (code) {
    case "28000":
    case "28P01":
      return `The database at ${host} does not let Redline in; check the user and the password of DATABASE_URL.`;
    case "3D000":
      return `There is no database “${database}” at ${host}; create it, or check DATABASE_URL.`;
    case "42501":
      return `The user of DATABASE_URL may not make tables in the database “${database}”; let the database belong to that user.`;
    default:
  }
  if (!AWAY.has(code)) return sentenceOf(code);
  return `The database at ${host} cannot be reached; check that it runs and that DATABASE_URL is right.`;
}
