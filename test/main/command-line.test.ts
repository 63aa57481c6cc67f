import { mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { isAlive } from "../../adapters/postgres/processes.ts";
import { findRunning } from "../../adapters/postgres/running.ts";
import type { Ended, Running } from "../support/command-line.ts";
import { runRedline, startRedline } from "../support/command-line.ts";
import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase, createTestDatabase } from "../support/database.ts";
import { GitRepository } from "../support/git-repository.ts";

/** Removed after the test. */
function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "redline-command-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The process and all that it has started. */
function family(pid: number): number[] {
  const all = execFileSync("ps", ["-A", "-o", "pid=", "-o", "ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const grow = (of: number): number[] => [
    of,
    ...all.filter(([, parent]) => parent === of).flatMap(([child]) => grow(child)),
  ];
  return grow(pid);
}

const api = async (origin: string, path: string, init?: RequestInit) => {
  const response = await fetch(origin + path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe("redline on a machine that has nothing else", () => {
  it("starts, shows the sample, answers commands beside it, and leaves nothing behind", async () => {
    const dataDir = temporaryFolder();
    const environment = { REDLINE_DATA_DIR: dataDir };
    const running = await startRedline([], environment);
    expect(running.page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/rfcs\/sample$/);
    expect(running.banner).toContain(`embedded Postgres, data in ${dataDir}`);
    expect(running.banner).toMatch(/off +Claude +ANTHROPIC_API_KEY turns it on/);
    expect(await api(running.origin, "/healthz")).toEqual({ status: 200, body: { status: "ok" } });
    expect(await api(running.origin, "/readyz")).toMatchObject({ status: 200 });
    const sample = await api(running.origin, "/api/rfcs/sample");
    expect(sample.body).toMatchObject({
      document: { body: expect.stringMatching(/^# /) as string },
    });

    const url = findRunning(dataDir)!;
    const processes = family(running.pid);
    expect(processes.length).toBeGreaterThan(2);
    await tellBeside(environment);

    const ended = await running.interrupt();
    expect(ended.code).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(findRunning(dataDir)).toBeNull();
    const late = postgres(url, { max: 1, connect_timeout: 2 });
    await expect(late`select 1`).rejects.toThrow(/ECONNREFUSED/);
    await late.end({ timeout: 1 });
  });

  /** Everything that one may ask while the server runs on the same data folder. */
  async function tellBeside(environment: Record<string, string>): Promise<void> {
    const [second, markdown, json, jobs, doctor, migrate, repositories, check] = await Promise.all([
      runRedline(["start"], environment),
      runRedline(["transcript", "sample"], environment),
      runRedline(["transcript", "sample", "--json"], environment),
      runRedline(["jobs"], environment),
      runRedline(["doctor"], environment),
      runRedline(["migrate"], environment),
      runRedline(["repositories"], environment),
      runRedline(["check", "--commits"], environment),
    ]);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.errors).toEqual([expect.stringMatching(/^redline: .*(in use|runs|running)/)]);
    expect(markdown).toMatchObject({ code: 0, errors: [] });
    expect(markdown.stdout).toMatch(/^# Transcript: /);
    expect(JSON.parse(json.stdout)).toMatchObject({ rfc: { slug: "sample" } });
    expect(jobs).toEqual({ code: 0, stdout: "No job has failed.\n", errors: [] });
    expect(doctor).toMatchObject({ code: 0, errors: [] });
    expect(doctor.stdout).not.toContain("WRONG");
    expect(doctor.stdout).toMatch(/ok +console: Redline is running on this data folder/);
    expect(doctor.stdout).toMatch(/ok +documents: 1 readable at its tip/);
    expect(migrate.stdout).toMatch(/^The database is at this version's schema: nothing to apply\./);
    expect(check).toMatchObject({ code: 0, errors: [] });
    expect(check.stdout).toMatch(/^ok +messages: [^]*\nok +commits: [^]*\nAll is well\.\n$/);
    expect(repositories).toMatchObject({ code: 0, errors: [] });
    expect(repositories.stdout).toMatch(/^No workspace is limited to repositories of its own/);
  }
});

describe("redline on a database of its own", () => {
  let database: TestDatabase;
  let repository: GitRepository;
  beforeAll(async () => {
    database = await createTestDatabase();
    repository = await GitRepository.create({
      "docs/My RFC.md": "Intro.\n\n#  \n# The “title” of it\n",
    });
  });
  afterAll(async () => {
    await database.drop();
    await repository.remove();
  });

  const settings = (more: Record<string, string> = {}): Record<string, string> => ({
    DATABASE_URL: database.url,
    REDLINE_DATA_DIR: temporaryFolder(),
    LOG_LEVEL: "warn",
    SHUTDOWN_GRACE_SECONDS: "1",
    ...more,
  });
  const start = (args: string[], more: Record<string, string> = {}): Promise<Running> =>
    startRedline(args, settings(more));
  const run = (args: string[], more: Record<string, string> = {}): Promise<Ended> =>
    runRedline(args, settings(more));

  it("tells on a new one what is not there yet, without a stack trace", async () => {
    const empty = await createEmptyDatabase();
    const [doctor, check, transcript, jobs] = await Promise.all([
      run(["doctor"], { DATABASE_URL: empty.url }),
      run(["check"], { DATABASE_URL: empty.url }),
      run(["transcript", "sample"], { DATABASE_URL: empty.url }),
      run(["jobs"], { DATABASE_URL: empty.url }),
    ]);
    expect(doctor).toMatchObject({ code: 0, errors: [] });
    expect(doctor.stdout).toMatch(/ok +schema: version 0, \d+ to apply at the next start/);
    expect(doctor.stdout).toMatch(/All is well\.\n$/);
    for (const ended of [check, transcript, jobs]) {
      expect(ended).toMatchObject({ code: 1, stdout: "" });
      expect(ended.errors).toEqual([expect.stringMatching(/^redline: .*redline migrate/)]);
    }
    const migrate = await run(["migrate"], { DATABASE_URL: empty.url });
    expect(migrate.stdout).toMatch(/^The database is at this version's schema: applied 000001_/);
    await empty.drop();
  });

  it("opens the document that is named, from where the command was called", async () => {
    const from = { INIT_CWD: join(repository.folder, "docs") };
    const running = await start(["My RFC.md"], from);
    expect(running.page).toMatch(/\/rfcs\/my-rfc$/);
    const { body } = await api(running.origin, "/api/rfcs/my-rfc");
    expect(body).toMatchObject({ title: "The “title” of it", path: "docs/My RFC.md" });
    expect((await running.interrupt()).code).toBe(0);

    const again = await start([join(repository.folder, "docs", "My RFC.md")]);
    expect(again.page).toMatch(/\/rfcs\/my-rfc$/);
    expect(await api(again.origin, "/api/rfcs")).toMatchObject({ body: { length: 1 } });
    expect((await again.interrupt()).code).toBe(0);
  });

  it("says in one line why a document cannot be opened", async () => {
    await repository.write("uncommitted.md", "# New\n");
    const outside = join(temporaryFolder(), "outside.md");
    writeFileSync(outside, "# Outside\n");
    const [missing, elsewhere, uncommitted] = await Promise.all([
      run(["start", "nope.md"], { INIT_CWD: repository.folder }),
      run(["start", outside]),
      run(["start", "uncommitted.md"], { INIT_CWD: repository.folder }),
    ]);
    for (const [ended, sentence] of [
      [missing, /^redline: There is no file .*nope\.md; give the path/],
      [elsewhere, /^redline: .*outside\.md is in no Git repository; run “git init”/],
      [uncommitted, /^redline: .*uncommitted\.md.*commit/],
    ] as const) {
      expect(ended).toMatchObject({ code: 1, stdout: "" });
      expect(ended.errors).toEqual([expect.stringMatching(sentence)]);
    }
  });

  it("lets only those in who have the token, where others can reach it", async () => {
    const environment = settings({ HOST: "0.0.0.0" });
    const running = await startRedline([], environment);
    const token = new URL(running.page).searchParams.get("token")!;
    expect(token.length).toBeGreaterThanOrEqual(32);
    const file = join(environment["REDLINE_DATA_DIR"]!, "token");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const origin = running.origin.replace("0.0.0.0", "127.0.0.1");
    expect((await api(origin, "/api/rfcs")).status).toBe(401);
    const wrong = { headers: { authorization: "Bearer wrong" } };
    expect((await api(origin, "/api/rfcs", wrong)).status).toBe(401);
    const right = { headers: { authorization: `Bearer ${token}` } };
    expect((await api(origin, "/api/rfcs", right)).status).toBe(200);
    expect((await api(origin, "/healthz")).status).toBe(200);
    expect((await running.interrupt()).code).toBe(0);
  });

  it("does not show the token of an operator who gave one", async () => {
    const token = "of-the-operator-alone";
    const running = await startRedline([], settings({ HOST: "0.0.0.0", REDLINE_TOKEN: token }));
    expect(running.page).not.toContain("token");
    const origin = running.origin.replace("0.0.0.0", "127.0.0.1");
    const right = { headers: { authorization: `Bearer ${token}` } };
    expect((await api(origin, "/api/rfcs", right)).status).toBe(200);
    const ended = await running.interrupt();
    expect(ended.stdout).toContain("Redline is ready: ");
    expect(ended.stdout + ended.errors.join("\n")).not.toContain(token);
  });

  it("answers wrong words with its usage, and wrong names and values with one line", async () => {
    const [usage, slug, job, value] = await Promise.all([
      run(["transcript"]),
      run(["transcript", "nope"]),
      run(["jobs", "retry", "commits", "nope"]),
      run(["start"], { PORT: "http" }),
    ]);
    expect(usage).toMatchObject({ code: 2, stdout: "" });
    expect(usage.errors[0]).toMatch(/^redline start /);
    for (const [ended, sentence] of [
      [slug, /^redline: There is no RFC “nope”/],
      [job, /^redline: The queue commits has no failed job nope/],
      [value, /^redline: PORT must be a whole number from 0 to 65535\. It is “http”\.$/],
    ] as const) {
      expect(ended).toMatchObject({ code: 1, stdout: "" });
      expect(ended.errors).toEqual([expect.stringMatching(sentence)]);
    }
  });

  it("finds what is broken, and says how to mend it", async () => {
    const taken = await listening();
    const { port } = taken.address() as { port: number };
    const [broken, address] = await Promise.all([
      run(["doctor"], { PORT: String(port) }),
      run(["doctor"], { DATABASE_URL: "postgres://nobody:hunter2@127.0.0.1:1/none" }),
    ]);
    taken.close();
    expect(broken).toMatchObject({ code: 1, errors: [] });
    expect(broken.stdout).toMatch(/WRONG +console: .*EADDRINUSE.*\n +Set PORT to a free port/);
    expect(broken.stdout).toMatch(/\n1 of 11 checks found something wrong\.\n$/);
    expect(address).toMatchObject({ code: 1, errors: [] });
    expect(address.stdout).toMatch(/WRONG +database: .*\n +Check DATABASE_URL/);
    expect(address.stdout).not.toContain("hunter2");
  });

  async function listening(): Promise<Server> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }
});
