import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";
import { onDatabase } from "./database-url.ts";

export interface TestDatabase {
  url: string;
  /** Also ends the connections that are still open. */
  drop(): Promise<void>;
}

/** A database of its own for a test file, with the job queue's schema and ours; made in `beforeAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return copyDatabase(inject("templateDatabase"));
}

/** An empty database, for tests that bring their own schema. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return copyDatabase("template0");
}

async function copyDatabase(template: string): Promise<TestDatabase> {
  const adminUrl = inject("adminUrl");
  const name = `redline_test_${randomBytes(8).toString("hex")}`;
  await administer(adminUrl, (admin) => {
    return admin`create database ${admin(name)} template ${admin(template)}`;
  });
  return {
    url: onDatabase(adminUrl, name),
    drop: () =>
      administer(adminUrl, (admin) => {
        return admin`drop database if exists ${admin(name)} with (force)`;
      }),
  };
}

async function administer(
  adminUrl: string,
  action: (admin: postgres.Sql) => PromiseLike<unknown>,
): Promise<void> {
  const admin = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    await action(admin);
  } finally {
    await admin.end();
  }
}
