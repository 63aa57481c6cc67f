/** What a failure of Git, or of a file operation beside it, means to the person. */
import { UserError } from "../../src/errors.ts";
import { GitError } from "./run-git.ts";

const NO_SPACE = /No space left on device|Disk quota exceeded|File too large|ENOSPC|EDQUOT|EFBIG/;
/** Git does not say why it could not write a ref. */
const NOT_WRITTEN = /couldn't (write|close) '|write error|short write|failed to write/;
const NOT_ALLOWED =
  /Permission denied|insufficient permission|Operation not permitted|EACCES|EPERM/;
const READ_ONLY = /Read-only file system|EROFS/;
const LOCKED = /Unable to create '(.+?\.lock)': File exists/;
const TOO_NEW = /Expected git repo version|unknown repository (extension|version)|unknown hash/;
const BAD_CONFIG = /bad (numeric |boolean )?config|bad config line/;
const INCOMPLETE = /promisor|lazy fetch|transport '.*' not allowed/;
const FILTER = /(?:smudge|clean) filter '?(\S+?)'? failed/;
const DAMAGED =
  /bad (object|file)|corrupt|object file .* is empty|unable to (read|find)|could not get object info|missing (blob|tree|commit)|not a valid object|inflate/i;

/**
 * The error to throw on: one sentence for the person where there is something to do, else the error itself.
 *
 * @param folder the repository's folder
 */
export function explain(error: unknown, folder: string): unknown {
  if (!(error instanceof GitError)) return explainFileError(error, folder);
  const sentence = explainText(error.stderr, folder);
  if (sentence === undefined) return error;
  return new UserError("repository-unavailable", sentence, { cause: error });
}

/** The same for a failed file operation; anything else comes back as it is. */
export function explainFileError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const sentence = explainText(code, path ?? folder);
  if (sentence === undefined) return error;
  return new UserError("repository-unavailable", sentence, { cause: error });
}

/** Runs `work`, and explains what it throws. */
export async function explaining<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(error, folder);
  }
}

function explainText(text: string, place: string): string | undefined {
  if (NO_SPACE.test(text)) {
    return `The disk of ${place} is full: free some space and try again.`;
  }
  if (READ_ONLY.test(text)) {
    return `${place} is on a file system that is mounted read-only: make it writable and try again.`;
  }
  if (NOT_ALLOWED.test(text)) {
    const denied = /'([^'\n]+)': (Permission denied|Operation not permitted)/.exec(text)?.[1];
    return `Redline may not read or write everything that it needs in ${denied ?? place}: give the user that Redline runs as access to it, and try again.`;
  }
  if (NOT_WRITTEN.test(text)) {
    return `Git could not write in ${place}: see whether its disk is full, and try again.`;
  }
  const lock = LOCKED.exec(text)?.[1];
  if (lock !== undefined) {
    return `Another Git program is at work in ${place}: try again when it is done, and if there is none, delete ${lock}, which a crashed one has left.`;
  }
  if (TOO_NEW.test(text)) {
    return `The Git on this machine is too old for the repository ${place}: install a newer Git and try again.`;
  }
  const filter = FILTER.exec(text)?.[1];
  if (filter !== undefined) {
    return `The filter ${filter}, which the Git configuration of ${place} names for the document, fails: mend it (“git checkout” fails there too), and try again.`;
  }
  if (BAD_CONFIG.test(text)) {
    return `Git cannot read the configuration of ${place}: mend what “git config --list” complains about there.`;
  }
  if (INCOMPLETE.test(text)) {
    return `The repository ${place} is a partial clone that lacks the document: fetch it there with Git, and try again.`;
  }
  if (DAMAGED.test(text)) {
    return `Something is missing or damaged in the repository ${place}: run “git fsck” there to see what.`;
  }
  return undefined;
}
