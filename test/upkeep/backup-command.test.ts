import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { connect } from "../../src/store/database.ts";
import { runRedline } from "../support/command-line.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase, createTestDatabase } from "../support/database.ts";
import { readAll } from "../support/read-all.ts";

let database: TestDatabase;
let empty: TestDatabase;
let folder: string;

beforeAll(async () => {
  [database, empty] = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
  folder = realpathSync(mkdtempSync(join(tmpdir(), "redline-backup-")));
  const sql = connect(database.url, { max: 1 });
  await sql`insert into users (display_name) values ('Ada “\\N” 😀'), (E'tab\there\nand there')`;
  await sql.end();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([database.drop(), empty.drop()]);
});

const rowsOf = async (url: string): Promise<Map<string, string[]>> => {
  const sql = connect(url, { max: 1 });
  try {
    return await readAll(sql);
  } finally {
    await sql.end();
  }
};

it("writes a file that only its owner reads, and brings it into an empty database", async () => {
  const file = join(folder, "made.backup");
  const made = await runRedline(["backup", file], { DATABASE_URL: database.url });
  expect(made).toMatchObject({ code: 0, stdout: "" });
  expect(made.errors.join()).toMatch(/^Backed up 2 rows of \d+ tables, schema \d+, .* to .*made/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["made.backup"]);
  const back = await runRedline(["restore", file], { DATABASE_URL: empty.url });
  expect([back.code, back.errors.join()]).toEqual([0, expect.stringMatching(/^Restored 2 rows/)]);
  expect(await rowsOf(empty.url)).toEqual(await rowsOf(database.url));
  const again = await runRedline(["restore", file], { DATABASE_URL: empty.url });
  expect([again.code, again.errors]).toEqual([
    1,
    [expect.stringMatching(/is not empty \(users\)/)],
  ]);
});

it("says what is wrong with a file in one sentence, and leaves nothing behind", async () => {
  writeFileSync(join(folder, "text"), "no backup");
  const text = await runRedline(["restore", join(folder, "text")], { DATABASE_URL: empty.url });
  expect([text.code, text.errors]).toEqual([1, [expect.stringMatching(/not whole/)]]);
  const nowhere = join(folder, "no-folder", "file");
  const unwritten = await runRedline(["backup", nowhere], { DATABASE_URL: database.url });
  expect([unwritten.code, unwritten.errors]).toEqual([
    1,
    [expect.stringMatching(/cannot be written: ENOENT/)],
  ]);
});

it("restores into the embedded Postgres, and takes a backup of that", async () => {
  const dataDir = join(folder, "data");
  const file = join(folder, "made.backup");
  const back = await runRedline(["restore", file], { REDLINE_DATA_DIR: dataDir });
  expect([back.code, back.errors.join()]).toEqual([0, expect.stringMatching(/^Restored 2 rows/)]);
  const again = await runRedline(["backup", `${file}2`], { REDLINE_DATA_DIR: dataDir });
  expect([again.code, again.errors.join()]).toEqual([
    0,
    expect.stringMatching(/^Backed up 2 rows/),
  ]);
});

it("keeps settings of retention, of workspaces that are known, and asks before what goes", async () => {
  const run = (...words: string[]) =>
    runRedline(["retention", ...words], { DATABASE_URL: database.url });
  const unknown = await run("set", "slack", "T1", "90", "--yes");
  expect([unknown.code, unknown.errors]).toEqual([
    1,
    [expect.stringContaining("Nothing is known of slack T1")],
  ]);
  const sql = connect(database.url, { max: 1 });
  onTestFinished(() => sql.end());
  await sql`insert into workspaces (platform, workspace_id, name) values ('slack', 'T1', 'Acme')`;
  const asked = await run("set", "slack", "T1", "3");
  expect([asked.code, asked.errors.join()]).toEqual([
    1,
    expect.stringMatching(/Nothing was set: say --yes/),
  ]);
  expect(asked.stdout).toMatch(/^slack T1: 3 days after .* 0 messages of 0 conversations go\.\n$/);
  expect(await sql`select 1 from retention_settings`).toEqual([]);
  expect((await run("set", "slack", "T1", "90", "--yes")).code).toBe(0);
  expect((await run()).stdout).toBe("slack T1  90 days\n");
  expect((await run("set", "slack", "T1", "off")).stdout).toBe("slack T1 keeps what was said.\n");
});
