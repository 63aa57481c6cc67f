/** A start that cannot be: one line that says what is in the way and what to do, and nothing left running. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { nobody, IS_ROOT } from "../adapters/postgres/helpers.ts";
import type { AppOverrides } from "../../src/app.ts";
import { startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { UserError } from "../../src/errors.ts";
import { connect } from "../../src/store/database.ts";
import { runRedline } from "../support/command-line.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase, createTestDatabase } from "../support/database.ts";
import { memoryLogger } from "../support/test-app.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "redline-start-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function changed(
  url: URL,
  parts: Partial<Pick<URL, "username" | "password" | "pathname">>,
): string {
  return Object.assign(url, parts).href;
}

/** What somebody else listens on. */
async function takenPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return String(typeof address === "object" && address ? address.port : 0);
}

/** The sentence with which a start is refused; everything that had started by then is stopped again. */
async function refusal(
  environment: Record<string, string>,
  overrides: AppOverrides = {},
): Promise<string> {
  const { config, secrets } = readConfig({
    DATABASE_URL: database.url,
    PORT: "0",
    SHUTDOWN_GRACE_SECONDS: "0",
    ...environment,
  });
  const start = startApp(config, secrets, memoryLogger([]), overrides);
  const error: unknown = await start.then(
    async (app) => {
      await app.stop();
      return new Error("it started");
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error;
  expect(error.message).not.toContain("hunter2");
  expect(error.message).not.toContain("\n");
  return error.message;
}

describe("a start", () => {
  it("on a port that is taken", async () => {
    const port = await takenPort();
    expect(await refusal({ PORT: port })).toBe(
      `Port ${port} is taken by another program: stop it, or set PORT to another number.`,
    );
  });

  it("on an address that is not this machine's", async () => {
    expect(await refusal({ HOST: "203.0.113.1", REDLINE_TOKEN: "hunter2hunter2hunter2" })).toBe(
      "HOST is 203.0.113.1, which is no address of this machine: set HOST to 127.0.0.1 or another one.",
    );
  });

  it("where others can reach it, without a token", async () => {
    expect(await refusal({ HOST: "0.0.0.0" })).toMatch(/^HOST is 0\.0\.0\.0, .* REDLINE_TOKEN/);
  });

  const dead = "127.0.0.1:1";
  it.each<[string, (url: URL) => string, RegExp]>([
    ["a server that is not there", () => `postgres://u:hunter2@${dead}/x`, /cannot be reached/],
    ["a host that is none", () => "postgres://u:hunter2@no.invalid/x", /cannot be reached/],
    ["a wrong password", (url) => changed(url, { password: "hunter2" }), /the password/],
    ["a missing database", (url) => changed(url, { pathname: "/none" }), /no database “none” at/],
  ])("on %s for a database", async (_, change, words) => {
    const sentence = await refusal({ DATABASE_URL: change(new URL(database.url)) });
    expect(sentence).toMatch(words);
    expect(sentence).toMatch(/DATABASE_URL[^.]*\.$/);
  });

  it("as a user who may not make tables", async () => {
    const empty = await createEmptyDatabase();
    const sql = connect(empty.url, { max: 1 });
    const name = `redline_guest_${randomBytes(4).toString("hex")}`;
    await sql.unsafe(`create role ${name} login password 'hunter2'`);
    try {
      const url = changed(new URL(empty.url), { username: name, password: "hunter2" });
      expect(await refusal({ DATABASE_URL: url })).toMatch(
        /^The user of DATABASE_URL may not make tables in the database “\w+”/,
      );
    } finally {
      await sql.unsafe(`drop role ${name}`);
      await sql.end();
      await empty.drop();
    }
  });

  it("on a Redis that is not there", async () => {
    expect(await refusal({ REDIS_URL: `redis://:hunter2@${dead}` })).toBe(
      `Redis cannot be reached at ${dead}; check that it runs and that REDIS_URL is right.`,
    );
  });

  describe("with a data folder", () => {
    const embedded = (dataDir: string): Promise<string> =>
      refusal({ DATABASE_URL: "", REDLINE_DATA_DIR: dataDir });

    it("that is a file, or below one", async () => {
      const file = join(temporaryFolder(), "file");
      writeFileSync(file, "");
      for (const folder of [file, join(file, "folder")]) {
        expect(await embedded(folder)).toMatch(
          /^The data folder .* cannot be used: .* set REDLINE_DATA_DIR to another folder\.$/,
        );
      }
    });

    it("that cannot be made", async () => {
      expect(await embedded("/proc/redline")).toMatch(
        /^The data folder \/proc\/redline cannot be used: .*REDLINE_DATA_DIR/,
      );
    });

    it.runIf(IS_ROOT)("that may not be written", async () => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, "data"));
      const { uid, gid } = nobody();
      const [setgid, setuid] = [process.setegid!, process.seteuid!].map((set) => set.bind(process));
      setgid!(gid);
      setuid!(uid);
      try {
        expect(await embedded(join(folder, "data"))).toMatch(
          /may not write there.*REDLINE_DATA_DIR/,
        );
      } finally {
        setuid!(0);
        setgid!(0);
      }
    });
  });
});

describe("the command", () => {
  it("says it in one line, without a trace or a secret, and ends with 1", async () => {
    const port = await takenPort();
    const folder = temporaryFolder();
    const [value, taken, away] = await Promise.all([
      runRedline(["start"], { DATABASE_URL: "mysql://u:hunter2@db/x" }),
      runRedline(["start"], { DATABASE_URL: database.url, REDLINE_DATA_DIR: folder, PORT: port }),
      runRedline(["start"], { DATABASE_URL: `postgres://u:hunter2@127.0.0.1:1/x` }),
    ]);
    for (const [ended, line] of [
      [value, "redline: DATABASE_URL must be a postgres:// address."],
      [
        taken,
        `redline: Port ${port} is taken by another program: stop it, or set PORT to another number.`,
      ],
      [away, expect.stringMatching(/^redline: The database at 127\.0\.0\.1:1 cannot be reached/)],
    ]) {
      expect(ended).toEqual({ code: 1, stdout: "", errors: [line] });
    }
  });
});
