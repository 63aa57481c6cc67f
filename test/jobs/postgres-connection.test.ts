import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createJobBackend, migrateJobs } from "../../jobs/backend.ts";
import { withSessionSettings } from "../../jobs/postgres-connection.ts";
import type { Logger } from "../../src/log.ts";
import { SESSION_SETTINGS } from "../../src/store/database.ts";
import { createEmptyDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

describe("withSessionSettings", () => {
  const common = Object.entries(SESSION_SETTINGS).map(([name, value]) => ` -c ${name}=${value}`);
  const settings = `-c search_path=bullmq,public -c synchronous_commit=off${common.join("")}`;

  test("keeps the URL's own options, which come first", () => {
    const url = new URL(
      withSessionSettings(
        "postgres://me:a%20b@db:1/name?sslmode=require&options=-c%20work_mem%3D8MB",
      ),
    );
    expect(url.searchParams.get("options")).toBe(`-c work_mem=8MB ${settings}`);
    expect(url.searchParams.get("sslmode")).toBe("require");
    expect(url.password).toBe("a%20b");
  });

  test("works on a plain URL", () => {
    const url = new URL(withSessionSettings("postgres://db/name"));
    expect(url.searchParams.get("options")).toBe(settings);
  });
});

describe("a database without the queue's tables", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createEmptyDatabase();
  });
  afterAll(() => database.drop());

  test("is refused in words, then migrated by any number of processes at once", async () => {
    const options = { databaseUrl: database.url, logger };
    await expect(createJobBackend(options)).rejects.toThrow(
      "The job queue's tables are missing; run `redline migrate` first.",
    );
    await Promise.all(Array.from({ length: 5 }, () => migrateJobs(database.url)));
    await migrateJobs(database.url);
    const backend = await createJobBackend(options);
    expect(await backend.queue("turns").getJobCounts("waiting")).toEqual({ waiting: 0 });
    await backend.close();
  });
});

test("a database that is not there is named by its variable", async () => {
  const options = { databaseUrl: "postgres://me:secret@127.0.0.1:1/none", logger };
  await expect(createJobBackend(options)).rejects.toThrow(
    "The database cannot be reached; check that it runs and that DATABASE_URL is right.",
  );
});
