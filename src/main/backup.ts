/** `redline backup` and `redline restore`. Part of the composition root. */
import { open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readConfig } from "../config.ts";
import { UserError } from "../errors.ts";
import type { BackupSummary } from "../upkeep/backup.ts";
import { backUp, restore } from "../upkeep/backup.ts";
import { withDatabase } from "./with-database.ts";

/** Means standard output, or standard input. */
const PIPE = "-";

/** Beside a running Redline, or without one. */
export function backupTo(path: string): Promise<number> {
  return withDatabase(async (sql) => {
    if (path === PIPE) {
      if (process.stdout.isTTY) {
        throw new UserError("invalid-request", "A backup is no text: send it into a file.");
      }
      say("Backed up", await backUp(sql, process.stdout), "");
      return 0;
    }
    const file = resolve(readConfig().config.invokedFrom, path);
    const summary = await writeWhole(file, (into) => backUp(sql, into));
    say("Backed up", summary, ` to ${file}; ENCRYPTION_KEY and the other secrets are not in it`);
    return 0;
  });
}

/** Into a database with nothing in it. */
export function restoreFrom(path: string): Promise<number> {
  return withDatabase(async (sql, _url, _secrets, config) => {
    const from = path === PIPE ? process.stdin : await openFile(resolve(config.invokedFrom, path));
    const summary = await restore(sql, from);
    say("Restored", summary, "; “redline check --commits” says whether all is well");
    return 0;
  });
}

/** Under its name the file is there whole, or not at all. Nobody else may read it. */
async function writeWhole<T>(
  path: string,
  write: (into: NodeJS.WritableStream) => Promise<T>,
): Promise<T> {
  const part = `${path}.part`;
  await rm(part, { force: true }).catch(() => {});
  try {
    const handle = await open(part, "wx", 0o600);
    try {
      // Its end closes the file, once that is on the disk.
      const result = await write(handle.createWriteStream({ flush: true }));
      await rename(part, path);
      await syncFolder(dirname(path));
      return result;
    } finally {
      // Where it was not begun; a second time does nothing.
      await handle.close();
    }
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw explained(error, path, "written");
  }
}

/** So that the file is still there after a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openFile(path: string): Promise<NodeJS.ReadableStream> {
  try {
    return (await open(path, "r")).createReadStream();
  } catch (error) {
    throw explained(error, path, "read");
  }
}

/** What the system says of a file, in one sentence; anything else comes back as it is. */
function explained(error: unknown, path: string, done: "read" | "written"): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  const why = error.code === "ENOSPC" ? "the disk is full" : String(error.code);
  return new UserError("not-found", `The file ${path} cannot be ${done}: ${why}.`, {
    cause: error,
  });
}

function say(did: string, { rows, tables, version, madeAt }: BackupSummary, more: string): void {
  process.stderr.write(
    `${did} ${rows} rows of ${tables} tables, schema ${version}, as they were at ${madeAt}${more}.\n`,
  );
}
