import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type {
  EmbeddedOptions,
  EmbeddedPostgres,
} from "../../../adapters/postgres/embedded-postgres.ts";
import { startEmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import { isAlive, processInfo } from "../../../adapters/postgres/processes.ts";
import { scratchFolder } from "../../../adapters/postgres/shared-temp.ts";
import { UserError } from "../../../src/errors.ts";
import {
  ask,
  nobody,
  IS_ROOT,
  runProgram,
  preparedFolder,
  temporaryFolder,
  until,
} from "./helpers.ts";

async function start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(options);
  onTestFinished(() => server.stop());
  return server;
}

async function setting(server: EmbeddedPostgres, name: string): Promise<unknown> {
  return (await ask(server.url(), `select current_setting('${name}') as value`))[0]?.["value"];
}

describe("a server", () => {
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await startEmbeddedPostgres({ dataDir: scratchFolder() });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dirname(server.folder), { recursive: true });
  });

  test("is reachable on 127.0.0.1 only, over no local socket", async () => {
    expect(await setting(server, "listen_addresses")).toBe("127.0.0.1");
    expect(await setting(server, "unix_socket_directories")).toBe("");
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address, scopeid } of others.filter((other) => other.address !== "127.0.0.1")) {
      const host = scopeid ? `${address}%${scopeid}` : address;
      await expect(tryConnect(host, server.port)).resolves.not.toBe("connected");
    }
  });

  test("asks for the random password, over scram", async () => {
    const url = new URL(server.url());
    expect(url.password).toMatch(/^[0-9a-f]{48}$/);
    url.password = "guess";
    await expect(ask(url.href, "select 1")).rejects.toThrow(/password authentication failed/);
    const hba = await ask(server.url(), "select distinct auth_method from pg_hba_file_rules");
    expect(hba).toEqual([{ auth_method: "scram-sha-256" }]);
  });

  test("keeps the password to this user", () => {
    const file = statSync(join(server.folder, "password"));
    expect(file.mode & 0o777).toBe(0o600);
    expect(file.uid).toBe(process.getuid?.());
  });

  test("has the settings of a person's data: only a power failure costs the last moments", async () => {
    expect(await setting(server, "fsync")).toBe("on");
    expect(await setting(server, "full_page_writes")).toBe("on");
    expect(await setting(server, "synchronous_commit")).toBe("off");
    expect(await setting(server, "max_connections")).toBe("200");
    expect(await setting(server, "wal_segment_size")).toBe("4MB");
    expect(await setting(server, "server_version")).toMatch(/^18\./);
    expect(await setting(server, "server_encoding")).toBe("UTF8");
  });

  test("gives the address of any of its databases", async () => {
    await ask(server.url(), "create database other");
    expect(await ask(server.url("other"), "select current_database() as name")).toEqual([
      { name: "other" },
    ]);
  });

  test("has a watchdog, which shows what it is", () => {
    const watchdog = processInfo(server.pid)!.parentPid;
    expect(processInfo(watchdog)).toMatchObject({ parentPid: process.pid });
    expect(processInfo(watchdog)!.command).toContain("redline-watchdog");
  });

  test.runIf(IS_ROOT)("runs as another user than root, and leaves the folders to root", () => {
    const uid = statSync(join(server.folder, "data")).uid;
    expect(uid).not.toBe(0);
    expect(userOf(server.pid)).toBe(uid);
    expect(statSync(server.folder).uid).toBe(0);
    expect(statSync(dirname(server.folder)).uid).toBe(0);
  });
});

describe("starting and stopping", () => {
  test("keeps data and password over a restart", async () => {
    const dataDir = await preparedFolder();
    const first = await start({ dataDir });
    await ask(first.url(), "create table kept as select 42 as n");
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start({ dataDir });
    expect(second.pid).not.toBe(first.pid);
    expect(new URL(second.url()).password).toBe(new URL(first.url()).password);
    expect(await ask(second.url(), "select n from kept")).toEqual([{ n: 42 }]);
  });

  test("ends the sessions, and may be asked for twice", async () => {
    const server = await start({ dataDir: await preparedFolder(), ephemeral: true });
    const waiting = ask(server.url(), "select pg_sleep(3600)").catch((error: unknown) => error);
    await until(async () => {
      const query = "select 1 from pg_stat_activity where query = 'select pg_sleep(3600)'";
      return (await ask(server.url(), query)).length === 1;
    });
    await Promise.all([server.stop(), server.stop()]);
    expect(await waiting).toBeInstanceOf(Error);
    expect(isAlive(server.pid)).toBe(false);
  });

  test("does without the disk when it is throwaway, and leaves nothing but what others put there", async () => {
    const dataDir = temporaryFolder();
    const server = await start({ dataDir, ephemeral: true });
    expect(await setting(server, "fsync")).toBe("off");
    expect(await setting(server, "synchronous_commit")).toBe("off");
    await server.stop();
    expect(existsSync(dataDir)).toBe(false);

    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "notes.txt"), "mine");
    await (await start({ dataDir, ephemeral: true })).stop();
    expect(readdirSync(dataDir)).toEqual(["notes.txt"]);
  });

  test("takes further settings, and names one that is wrong", async () => {
    const dataDir = await preparedFolder();
    const settings = { synchronous_commit: "on", work_mem: "7MB" };
    const server = await start({ dataDir, settings });
    expect(await setting(server, "synchronous_commit")).toBe("on");
    expect(await setting(server, "work_mem")).toBe("7MB");
    await server.stop();
    const failed = startEmbeddedPostgres({ dataDir, settings: { work_mem: "much" } });
    await expect(failed).rejects.toThrow(UserError);
    await expect(failed).rejects.toThrow(/invalid value for parameter "work_mem".*postgres\/log/);
  });

  test.runIf(IS_ROOT)("as root, runs Postgres as the owner of data that is there", async () => {
    const user = nobody();
    const dataDir = temporaryFolder();
    mkdirSync(dataDir);
    chownSync(dataDir, user.uid, user.gid);
    const theirs = await runProgram(dataDir, user);
    expect(theirs.report.error).toBeUndefined();
    expect(userOf(theirs.report.pid)).toBe(user.uid);
    theirs.child.kill("SIGINT");
    await theirs.exited;
    rmSync(join(theirs.report.folder, "log"));
    const ours = await start({ dataDir });
    expect(await ask(ours.url(), "select word from said")).toHaveLength(2);
    expect(userOf(ours.pid)).toBe(user.uid);
    await ours.stop();
    // And what root has done there does not keep them out.
    expect((await runProgram(dataDir, user)).report.error).toBeUndefined();
  });
});

function userOf(pid: number): number {
  return Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}

function tryConnect(host: string, port: number): Promise<string> {
  return new Promise((settle) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (outcome: string): void => {
      socket.destroy();
      settle(outcome);
    };
    socket.once("connect", () => end("connected"));
    socket.once("error", () => end("refused"));
    socket.once("timeout", () => end("silent"));
  });
}
