import { expect, test } from "vitest";
import {
  explainEnd,
  explainFileError,
  explainLog,
  startFailure,
} from "../../../adapters/postgres/failures.ts";
import { findUser } from "../../../adapters/postgres/run-as.ts";
import { UserError } from "../../../src/errors.ts";

/** Words of Postgres 18. */
const LOGS = {
  port: `LOG:  could not bind IPv4 address "127.0.0.1": Address already in use
HINT:  Is another postmaster already running on port 5432? If not, wait a few seconds and retry.
WARNING:  could not create listen socket for "127.0.0.1"
FATAL:  could not create any TCP/IP sockets`,
  folder: `FATAL:  lock file "postmaster.pid" already exists
HINT:  Is another postmaster (PID 4711) running in data directory "/data"?`,
  sessions: `FATAL:  pre-existing shared memory block (key 262, ID 3) is still in use
HINT:  Terminate any old server processes associated with data directory "/data".`,
  version: `2026-01-02 03:04:05.678 UTC [99] FATAL:  database files are incompatible with server
2026-01-02 03:04:05.678 UTC [99] DETAIL:  The data directory was initialized by PostgreSQL version 17, which is not compatible with this version 18.4.`,
  disk: `LOG:  starting PostgreSQL 18.4
FATAL:  could not write lock file "postmaster.pid": No space left on device`,
};

test("a start is tried again for what passes by itself", () => {
  expect(startFailure(LOGS.port)).toBe("port-taken");
  expect(startFailure(LOGS.folder)).toBe("folder-in-use");
  expect(startFailure(LOGS.sessions)).toBe("sessions-left");
  expect(startFailure(LOGS.version)).toBe("other");
  expect(startFailure(LOGS.disk)).toBe("other");
});

test("the reason of Postgres is told in one sentence, with the place of its log", () => {
  expect(explainLog(LOGS.version, "/data/postgres").message).toBe(
    "The database in /data/postgres did not start: database files are incompatible with server (The data directory was initialized by PostgreSQL version 17, which is not compatible with this version 18.4). Its log is /data/postgres/log.",
  );
  expect(explainLog(LOGS.disk, "/data").message).toContain("No space left on device. Its log");
  expect(explainLog("postgres: error while loading shared libraries\n", "/data").message).toContain(
    "did not start: postgres: error while loading shared libraries.",
  );
  expect(explainLog("", "/data").message).toContain("Postgres said nothing");
});

test("what ended a server is told, and not what became of it or of its clients", () => {
  const full = `LOG:  database system is ready to accept connections
PANIC:  could not write to file "pg_wal/xlogtemp.27389": No space left on device
LOG:  all server processes terminated; reinitializing
FATAL:  the database system is in recovery mode
FATAL:  could not write to file "pg_wal/xlogtemp.27392": No space left on device
FATAL:  the database system is not yet accepting connections
DETAIL:  Consistent recovery state has not been yet reached.
LOG:  shutting down due to startup process failure
`;
  expect(explainEnd(full, "/data").message).toBe(
    'The database in /data ended by itself: could not write to file "pg_wal/xlogtemp.27389": No space left on device. It is being started again; its log is /data/log.',
  );
  expect(explainEnd("LOG:  ready\n", "/data").message).toContain("it was killed");
  const early = full.split("\n").slice(3).join("\n");
  expect(explainLog(early, "/data").message).toContain("xlogtemp.27392");
});

test("errors of the file system name the data folder, the reason and the way out", () => {
  const full = Object.assign(new Error("no"), { code: "ENOSPC", path: "/data/postgres/log" });
  const told = explainFileError(full, "/data") as UserError;
  expect(told).toBeInstanceOf(UserError);
  expect(told.message).toBe(
    "The data folder /data cannot be used: the disk is full (ENOSPC, at /data/postgres/log). Mend that, or set REDLINE_DATA_DIR to another folder.",
  );
  const refused = new UserError("not-ready", "in use");
  expect(explainFileError(refused, "/data")).toBe(refused);
  const bug = new TypeError("undefined is not a function");
  expect(explainFileError(bug, "/data")).toBe(bug);
});

test("users are found in /etc/passwd, also those with negative ids", () => {
  const passwd = `##
# comment
root:*:0:0:System Administrator:/var/root:/bin/sh
postgresql:x:7:7::/:/bin/false
nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false
broken:x
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
`;
  expect(findUser(passwd, "postgres")).toEqual({ uid: 101, gid: 104 });
  expect(findUser(passwd, "nobody")).toEqual({ uid: 4294967294, gid: 4294967294 });
  expect(findUser(passwd, "broken")).toBeUndefined();
  expect(findUser(passwd, "redline")).toBeUndefined();
});
