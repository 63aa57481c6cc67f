/**
 * Makes `npm start`, `npm test` and their like work on a fresh clone: installs the packages when
 * node_modules does not hold what package-lock.json asks for, and else does nothing.
 *
 * usage: node bin/setup.js production | all
 */
import "./check-node.js";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync } from "node:fs";
import { utimes } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/**
 * An entry of a lock file.
 * @typedef {{
 *   version?: string, integrity?: string, link?: boolean,
 *   dev?: boolean, optional?: boolean, devOptional?: boolean,
 *   os?: string[], cpu?: string[], libc?: string[],
 * }} Entry
 * @typedef {Record<string, Entry>} Entries by path, such as `node_modules/zod`
 */

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lockFolder = path.join(root, ".setup.lock");
const HEARTBEAT_MS = 1_000;
const ABANDONED_MS = 10_000;
const REPORT_LINES = 20;

/** @type {string | undefined} */
let knownLibc;

/** `glibc` or `musl`; undefined where the platform has no choice. */
function libc() {
  if (process.platform !== "linux") return undefined;
  if (!knownLibc) {
    // Spares the report what it takes longest for; Node.js 20 does not know the switch yet.
    Object.assign(process.report, { excludeNetwork: true });
    const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
      process.report.getReport()
    );
    knownLibc = header.glibcVersionRuntime ? "glibc" : "musl";
  }
  return knownLibc;
}

/** @type {(wanted: string[] | undefined, value: string | undefined) => boolean} */
function allows(wanted, value) {
  if (!wanted || value === undefined) return true;
  if (wanted.includes(`!${value}`)) return false;
  return wanted.includes(value) || wanted.every((name) => name.startsWith("!"));
}

/**
 * Whether npm must install the package here. Optional packages that name no platform are left to npm: it
 * leaves them out without a word when what they belong to is for another platform.
 * @type {(entry: Entry, all: boolean) => boolean}
 */
function isNeeded(entry, all) {
  if (entry.link || (entry.dev && !all)) return false;
  if (!entry.optional && !entry.devOptional) return true;
  if (!entry.os && !entry.cpu) return false;
  return (
    allows(entry.os, process.platform) &&
    allows(entry.cpu, process.arch) &&
    (!entry.libc || allows(entry.libc, libc()))
  );
}

/** @type {(file: string) => Entries} */
const readEntries = (file) =>
  JSON.parse(readFileSync(path.join(root, file), "utf8")).packages ?? {};

/** What npm noted at the end of its last complete install; empty when there was none, or when it was cut off. */
function installedEntries() {
  try {
    return readEntries("node_modules/.package-lock.json");
  } catch {
    return {};
  }
}

/**
 * Compares node_modules with package-lock.json.
 * @param {boolean} all with the packages for development
 */
function survey(all) {
  const installed = installedEntries();
  const isMissing = (/** @type {string} */ folder, /** @type {Entry} */ entry) => {
    const found = installed[folder];
    if (!found || found.version !== entry.version) return true;
    if (found.integrity && entry.integrity && found.integrity !== entry.integrity) return true;
    return !existsSync(path.join(root, folder, "package.json"));
  };
  const complete = Object.entries(readEntries("package-lock.json")).every(
    ([folder, entry]) => folder === "" || !isNeeded(entry, all) || !isMissing(folder, entry),
  );
  const hasDevelopment = Object.values(installed).some((entry) => entry.dev);
  return { complete, hasDevelopment };
}

/**
 * The beginning of what npm printed, where its reason stands; its log holds the rest. Which registry is
 * used, and where, is nobody's business who reads a build's log.
 * @param {string} output
 */
function reportOf(output) {
  const lines = output
    .replace(/https?:\/\/[^\s"'/]+/g, "(registry)")
    .replace(/\b(ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|EHOSTUNREACH) \S+/g, "$1 (registry)")
    .trim()
    .split("\n");
  return lines.length <= REPORT_LINES
    ? lines.join("\n")
    : [...lines.slice(0, REPORT_LINES), "…"].join("\n");
}

/**
 * Runs npm, silently unless it fails.
 * @param {string[]} command
 * @returns {Promise<number>} the exit code
 */
function npm(command) {
  const args = [...command, "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  // The npm that runs this script, so that no other version of it is used for the install.
  const cli = process.env.npm_execpath;
  const child = cli?.endsWith("npm-cli.js")
    ? spawn(process.execPath, [cli, ...args], { cwd: root })
    : spawn("npm", args, { cwd: root });
  let output = "";
  child.stdin.end();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  }
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => (output += `npm could not be started: ${error.message}`));
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      if (code !== 0) console.log(`failed.\n${reportOf(output)}`);
      if (code === null) resolve(signal === "SIGINT" ? 130 : 143);
      else resolve(code < 0 ? 1 : code);
    });
  });
}

/** Whether this process now holds the lock. A holder that died stops touching it, and loses it. */
function takeLock() {
  try {
    mkdirSync(lockFolder);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  }
  try {
    if (Date.now() - statSync(lockFolder).mtimeMs > ABANDONED_MS) rmdirSync(lockFolder);
  } catch {
    // Released or taken over in the meantime: the next attempt sees.
  }
  return false;
}

/** @type {<T>(work: () => Promise<T>) => Promise<T>} */
async function alone(work) {
  for (let attempt = 0; !takeLock(); attempt++) {
    if (attempt === 0) console.log("Waiting for another installation in this folder.");
    await delay(200);
  }
  const heartbeat = setInterval(() => {
    void utimes(lockFolder, new Date(), new Date()).catch(() => {});
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

/**
 * The npm command that completes node_modules; undefined when it is complete. `npm ci` replaces the whole
 * folder, also under a Redline that is running, so what only has to be added is added.
 * @param {boolean} all with the packages for development
 */
function neededCommand(all) {
  const { complete, hasDevelopment } = survey(all);
  if (complete) return undefined;
  if (all && survey(false).complete) return ["install", "--no-save", "--include=dev"];
  return ["ci", all || hasDevelopment ? "--include=dev" : "--omit=dev"];
}

/** @type {(all: boolean) => Promise<number>} */
async function install(all) {
  const command = neededCommand(all);
  if (!command) return 0;
  const started = performance.now();
  process.stdout.write(`Installing the packages of package-lock.json (npm ${command[0]}) … `);
  const code = await npm(command);
  if (code === 0) console.log(`done in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return code;
}

const all = process.argv[2] === "all";
try {
  if (neededCommand(all)) process.exitCode = await alone(() => install(all));
} catch (error) {
  console.error(
    `The packages cannot be checked or installed: ${/** @type {Error} */ (error).message}`,
  );
  process.exitCode = 1;
}
