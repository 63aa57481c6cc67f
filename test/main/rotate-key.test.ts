import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import { SlackInstallations } from "../../adapters/slack/installations.ts";
import { Encryption } from "../../src/encryption.ts";
import { countSealed, rotateKey, SEALED_TABLES } from "../../src/key-rotation.ts";
import { readConfig } from "../../src/config.ts";
import { listChecks } from "../../src/main/doctor-checks.ts";
import { examine } from "../../src/main/doctor.ts";
import { silent } from "../../src/log.ts";
import { connectedAccountUse, replaceSealed } from "../../src/store/connected-accounts.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { installationUse, saveInstallation, saveWorkspace } from "../../src/store/installations.ts";
import { Teardown } from "../../src/teardown.ts";
import { runRedline } from "../support/command-line.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { until } from "../support/test-app.ts";

const [oldKey, newKey, lostKey] = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;
const before = new Encryption(oldKey);
const between = new Encryption(newKey, [oldKey]);
const after = new Encryption(newKey);

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 8, name: "test" });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
afterEach(async () => {
  await sql`truncate users, workspaces cascade`;
});

const keyOf = (n: number) => ({ platform: "slack", workspaceId: `T${String(n).padStart(4, "0")}` });

async function install(count: number, encryption = before, from = 0): Promise<void> {
  for (let n = from; n < from + count; n += 1) {
    const key = keyOf(n);
    await saveWorkspace(sql, key, key.workspaceId);
    const installation = {
      team: { id: key.workspaceId },
      bot: { token: `xoxb-${n}`, userId: "B" },
    };
    const text = JSON.stringify(installation);
    await saveInstallation(sql, key, encryption.seal(text, installationUse(key)));
  }
}

async function connectAccount(text: string, encryption = before): Promise<string> {
  const [user] = await sql<{ id: string }[]>`
    insert into users (display_name) values ('Bob') returning id`;
  const sealed = encryption.seal(text, connectedAccountUse("7"));
  await sql`insert into connected_accounts (user_id, account_id, login, sealed)
    values (${user!.id}, '7', 'bob', ${sealed})`;
  return user!.id;
}

const readAccount = async (userId: string, encryption: Encryption): Promise<string> => {
  const [row] = await sql<{ sealed: string }[]>`
    select sealed from connected_accounts where user_id = ${userId}`;
  return encryption.unseal(row!.sealed, connectedAccountUse("7")).text;
};

const endOthers = () => sql`
  select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name <> 'test'`;

const environment = (previous: readonly Buffer[] = [oldKey]): Record<string, string> => ({
  DATABASE_URL: database.url,
  ENCRYPTION_KEY: newKey.toString("base64"),
  ENCRYPTION_KEY_PREVIOUS: previous.map((key) => key.toString("hex")).join(","),
});

it("moves every sealed column of the schema", () => {
  const schema = readFileSync(new URL("../../migrations/schema.sql", import.meta.url), "utf8");
  const tables = schema.split(/^create table /im).slice(1);
  const sealed = tables
    .filter((table) => /^\s+\w*sealed\w* text/m.test(table))
    .map((table) => /^(?:public\.)?(\w+)/.exec(table)?.[1]);
  expect(sealed.length).toBeGreaterThan(0);
  expect(new Set(SEALED_TABLES.map(({ table }) => table))).toEqual(new Set(sealed));
});

it("leaves what reads with the new key alone, over several pages", async () => {
  await install(250);
  await install(3, between, 250);
  const userId = await connectAccount("the token");
  const { moved, counts } = await rotateKey(sql, between);
  expect(moved).toBe(251);
  expect(counts).toEqual([
    { name: "installations in workspaces", current: 253, older: 0, unreadable: [] },
    { name: "connected accounts", current: 1, older: 0, unreadable: [] },
  ]);
  expect(await readAccount(userId, after)).toBe("the token");
  const tokens = new SlackInstallations(sql, after);
  expect(await tokens.tokenFor("T0249")).toEqual({ token: "xoxb-249", botUserId: "B" });
  expect((await rotateKey(sql, between)).moved).toBe(0);
});

it("keeps a token that is refreshed in the moment in which it would be moved", async () => {
  const userId = await connectAccount("token 0");
  let refreshed = Promise.resolve(false);
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  // As a refresh does: it holds the row while GitHub is asked, and then writes, here with the older key.
  const locking = new Promise<void>((isLocked) => {
    refreshed = sql.begin(async (tx) => {
      const [row] = await tx<{ sealed: string }[]>`
        select sealed from connected_accounts where user_id = ${userId} for update`;
      isLocked();
      await held;
      const next = before.seal("token 1", connectedAccountUse("7"));
      return replaceSealed(tx, { userId, sealed: row!.sealed }, next);
    });
  });
  await locking;
  const rotating = rotateKey(sql, between);
  await until(
    async () => (await sql`select 1 from pg_locks where not granted limit 1`).length > 0,
    "the rotation to wait for the row",
  );
  goOn();
  expect(await refreshed).toBe(true);
  const { counts } = await rotating;
  expect(await readAccount(userId, after)).toBe("token 1");
  expect(counts[1]).toMatchObject({ current: 1, older: 0 });
});

it("goes on where a rotation was killed, and nothing is unreadable in between", async () => {
  await install(120);
  let goOn = (): void => {};
  const holding = new Promise<void>((isLocked) => {
    void sql.begin(async (tx) => {
      await tx`select 1 from installations where workspace_id = 'T0110' for update`;
      isLocked();
      await new Promise<void>((resolve) => (goOn = resolve));
    });
  });
  await holding;
  const redline = fileURLToPath(new URL("../../bin/redline.js", import.meta.url));
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, ...environment() };
  const child = spawn(process.execPath, [redline, "rotate-key"], { env, stdio: "ignore" });
  const gone = once(child, "exit");
  try {
    const isHalf = async () => (await countSealed(sql, between))[0]!.current >= 100;
    await until(isHalf, "the first page to be moved");
  } finally {
    child.kill("SIGKILL");
    await gone;
    // What it asked for last would be carried out without it.
    await until(async () => (await endOthers()).length === 0, "its sessions to end");
    goOn();
  }
  const [half] = await countSealed(sql, between);
  expect(half!.older).toBeGreaterThan(0);
  expect(half!.unreadable).toEqual([]);
  const ended = await runRedline(["rotate-key"], environment());
  expect(ended).toMatchObject({ code: 0, errors: [] });
  expect(ended.stdout).toContain("120 with ENCRYPTION_KEY, 0 with an older key");
  expect((await countSealed(sql, after))[0]).toMatchObject({ current: 120, unreadable: [] });
});

it("ends with 1 and names what no key opens, and moves the rest", async () => {
  await install(2);
  await install(1, new Encryption(lostKey), 2);
  await sql`update installations set sealed = 'torn' where workspace_id = 'T0001'`;
  const checked = await runRedline(["rotate-key", "--check"], environment());
  expect(checked.code).toBe(1);
  expect(checked.stdout).toContain("0 with ENCRYPTION_KEY, 1 with an older key, 2 that cannot");
  const moved = await runRedline(["rotate-key"], environment());
  expect(moved.code).toBe(1);
  expect(moved.stdout).toContain("1 moved to ENCRYPTION_KEY\n");
  expect(moved.stdout).toContain("2 that cannot be read: slack T0001, slack T0002");
  expect(moved.stdout).toContain("add it to ENCRYPTION_KEY_PREVIOUS");
  expect(moved.stdout + moved.errors.join()).not.toMatch(/xoxb|[\w+/]{43}=/);
  await sql`delete from workspaces where workspace_id = 'T0001'`;
  const mended = await runRedline(["rotate-key"], environment([oldKey, lostKey]));
  expect(mended).toMatchObject({ code: 0, errors: [] });
});

it("wants a key", async () => {
  const ended = await runRedline(["rotate-key"], { DATABASE_URL: database.url });
  expect(ended).toMatchObject({ code: 1, errors: [expect.stringMatching(/ENCRYPTION_KEY must/)] });
});

it("is asked for by the doctor as long as an older key is needed", async () => {
  await install(2);
  const ask = async (previous: readonly Buffer[]) => {
    const { config, secrets } = readConfig(environment(previous));
    const teardown = new Teardown(silent);
    const checks = await listChecks(config, secrets, teardown);
    const findings = await examine(checks.filter(({ name }) => name === "encryption"));
    await teardown.run();
    return findings[0]!;
  };
  expect(await ask([])).toMatchObject({
    ok: false,
    says: expect.stringMatching(/^2 tokens cannot/),
  });
  expect(await ask([oldKey])).toMatchObject({
    ok: true,
    says: "2 tokens are under an older key; “redline rotate-key” moves them",
  });
  await rotateKey(sql, between);
  expect((await ask([oldKey])).says).toContain("ENCRYPTION_KEY_PREVIOUS is not needed");
});
