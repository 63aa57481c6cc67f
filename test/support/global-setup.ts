/**
 * One database server for the whole run, with a template database that has the schema of the job queue and our
 * own. A test file makes its database from the template, see `database.ts`.
 */
import { randomBytes } from "node:crypto";
import { runMigrations } from "bullmq";
import pg from "pg";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../../adapters/postgres/embedded-postgres.ts";
import { scratchFolder } from "../../adapters/postgres/shared-temp.ts";
import { connect } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { onDatabase } from "./database-url.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A connection that may create databases. */
    adminUrl: string;
    /** A migrated database to copy; nobody can connect to it. */
    templateDatabase: string;
  }
}

/** Test files at once × tests at once in a file × processes of a test × what `docs/capacity.md` says of one. */
const CONNECTIONS = 500;

interface TestServer {
  url: string;
  stop(): Promise<void>;
}

/** Starts the server, and returns what vitest calls at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer(process.env["TEST_DATABASE_URL"]);
  const template = `redline_template_${randomBytes(6).toString("hex")}`;
  try {
    await makeTemplate(server.url, template);
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide("adminUrl", server.url);
  project.provide("templateDatabase", template);
  return async () => {
    await dropDatabase(server.url, template);
    await server.stop();
  };
}

/** The server at the address given, else a throwaway one. */
async function startServer(url: string | undefined): Promise<TestServer> {
  if (url) return { url, stop: async () => {} };
  const server = await startEmbeddedPostgres({
    dataDir: scratchFolder(),
    ephemeral: true,
    settings: { max_connections: String(CONNECTIONS) },
  });
  return { url: server.url(), stop: () => server.stop() };
}

async function makeTemplate(adminUrl: string, template: string): Promise<void> {
  const admin = postgres(adminUrl, { max: 1 });
  try {
    await admin`create database ${admin(template)}`;
    await migrateAll(onDatabase(adminUrl, template));
    // A template cannot be copied while anybody is connected to it.
    await admin`alter database ${admin(template)} allow_connections false`;
  } finally {
    await admin.end();
  }
}

async function migrateAll(url: string): Promise<void> {
  const queue = new pg.Client({ connectionString: url });
  await queue.connect();
  await runMigrations(queue);
  await queue.end();
  const sql = connect(url, { max: 1 });
  await migrate(sql);
  await sql.end();
}

async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  const admin = postgres(adminUrl, { max: 1 });
  await admin`drop database if exists ${admin(name)} with (force)`;
  await admin.end();
}
