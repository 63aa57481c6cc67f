/** Every way in which the program, its Postgres or a start can end, and the start that follows. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startEmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import { runningServer } from "../../../adapters/postgres/previous-server.ts";
import { isAlive, processInfo } from "../../../adapters/postgres/processes.ts";
import { findRunning } from "../../../adapters/postgres/running.ts";
import { UserError } from "../../../src/errors.ts";
import {
  abandon,
  ask,
  deadPid,
  IS_ROOT,
  runProgram,
  spawnProgram,
  preparedFolder,
  temporaryFolder,
  until,
} from "./helpers.ts";

describe("when the program ends", () => {
  test("by kill -9, Postgres goes with it, and an immediate start finds everything", async () => {
    const dataDir = await preparedFolder();
    const first = await runProgram(dataDir);
    first.child.kill("SIGKILL");
    await first.exited;
    // At once: the first Postgres may still be stopping.
    const second = await runProgram(dataDir);
    expect(second.report.error).toBeUndefined();
    expect(await ask(second.report.url, "select word from said")).toHaveLength(2);
    second.child.kill("SIGKILL");
    await until(() => !isAlive(second.report.pid));
    expect(existsSync(join(second.report.folder, "data", "postmaster.pid"))).toBe(false);
  });

  test("by Ctrl-C in the terminal, its last work still reaches the database", async () => {
    const dataDir = await preparedFolder();
    const program = await runProgram(dataDir);
    process.kill(-program.child.pid!, "SIGINT"); // the whole group, as a terminal does
    await program.exited;
    expect(program.child.exitCode).toBe(0);
    expect(isAlive(program.report.pid)).toBe(false);
    const again = await runProgram(dataDir);
    expect(await ask(again.report.url, "select word from said")).toEqual([
      { word: "started" },
      { word: "drained" },
      { word: "started" },
    ]);
  });

  test("after its watchdog was killed too, the next start stops the Postgres left behind", async () => {
    const dataDir = await preparedFolder();
    const first = await runProgram(dataDir);
    await abandon(first);
    expect(isAlive(first.report.pid)).toBe(true);
    const second = await runProgram(dataDir);
    expect(second.report.error).toBeUndefined();
    expect(isAlive(first.report.pid)).toBe(false);
    expect(await ask(second.report.url, "select word from said")).toHaveLength(2);
  });
});

describe("when Postgres ends", () => {
  for (const victim of ["Postgres", "its watchdog"]) {
    test(`because ${victim} was killed, it comes back at the same address`, async () => {
      const accidents: string[] = [];
      const server = await startEmbeddedPostgres({
        dataDir: await preparedFolder(),
        onAccident: (error) => accidents.push(String(error)),
      });
      onTestFinished(() => server.stop());
      const { pid } = server;
      await ask(server.url(), "create table kept as select 1 as n");
      await ask(server.url(), "checkpoint"); // the kill would cost what is not on disk yet
      const sessions = Array.from({ length: 5 }, () =>
        ask(server.url(), "select pg_sleep(3600)").catch(() => "broken"),
      );
      process.kill(victim === "Postgres" ? pid : processInfo(pid)!.parentPid, "SIGKILL");
      expect(await Promise.all(sessions)).toEqual(Array(5).fill("broken"));
      await until(() => server.pid !== pid);
      expect(await ask(server.url(), "select n from kept")).toEqual([{ n: 1 }]);
      expect(isAlive(pid)).toBe(false);
      expect(accidents).toEqual([expect.stringContaining("ended by itself: it was killed")]);
      await server.stop();
      expect(isAlive(server.pid)).toBe(false);
    });
  }

  test("and is asked to stop while it is being started again, it stays down", async () => {
    let down = false;
    const server = await startEmbeddedPostgres({
      dataDir: await preparedFolder(),
      onAccident: () => {
        down = true;
      },
    });
    process.kill(server.pid, "SIGKILL");
    await until(() => down);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(runningServer(join(server.folder, "data"))).toBeNull();
  });

  test("a lock file with the id of some other process is no obstacle", async () => {
    const dataDir = await preparedFolder();
    const server = await startEmbeddedPostgres({ dataDir });
    const data = join(server.folder, "data");
    const lock = readFileSync(join(data, "postmaster.pid"), "utf8");
    await server.stop();
    // Of the same user: Postgres itself would take it for a server.
    const { uid, gid } = statSync(data);
    const other = spawn("sleep", ["3600"], IS_ROOT ? { uid, gid } : {});
    onTestFinished(() => void other.kill());
    writeFileSync(join(data, "postmaster.pid"), lock.replace(/^\d+/, String(other.pid)));
    const again = await startEmbeddedPostgres({ dataDir });
    await again.stop();
    expect(isAlive(other.pid!)).toBe(true);
  });
});

describe("two starts on one folder", () => {
  test("the second is told which program uses it, and does no harm", async () => {
    const dataDir = await preparedFolder();
    const first = await runProgram(dataDir);
    const second = startEmbeddedPostgres({ dataDir });
    await expect(second).rejects.toThrow(UserError);
    await expect(second).rejects.toThrow(
      new RegExp(`${dataDir}.* in use by another program \\(process ${first.child.pid}\\)`),
    );
    expect(await ask(first.report.url, "select word from said")).toHaveLength(1);
  });

  test("a command beside the program finds its server, while it runs", async () => {
    const dataDir = await preparedFolder();
    expect(findRunning(dataDir)).toBeNull();
    const { child, report } = await runProgram(dataDir);
    expect(findRunning(dataDir)).toBe(report.url);
    child.kill("SIGKILL");
    await until(() => !isAlive(report.pid));
    expect(findRunning(dataDir)).toBeNull();
    expect(findRunning(join(dataDir, "missing"))).toBeNull();
  });

  test("also when both make the cluster at the same time, one of them has it", async () => {
    const dataDir = temporaryFolder();
    const programs = await Promise.all([1, 2, 3].map(() => runProgram(dataDir)));
    const running = programs.filter(({ report }) => report.error === undefined);
    expect(running).toHaveLength(1);
    for (const { report } of programs.filter((program) => program !== running[0])) {
      expect(report.error).toContain(
        `in use by another program (process ${running[0]!.child.pid})`,
      );
    }
    expect(readdirSync(dataDir)).toEqual(["postgres"]);
    expect(await ask(running[0]!.report.url, "select word from said")).toHaveLength(1);
  });

  test("a Postgres that somebody else runs there is not stopped", async () => {
    const dataDir = await preparedFolder();
    const server = await startEmbeddedPostgres({ dataDir, settings: { cluster_name: "mine" } });
    onTestFinished(() => server.stop());
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(`(process ${server.pid})`);
    expect(runningServer(join(server.folder, "data"))).toEqual({
      pid: server.pid,
      port: server.port,
      programPid: server.pid,
    });
  });
});

describe("a start that is killed", () => {
  test("while it makes the cluster leaves nothing that the next one minds", async () => {
    const dataDir = temporaryFolder();
    const first = spawnProgram(dataDir);
    await until(() => existsSync(dataDir) && readdirSync(dataDir).length > 0);
    first.child.kill("SIGKILL");
    await first.exited;
    expect(readdirSync(dataDir)).toEqual([
      expect.stringMatching(new RegExp(`^postgres\\.init-${first.child.pid}-`)),
    ]);
    const second = await runProgram(dataDir);
    expect(second.report.error).toBeUndefined();
  });

  test("has its half-made cluster removed, while that of a live one stays", async () => {
    const dataDir = temporaryFolder();
    const [dead, alive] = [`postgres.init-${deadPid()}-00`, `postgres.init-${process.pid}-00`];
    for (const name of [dead, alive]) mkdirSync(join(dataDir, name, "data"), { recursive: true });
    const server = await startEmbeddedPostgres({ dataDir });
    await server.stop();
    expect(readdirSync(dataDir).toSorted()).toEqual(["postgres", alive]);
  });
});
