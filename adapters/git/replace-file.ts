/** Replaces a file that other programs may be writing at this moment. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Begins the names of files that only pass through; then the id of their process, and at random. */
const PASSING = ".redline-";

export function passingName(suffix: string): string {
  return `${PASSING}${process.pid}-${randomBytes(6).toString("hex")}.${suffix}`;
}

/** Deletes the passing files in a folder that no living process but this one, which is not at it, can own. */
export function removeLeftPassingFiles(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /^\.redline-(\d+)-[0-9a-f]{12}\.\w+$/.exec(name)?.[1];
    if (pid === undefined || isAnotherProcess(Number(pid))) continue;
    rmSync(join(folder, name), { force: true });
  }
}

function isAnotherProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

export interface Replacement {
  file: string;
  /** What the file must hold to be replaced. */
  expected: Buffer;
  next: Buffer;
  /** A folder for the passing files, used where it is on the same file system as the file. */
  scratch: string;
  onStep: (step: "copy-written" | "copy-verified" | "file-replaced") => void;
}

/**
 * Replaces the file, at once and keeping its mode and owner, if it still holds what is expected; returns
 * whether it was replaced.
 *
 * Nothing can compare and rename in one step, so this does the two directly after one another, and keeps a
 * second name of the old file: a program that wrote into it in between (in place, as editors do) has written
 * what that name still shows, and the old file is put back. Synchronous, so that nothing of our own comes in
 * between either.
 */
export function replaceFile(replacement: Replacement): boolean {
  const { file, expected, next, onStep } = replacement;
  const secondName = passingName("old");
  const { folder, isKept } = keepSecondName(file, secondName, replacement.scratch);
  const copy = join(folder, passingName("new"));
  const kept = join(folder, secondName);
  try {
    const before = lstatSync(file);
    writeFileSync(copy, next, { mode: before.mode & 0o777 });
    const { uid, gid } = lstatSync(copy);
    if (uid !== before.uid || gid !== before.gid) chownSync(copy, before.uid, before.gid);
    // After chown, which may take bits away; and the umask has.
    chmodSync(copy, before.mode & 0o7777);
    onStep("copy-written");
    if (!readFileSync(file).equals(expected)) return false;
    onStep("copy-verified");
    if (lstatSync(file).ino !== before.ino) return false;
    renameSync(copy, file);
    onStep("file-replaced");
    if (isKept && !readFileSync(kept).equals(expected)) {
      renameSync(kept, file);
      return false;
    }
    return true;
  } finally {
    rmSync(copy, { force: true });
    rmSync(kept, { force: true });
  }
}

/**
 * Gives the file a second name, in `scratch` or else beside it. Also tells where a copy can be renamed from.
 * Not kept where the file system knows no hard links.
 */
function keepSecondName(
  file: string,
  name: string,
  scratch: string,
): { folder: string; isKept: boolean } {
  for (const folder of [scratch, dirname(file)]) {
    try {
      linkSync(file, join(folder, name));
      return { folder, isKept: true };
    } catch {
      // EXDEV: another file system; EPERM and the like: no hard links. Then the next place, or none.
    }
  }
  return { folder: dirname(file), isKept: false };
}
