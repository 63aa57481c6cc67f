/** Folders that cannot be used, cannot be reached, cannot be trusted, or are left over. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { BinaryPackage } from "../../../adapters/postgres/binaries.ts";
import { findPackage, usableBinaries } from "../../../adapters/postgres/binaries.ts";
import { choosePlace } from "../../../adapters/postgres/cluster.ts";
import type { EmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import { startEmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import type { RunAs } from "../../../adapters/postgres/run-as.ts";
import {
  binariesFolder,
  claimFolder,
  relocatedDataFolder,
  scratchFolder,
  SHARED_TEMP,
  sweepLeftovers,
} from "../../../adapters/postgres/shared-temp.ts";
import { isAlive } from "../../../adapters/postgres/processes.ts";
import { UserError } from "../../../src/errors.ts";
import {
  abandon,
  ask,
  deadPid,
  IS_ROOT,
  nobody,
  preparedFolder,
  runProgram,
  temporaryFolder,
  until,
} from "./helpers.ts";

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir });
  onTestFinished(() => server.stop());
  return server;
}

describe("a data folder that cannot be used", () => {
  test("because its path goes through a file", async () => {
    const file = temporaryFolder();
    writeFileSync(file, "");
    for (const dataDir of [file, join(file, "data")]) {
      const failed = startEmbeddedPostgres({ dataDir });
      await expect(failed).rejects.toThrow(UserError);
      await expect(failed).rejects.toThrow(`The data folder ${dataDir} cannot be used`);
    }
  });

  test("because this user may not write there", async () => {
    const dataDir = temporaryFolder();
    mkdirSync(dataDir, { mode: 0o555 });
    // Root may write anywhere, but not into the kernel's folders.
    const forbidden = IS_ROOT ? "/proc/redline" : dataDir;
    const failed = startEmbeddedPostgres({ dataDir: forbidden });
    await expect(failed).rejects.toThrow(UserError);
    await expect(failed).rejects.toThrow(`The data folder ${forbidden} cannot be used`);
  });

  test("because something else is in the place of the cluster", async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, "postgres", "photos"), { recursive: true });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/is in the way/);
    expect(existsSync(join(dataDir, "postgres", "photos"))).toBe(true);
  });
});

describe.runIf(IS_ROOT)("root's data folder below a home that is closed to others", () => {
  function closedHome(): { dataDir: string; relocated: string } {
    const home = temporaryFolder();
    const dataDir = join(home, "project", ".redline");
    mkdirSync(dataDir, { recursive: true });
    chmodSync(home, 0o700);
    const relocated = relocatedDataFolder(dataDir, false);
    onTestFinished(() => rmSync(relocated, { recursive: true, force: true }));
    return { dataDir, relocated };
  }

  test("has its data in the shared temporary folder, found again at the next start", async () => {
    const { dataDir, relocated } = closedHome();
    const first = await start(dataDir);
    expect(first.folder).toBe(join(relocated, "postgres"));
    expect(dirname(relocated)).toBe("/var/tmp");
    expect(lstatSync(relocated)).toMatchObject({ uid: 0 });
    expect(lstatSync(relocated).mode & 0o777).toBe(0o711);
    await ask(first.url(), "create table kept as select 1 as n");
    await first.stop();
    const second = await start(dataDir);
    expect(await ask(second.url(), "select n from kept")).toEqual([{ n: 1 }]);
    await second.stop();
    // Also once the home is open.
    chmodSync(dirname(dirname(dataDir)), 0o755);
    // And at each start it gets a fresh date, to be kept from a cleaning of old files.
    const file = join(first.folder, "data", "PG_VERSION");
    const old = new Date(Date.now() - 40 * 24 * 60 * 60 * 1000);
    utimesSync(file, old, old);
    const third = await start(dataDir);
    expect(await ask(third.url(), "select n from kept")).toEqual([{ n: 1 }]);
    await expect.poll(() => statSync(file).mtimeMs).toBeGreaterThan(old.getTime() + 1);
  });

  test("is not looked for in a folder that another user has planted", async () => {
    const { dataDir, relocated } = closedHome();
    const { uid, gid } = nobody();
    mkdirSync(join(relocated, "postgres", "data"), { recursive: true });
    chownSync(relocated, uid, gid);
    const failed = startEmbeddedPostgres({ dataDir });
    await expect(failed).rejects.toThrow(UserError);
    await expect(failed).rejects.toThrow(`${relocated} was made by another user`);
    // Nor does it keep a data folder that can be reached from being used.
    chmodSync(dirname(dirname(dataDir)), 0o755);
    expect(choosePlace(dataDir, false).folder).toBe(join(dataDir, "postgres"));
  });

  test("which was open when the data was made: says so instead of starting afresh", async () => {
    const home = temporaryFolder();
    mkdirSync(home);
    const dataDir = await preparedFolder(join(home, ".redline"));
    chmodSync(home, 0o700);
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      /cannot be reached.*chmod o\+x/,
    );
    expect(existsSync(relocatedDataFolder(dataDir, false))).toBe(false);
  });
});

test.runIf(IS_ROOT)(
  "root's data folder that alone is closed is opened to Postgres only",
  async () => {
    const dataDir = temporaryFolder();
    mkdirSync(dataDir, { mode: 0o700 });
    const server = await start(dataDir);
    expect(server.folder).toBe(join(dataDir, "postgres"));
    const { uid, gid, mode } = statSync(dataDir);
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({
      uid: 0,
      gid: statSync(join(server.folder, "data")).gid,
      mode: 0o710,
    });
  },
);

test("a folder of our own counts only while nobody else may write into it", () => {
  const folder = temporaryFolder();
  claimFolder(folder);
  claimFolder(folder);
  chmodSync(folder, 0o777);
  expect(() => claimFolder(folder)).toThrow(/open to others/);
  const link = temporaryFolder();
  symlinkSync("/var/tmp", link);
  expect(() => claimFolder(link)).toThrow(UserError);
});

describe("binaries", () => {
  const home = scratchFolder();
  /** The package as npm leaves it when it runs no install scripts. */
  const installed = { folder: join(home, "package"), version: `0.0.0-test-${process.pid}` };
  beforeAll(() => {
    mkdirSync(home);
    cpSync(findPackage().folder, installed.folder, { recursive: true, verbatimSymlinks: true });
    execFileSync("find", [installed.folder, "-type", "l", "-delete"]);
  });
  afterAll(() => rmSync(home, { recursive: true }));

  afterEach(() => rmSync(binariesFolder(installed.version), { recursive: true, force: true }));

  /** One that does not run. */
  function brokenPackage(): BinaryPackage {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "native", "bin"), { recursive: true });
    writeFileSync(join(folder, "native", "pg-symlinks.json"), "[]");
    writeFileSync(join(folder, "native", "bin", "postgres"), "#!/nowhere\n", { mode: 0o755 });
    return { folder, version: installed.version };
  }

  function versionOf(postgres: string, user?: RunAs): string {
    return spawnSync(postgres, ["--version"], { ...user, encoding: "utf8", env: {} }).stdout;
  }

  test("run without the package's install script", () => {
    expect(versionOf(join(installed.folder, "native/bin/postgres"))).toBe("");
    const { postgres, copy } = usableBinaries(installed);
    expect(copy).toBeUndefined();
    expect(postgres.startsWith(installed.folder)).toBe(true);
    expect(versionOf(postgres)).toContain("PostgreSQL");
  });

  test.runIf(IS_ROOT)("are copied where the user of Postgres can run them, and mended", () => {
    chmodSync(home, 0o700);
    const user = nobody();
    const first = usableBinaries(installed, user);
    expect(first.copy).toBe(binariesFolder(installed.version));
    expect(versionOf(first.postgres, user)).toContain("PostgreSQL");
    // Cleaned away in part, as an old file in the temporary folder may be.
    const timezone = join(first.copy!, "native/share/postgresql/timezone/Europe/Lisbon");
    rmSync(timezone);
    writeFileSync(first.initdb, "");
    const second = usableBinaries(installed, user);
    expect(existsSync(timezone)).toBe(true);
    expect(versionOf(second.initdb, user)).toContain("PostgreSQL");
  });

  test("are not taken from a folder that others can write into", () => {
    const from = brokenPackage();
    mkdirSync(binariesFolder(from.version));
    chmodSync(binariesFolder(from.version), 0o777);
    expect(() => usableBinaries(from)).toThrow(/open to others/);
  });

  test("that run nowhere are named, with the way out, and leave no copy", () => {
    expect(() => usableBinaries(brokenPackage())).toThrow(/does not run here.*DATABASE_URL/);
    expect(existsSync(binariesFolder(installed.version))).toBe(false);
  });
});

describe("leftovers in the shared temporary folder", () => {
  function leave(name: string): string {
    const folder = join(SHARED_TEMP, name);
    mkdirSync(join(folder, "native"), { recursive: true });
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }
  const monthsAgo = new Date(Date.now() - 90 * 24 * 60 * 60 * 1000);

  test("of dead programs are swept at a start", async () => {
    const dead = leave(`redline-scratch-${deadPid()}-abc`);
    const alive = leave(`redline-scratch-${process.pid}-abc`);
    await start(await preparedFolder());
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(alive)).toBe(true);
  });

  test("that are not ours stay", async () => {
    const pid = deadPid();
    const similar = leave(`redline-scratch-${pid}-abc.bak`);
    const target = leave(`redline-scratch-${process.pid}-def`);
    const link = join(SHARED_TEMP, `redline-scratch-${pid}-def`);
    symlinkSync(target, link);
    onTestFinished(() => rmSync(link));
    const data = leave("redline-data-0123456789abcdef");
    const kept = [similar, target, link, data];
    if (IS_ROOT) {
      const theirs = leave(`redline-scratch-${pid}-fed`);
      chownSync(theirs, nobody().uid, nobody().gid);
      kept.push(theirs);
    }
    for (const folder of kept) utimesSync(folder, monthsAgo, monthsAgo);
    const removed = await sweepLeftovers("1.2.3");
    expect(removed.filter((folder) => kept.includes(folder))).toEqual([]);
    for (const folder of kept) expect(lstatSync(folder)).toBeDefined();
  });

  test("binaries go when another version is installed and nobody used them for long", async () => {
    const current = leave(`redline-postgres-1.2.3-${process.getuid?.()}`);
    const unused = leave(`redline-postgres-1.2.2-${process.getuid?.()}`);
    const used = leave(`redline-postgres-1.2.1-${process.getuid?.()}`);
    for (const folder of [current, unused]) utimesSync(folder, monthsAgo, monthsAgo);
    const removed = await sweepLeftovers("1.2.3");
    expect(removed).toContain(unused);
    expect(existsSync(current)).toBe(true);
    expect(existsSync(used)).toBe(true);
  });

  test("are stopped first where a Postgres still runs", async () => {
    const program = await runProgram("scratch");
    await abandon(program);
    expect(isAlive(program.report.pid)).toBe(true);
    const folder = dirname(program.report.folder);
    expect(await sweepLeftovers("1.2.3")).toContain(folder);
    await until(() => !isAlive(program.report.pid));
    expect(existsSync(folder)).toBe(false);
  });
});
