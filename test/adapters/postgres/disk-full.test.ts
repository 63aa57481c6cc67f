/** A real full disk: a small file system in memory. Needs root, and leave to mount. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type postgres from "postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import type { EmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import { startEmbeddedPostgres } from "../../../adapters/postgres/embedded-postgres.ts";
import { scratchFolder } from "../../../adapters/postgres/shared-temp.ts";
import { connect } from "../../../src/store/database.ts";
import { until } from "./helpers.ts";

/** The path of an empty file system of 100 MB, gone after the test; undefined where we may not mount one. */
function mountDisk(): string | undefined {
  const disk = scratchFolder();
  mkdirSync(disk);
  const options = ["-t", "tmpfs", "-o", "size=100m", "redline", disk];
  if (spawnSync("mount", options).status === 0) return disk;
  rmSync(disk, { recursive: true });
  return undefined;
}

function unmountDisk(disk: string): void {
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
}

const probe = process.platform === "linux" ? mountDisk() : undefined;
if (probe !== undefined) unmountDisk(probe);

let disk = "";
let filler = "";
function useDisk(): void {
  disk = mountDisk()!;
  filler = join(disk, "filler");
  const mounted = disk;
  // Runs last, when the servers on it have been stopped.
  onTestFinished(() => unmountDisk(mounted));
}

function fillDisk(): void {
  for (const size of [1 << 20, 4096]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

async function start(accidents: string[] = []): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir: join(disk, "data"),
    settings: { synchronous_commit: "on" },
    onAccident: (error) => accidents.push(String(error)),
  });
  onTestFinished(() => server.stop());
  return server;
}

describe.runIf(probe !== undefined)("on a full disk", () => {
  test("a table that cannot grow: the statement fails, later ones work", async () => {
    useDisk();
    const server = await start();
    const sql = connect(server.url(), { max: 1 });
    await sql`create table notes (id int primary key, body text)`;
    await sql`insert into notes values (1, 'before')`;
    fillDisk();
    const noise = randomBytes(500_000).toString("hex");
    const big = sql`insert into notes values (2, ${noise})`;
    await expect(big).rejects.toMatchObject({ code: "53100" });
    rmSync(filler);
    await sql`insert into notes values (2, 'after')`;
    expect((await sql`select body from notes order by id`).map((row) => row["body"])).toEqual([
      "before",
      "after",
    ]);
    await sql.end();
  });

  test("a log that cannot grow: the server is back once there is space", async () => {
    useDisk();
    const accidents: string[] = [];
    const server = await start(accidents);
    const sql = connect(server.url(), { max: 1 });
    await sql`create table counter (n int, noise text)`;
    await sql`insert into counter values (0, '')`;
    fillDisk();
    let acknowledged = 0;
    const count = (): postgres.PendingQuery<postgres.Row[]> => {
      // Few enough to stay within one page, so that only the log grows.
      const noise = randomBytes(900).toString("hex");
      return sql`update counter set n = n + 1, noise = ${noise}`;
    };
    const failed = (async () => {
      for (;;) {
        await count();
        acknowledged++;
      }
    })();
    await expect(failed).rejects.toThrow();
    await until(() => accidents.length >= 2); // the end, and a start that failed for the same reason
    for (const told of accidents) expect(told).toContain("No space left on device");
    rmSync(filler);
    await until(() =>
      count().then(
        () => true,
        () => false,
      ),
    );
    const [row] = await sql<{ n: number }[]>`select n from counter`;
    // The one that failed may have been committed.
    expect([acknowledged + 1, acknowledged + 2]).toContain(row!.n);
    await sql.end({ timeout: 1 });
  });

  test("no space for the cluster: said so at the start, and nothing is left", async () => {
    useDisk();
    mkdirSync(join(disk, "data"));
    fillDisk();
    const failed = startEmbeddedPostgres({ dataDir: join(disk, "data") });
    await expect(failed).rejects.toThrow(/No space left on device|the disk is full/);
    rmSync(filler);
    await start();
  });
});
