/** What each command does, a few lines a command; part of the composition root. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import { discoverDocument } from "../../adapters/git/discover.ts";
import { ensureSample } from "../../adapters/git/sample.ts";
import { createJobBackend } from "../../jobs/backend.ts";
import type { JobBackend } from "../../jobs/backend.ts";
import { listFailedJobs, retryFailedJob } from "../../jobs/failed-jobs.ts";
import { migrateAll, startApp } from "../app.ts";
import type { App } from "../app.ts";
import { banner } from "./banner.ts";
import { readConfig } from "../config.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config, Secrets } from "../config.ts";
import { listChecks } from "./doctor-checks.ts";
import { examine, report } from "./doctor.ts";
import type { Engine } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { silent } from "../log.ts";
import { isLoopback } from "../loopback.ts";
import type { DocumentLocation } from "../ports.ts";
import { transcriptNow } from "../record/recorder.ts";
import { verifyRecordFile } from "../record/verify-file.ts";
import { createLogger } from "./logger.ts";
import { Teardown } from "../teardown.ts";
import { assertSchema, withDatabase } from "./with-database.ts";

/** Beyond the grace period, the rest of the way down must not take longer. */
const STOP_MS = 7_000;

/** Runs until a signal comes. */
export async function start(path: string | null): Promise<number> {
  const { config, secrets } = readConfig();
  const asked = path === null ? null : await discoverDocument(resolve(config.invokedFrom, path));
  const logger = createLogger(config, withToken(config, secrets));
  const stopped = signalled();
  let opened = "";
  const app = await startApp(config, withToken(config, secrets), logger, {
    async prepare(engine) {
      await assertModel(engine, config);
      if (config.roles.has("web")) opened = await firstPath(engine, config, asked, logger);
    },
  });
  try {
    const page = config.roles.has("web") ? app.url && app.url + opened : null;
    const shown = relative(process.cwd(), config.dataDir);
    // Nobody else knows the one that was made here; the operator's own is not for whoever keeps this output.
    const made = secrets.token === null ? withToken(config, secrets).token : null;
    const address = page && made ? `${page}?token=${made}` : page;
    process.stdout.write(
      banner(
        config,
        secrets,
        address,
        shown.startsWith("..") ? config.dataDir : shown,
        await app.engine.health.notes(),
      ),
    );
    await stopped;
  } finally {
    await stopWithin(app, config.shutdownGraceMs + STOP_MS);
  }
  return 0;
}

/** @throws ConfigError where it is known for sure that there is no such model */
async function assertModel(engine: Engine, config: Config): Promise<void> {
  const asked = config.models.default;
  if (asked === null) return;
  const { models, isWhole } = await engine.models.list();
  if (!isWhole || models.some(({ id }) => id === asked)) return;
  throw new ConfigError(
    `MODEL must be one of ${models.map(({ id }) => id).join(", ")}. It is “${asked}”.`,
  );
}

/** The page to open: the document that was asked for, else the list, with a sample where it is empty. */
async function firstPath(
  engine: Engine,
  config: Config,
  asked: DocumentLocation | null,
  logger: Logger,
): Promise<string> {
  if (asked) return `/rfcs/${await openDocument(engine, asked)}`;
  // The sample is on this machine's disk, where a worker elsewhere would look for it in vain.
  const isWhole = config.roles.has("worker");
  if (!isWhole || (await engine.rfcs.list()).length > 0) return "";
  try {
    return `/rfcs/${await openDocument(engine, await ensureSample(config.dataDir), "sample")}`;
  } catch (error) {
    logger.warn({ err: error }, "there is no sample: it needs Git, and a data folder to write to");
    return "";
  }
}

/** The slug of the document, which is made known when it is not yet. */
async function openDocument(
  engine: Engine,
  location: DocumentLocation,
  asked?: string,
): Promise<string> {
  const known = await engine.rfcs.list();
  const same = known.find(
    (rfc) =>
      rfc.repository === location.repository &&
      rfc.path === location.path &&
      rfc.defaultBranch === location.branch,
  );
  if (same) return same.slug;
  const { slug } = await engine.rfcs.register({
    ...location,
    ...(asked !== undefined && { slug: asked }),
  });
  return slug;
}

/** Where others can reach the console a token is needed; one that nobody chose is made once and kept. */
function withToken(config: Config, secrets: Secrets): Secrets {
  if (isLoopback(config.web.host) || secrets.token !== null) return secrets;
  try {
    mkdirSync(config.dataDir, { recursive: true });
    const file = join(config.dataDir, "token");
    if (!existsSync(file)) {
      writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    }
    return { ...secrets, token: readFileSync(file, "utf8").trim() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `REDLINE_TOKEN must be set: HOST is ${config.web.host}, and a token that is made here cannot be kept in ${config.dataDir} (${code}).`,
    );
  }
}

/** The first signal asks for an orderly stop, a second one ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve_) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve_();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}

async function stopWithin(app: App, limitMs: number): Promise<void> {
  const force = setTimeout(() => {
    process.stderr.write("redline: stopping took too long; ending now, the next start goes on\n");
    process.exit(1);
  }, limitMs);
  await app.stop();
  clearTimeout(force);
}

export function migrateOnly(): Promise<number> {
  return withDatabase(async (sql, url, secrets) => {
    const applied = await migrateAll(sql, url, secrets.redisUrl !== null);
    const did = applied.length === 0 ? "nothing to apply" : `applied ${applied.join(", ")}`;
    process.stdout.write(`The database is at this version's schema: ${did}.\n`);
    return 0;
  });
}

export async function doctor(): Promise<number> {
  const { config, secrets } = readConfig();
  const teardown = new Teardown(silent);
  try {
    const findings = await examine(await listChecks(config, secrets, teardown));
    process.stdout.write(report(findings));
    return findings.every((finding) => finding.ok) ? 0 : 1;
  } finally {
    await teardown.run();
  }
}

export function jobs(): Promise<number> {
  return withJobs(async (backend) => {
    const failed = await listFailedJobs(backend);
    for (const job of failed) {
      const when = job.failedAt.toISOString();
      process.stdout.write(
        `${job.queue} ${job.id}  ${job.name} ${JSON.stringify(job.data)}  failed ${when} after ${job.attempts} tries: ${job.reason}\n`,
      );
    }
    if (failed.length === 0) process.stdout.write("No job has failed.\n");
  });
}

export function retryJob(queue: string, id: string): Promise<number> {
  return withJobs(async (backend) => {
    await retryFailedJob(backend, queue, id);
    process.stdout.write("The job will be tried again.\n");
  });
}

function withJobs(work: (backend: JobBackend) => Promise<void>): Promise<number> {
  return withDatabase(async (_sql, databaseUrl, secrets) => {
    const redisUrl = secrets.redisUrl ?? undefined;
    const backend = await createJobBackend({ databaseUrl, redisUrl, logger: silent });
    try {
      await work(backend);
      return 0;
    } finally {
      await backend.close();
    }
  });
}

export function transcript(slug: string, json: boolean): Promise<number> {
  return withDatabase(async (sql) => {
    await assertSchema(sql);
    process.stdout.write(await transcriptNow(sql, slug, json ? "json" : "markdown"));
    return 0;
  });
}

/** @param knownHash of an entry that the record had before; null where none is known */
export function verifyTranscript(path: string, knownHash: string | null): number {
  const { config } = readConfig();
  const { problem, entries, erased, withheld, headHash } = verifyRecordFile(
    readTranscript(resolve(config.invokedFrom, path)),
    knownHash,
  );
  if (problem !== null) {
    process.stderr.write(`redline: The transcript is not whole. ${problem}\n`);
    return 1;
  }
  const notes = [
    ...(erased > 0 ? [`${erased} erased`] : []),
    ...(withheld > 0 ? [`${withheld} left out of this copy`] : []),
  ];
  const noted = notes.length > 0 ? ` (${notes.join(", ")})` : "";
  process.stdout.write(
    `The transcript is whole: ${entries} ${entries === 1 ? "entry" : "entries"}${noted}; it ends with the hash ${headHash}.\n`,
  );
  return 0;
}

function readTranscript(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError("not-found", `The file ${path} cannot be read.`, { cause: error });
  }
}
