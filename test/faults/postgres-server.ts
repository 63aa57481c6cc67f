/** A Postgres of one test's own that can be restarted, killed, and followed by a copy that takes over. */
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EmbeddedPostgres } from "../../adapters/postgres/embedded-postgres.ts";
import { startEmbeddedPostgres } from "../../adapters/postgres/embedded-postgres.ts";
import { findPackage, usableBinaries } from "../../adapters/postgres/binaries.ts";
import { chooseRunAs } from "../../adapters/postgres/run-as.ts";
import { scratchFolder } from "../../adapters/postgres/shared-temp.ts";
import { connect } from "../../src/store/database.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/test-app.ts";

/** What was committed was said to be, so it must be there after any crash. */
const SETTINGS = {
  synchronous_commit: "on",
  wal_level: "replica",
  max_wal_senders: "4",
  max_connections: "150",
  listen_addresses: "127.0.0.1",
};

export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #dataDir: string;
  #server: EmbeddedPostgres;
  readonly #copies: Copy[] = [];

  private constructor(port: number, dataDir: string, server: EmbeddedPostgres) {
    this.port = port;
    this.#dataDir = dataDir;
    this.#server = server;
  }

  static async start(): Promise<PostgresServer> {
    const dataDir = scratchFolder();
    const port = await freePort();
    return new PostgresServer(port, dataDir, await launch(dataDir, port));
  }

  get url(): string {
    return atPort(this.#server.url(), this.port);
  }

  /** A fast shutdown: every session is ended. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** On the same data and port. */
  async startAgain(): Promise<void> {
    this.#server = await launch(this.#dataDir, this.port);
  }

  /** An immediate shutdown, as of a crash; it comes back by itself, and recovers from its log. */
  async crash(): Promise<void> {
    const { pid } = this.#server;
    process.kill(pid, "SIGQUIT");
    await until(async () => this.#server.pid !== pid, "Postgres after its crash");
  }

  /** A server that follows this one, so that nothing is committed which it does not have. */
  async copy(): Promise<Copy> {
    const copy = await Copy.of(this.url, this.#server.folder);
    this.#copies.push(copy);
    return copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await Promise.all(this.#copies.map((copy) => copy.stop()));
    rmSync(this.#dataDir, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
  }
}

function launch(dataDir: string, port: number): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, settings: { ...SETTINGS, port: String(port) } });
}

function atPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

/** Starts its arguments, and ends them when its input closes: with the test process, however that ends. */
const KEEPER = '"$@" >/dev/null 2>&1 & read -r _; kill -QUIT $!; wait $!';

/** A hot standby, made of a backup of its primary. */
export class Copy {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  readonly #keeper: ChildProcess;

  private constructor(port: number, url: string, folder: string, keeper: ChildProcess) {
    this.port = port;
    this.url = url;
    this.#folder = folder;
    this.#keeper = keeper;
  }

  static async of(primaryUrl: string, primaryFolder: string): Promise<Copy> {
    const folder = scratchFolder();
    const data = join(folder, "data");
    mkdirSync(folder);
    chmodSync(folder, 0o711);
    await backUp(primaryUrl, join(primaryFolder, "data"), data);
    const port = await freePort();
    const runAs = process.getuid?.() === 0 ? chooseRunAs(data) : undefined;
    const { postgres } = usableBinaries(findPackage(), runAs);
    const { username, password, port: from } = new URL(primaryUrl);
    const follow = `host=127.0.0.1 port=${from} user=${username} password=${password} application_name=copy`;
    const settings = { ...SETTINGS, port: String(port), unix_socket_directories: "" };
    const given = Object.entries({ ...settings, primary_conninfo: follow }).flatMap(
      ([name, value]) => ["-c", `${name}=${value}`],
    );
    const keeper = spawn("/bin/sh", ["-c", KEEPER, "sh", postgres, "-D", data, ...given], {
      ...runAs,
      env: { LC_ALL: "C" },
      cwd: data,
      stdio: ["pipe", "ignore", "ignore"],
    });
    const copy = new Copy(port, atPort(primaryUrl, port), folder, keeper);
    await followed(primaryUrl);
    return copy;
  }

  /** From now on it is the server that takes writes. */
  async promote(): Promise<void> {
    const sql = connect(this.url, { max: 1 });
    try {
      await sql`select pg_promote(true, 60)`;
    } finally {
      await sql.end();
    }
  }

  async stop(): Promise<void> {
    if (this.#keeper.exitCode === null) {
      this.#keeper.stdin?.end();
      await once(this.#keeper, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A backup of a running server, as the manual has it for the low-level interface. */
async function backUp(url: string, from: string, data: string): Promise<void> {
  const sql = connect(url, { max: 1 });
  try {
    await sql`select pg_backup_start('copy', true)`;
    const copied = spawnSync("cp", ["-a", from, data]);
    // Files that go away while they are copied are no loss: the log has what became of them.
    if (copied.error) throw copied.error;
    const [row] = await sql<{ label: string }[]>`
      select labelfile as label from pg_backup_stop(false)`;
    rmSync(join(data, "postmaster.pid"), { force: true });
    rmSync(join(data, "postmaster.opts"), { force: true });
    for (const [name, text] of [
      ["backup_label", row!.label],
      ["standby.signal", ""],
    ] as const) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      spawnSync("chown", ["--reference", join(data, "PG_VERSION"), join(data, name)]);
    }
  } finally {
    await sql.end();
  }
}

/** From now on a commit waits until the copy has it. */
async function followed(url: string): Promise<void> {
  const sql = connect(url, { max: 1 });
  try {
    await until(async () => {
      const rows = await sql`select 1 from pg_stat_replication where state = 'streaming'`;
      return rows.length > 0;
    }, "the copy");
    await sql`alter system set synchronous_standby_names = 'copy'`;
    await sql`select pg_reload_conf()`;
  } finally {
    await sql.end();
  }
}
