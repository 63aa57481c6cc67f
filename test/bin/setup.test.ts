import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Stands in for npm: notes its arguments, then writes what `npm ci` would, or fails as it is told. Every
 * run leaves one line in `calls`, its arguments.
 */
const FAKE_NPM = `
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
const args = process.argv.slice(2);
appendFileSync("calls", args.join(" ") + "\\n");
if (process.env.FAKE_NPM === "fail") {
  console.error("npm error request to https://registry.example.test/zod failed");
  console.error("npm error reason: getaddrinfo ENOTFOUND registry.example.test");
  process.exit(7);
}
if (process.env.FAKE_NPM === "hang") setInterval(() => {}, 1000);
else {
  if (args[0] === "ci") rmSync("node_modules", { recursive: true, force: true });
  const packages = {};
  for (const [folder, entry] of Object.entries(JSON.parse(readFileSync("package-lock.json")).packages)) {
    if (!folder || (entry.dev && args.includes("--omit=dev"))) continue;
    if (entry.os && !entry.os.includes(process.platform)) continue;
    mkdirSync(folder, { recursive: true });
    writeFileSync(folder + "/package.json", "{}");
    packages[folder] = entry;
  }
  writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages }));
}
`;

const elsewhere = process.platform === "win32" ? "linux" : "win32";
const lockFile = {
  packages: {
    "": { name: "sample" },
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
    "node_modules/tool": { version: "3.0.0", dev: true },
    "node_modules/native-here": { version: "1.0.0", optional: true, os: [process.platform] },
    "node_modules/native-there": { version: "1.0.0", optional: true, os: [elsewhere] },
    "node_modules/native-other-cpu": {
      version: "1.0.0",
      optional: true,
      cpu: [`!${process.arch}`],
    },
  },
};

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "redline-setup-")));
  cpSync(path.join(projectRoot, "bin"), path.join(folder, "bin"), { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(path.join(folder, "npm-cli.js"), FAKE_NPM);
  writeLock(lockFile);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (name: string): string => path.join(folder, name);
const writeLock = (lock: unknown): void =>
  writeFileSync(inFolder("package-lock.json"), JSON.stringify(lock));

/** What npm was asked for so far, one entry a run. */
function calls(): string[] {
  if (!existsSync(inFolder("calls"))) return [];
  return readFileSync(inFolder("calls"), "utf8").trim().split("\n");
}

interface Outcome {
  code: number | null;
  output: string;
}

interface Run {
  pid: number;
  /** What it has printed so far. */
  output: () => string;
  done: Promise<Outcome>;
}

function start(scope: "production" | "all", fake = ""): Run {
  const child = spawn(process.execPath, [inFolder("bin/setup.js"), scope], {
    env: { ...process.env, npm_execpath: inFolder("npm-cli.js"), FAKE_NPM: fake },
  });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const done = new Promise<Outcome>((resolve) =>
    child.on("close", (code) => resolve({ code, output })),
  );
  return { pid: child.pid!, output: () => output, done };
}

const setUp = (scope: "production" | "all", fake?: string): Promise<Outcome> =>
  start(scope, fake).done;

describe("setup", () => {
  it("installs for production on a fresh clone, says so, and then has nothing to do", async () => {
    const first = await setUp("production");
    expect(first.code).toBe(0);
    expect(first.output).toMatch(/^Installing .+ done in \d+\.\d s\.\n$/);
    expect(calls()).toEqual([expect.stringMatching(/^ci --omit=dev /)]);
    expect(await setUp("production")).toEqual({ code: 0, output: "" });
    expect(calls()).toHaveLength(1);
  });

  it("adds the packages for development when they are asked for, and keeps them later", async () => {
    await setUp("production");
    await setUp("all");
    expect(calls()[1]).toMatch(/^install --no-save --include=dev /);
    await setUp("production");
    expect(calls()).toHaveLength(2);

    rmSync(inFolder("node_modules/a"), { recursive: true });
    await setUp("production");
    expect(calls()[2]).toMatch(/^ci --include=dev /);
  });

  it.each([
    ["another version", { version: "1.0.1", integrity: "sha512-a" }],
    ["other contents", { version: "1.0.0", integrity: "sha512-other" }],
  ])("installs again when the lock file asks for %s", async (_name, entry) => {
    await setUp("production");
    writeLock({ packages: { ...lockFile.packages, "node_modules/a": entry } });
    await setUp("production");
    expect(calls()).toHaveLength(2);
  });

  it.each([
    ["a package's folder is gone", "node_modules/a/node_modules/b"],
    ["this platform's binary is gone", "node_modules/native-here"],
    ["an install was cut off", "node_modules/.package-lock.json"],
  ])("installs again when %s", async (_name, gone) => {
    await setUp("production");
    rmSync(inFolder(gone), { recursive: true });
    await setUp("production");
    expect(calls()).toHaveLength(2);
  });

  it("passes on npm's exit code and its reason, without the registry's address", async () => {
    const { code, output } = await setUp("production", "fail");
    expect(code).toBe(7);
    expect(output).toContain("reason: getaddrinfo ENOTFOUND (registry)");
    expect(output).not.toContain("example.test");
    expect(existsSync(inFolder(".setup.lock"))).toBe(false);
  });

  it("says in one line when there is no lock file", async () => {
    rmSync(inFolder("package-lock.json"));
    const { code, output } = await setUp("production");
    expect(code).toBe(1);
    expect(output).toMatch(
      /^The packages cannot be checked or installed: .+package-lock\.json.*\n$/,
    );
  });

  it("installs once when two start at the same time", async () => {
    const both = await Promise.all([setUp("all"), setUp("production")]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    // Whoever came second found the packages there; only the larger set may have to be added.
    expect(calls().length).toBeLessThanOrEqual(2);
    expect(await setUp("all")).toEqual({ code: 0, output: "" });
  });

  it("takes over from an installation that died", async () => {
    mkdirSync(inFolder(".setup.lock"));
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(inFolder(".setup.lock"), longAgo, longAgo);
    expect((await setUp("all")).code).toBe(0);
    expect(existsSync(inFolder(".setup.lock"))).toBe(false);
  });

  it("waits for an installation that is alive", async () => {
    mkdirSync(inFolder(".setup.lock"));
    const { output, done } = start("all");
    await vi.waitFor(() => expect(output()).toMatch(/^Waiting for another installation/), 60_000);
    expect(calls()).toEqual([]);
    rmSync(inFolder(".setup.lock"), { recursive: true });
    expect((await done).code).toBe(0);
    expect(calls()).toHaveLength(1);
  });

  it("stops npm and gives the lock back on Ctrl-C", async () => {
    const { pid, done } = start("all", "hang");
    await vi.waitFor(() => expect(calls()).toHaveLength(1), 60_000);
    process.kill(pid, "SIGINT");
    expect((await done).code).toBe(130);
    expect(existsSync(inFolder(".setup.lock"))).toBe(false);
  });
});

describe("the check of the Node.js version", () => {
  const run = (version: string): { status: number | null; stderr: string } => {
    const pretend = `Object.defineProperty(process, "versions", { value: { node: "${version}" } });`;
    const check = path.join(projectRoot, "bin/check-node.js");
    return spawnSync(process.execPath, ["--import", `data:text/javascript,${pretend}`, check], {
      encoding: "utf8",
    });
  };

  it.each(["18.20.4", "20.18.3"])("refuses %s with one line", (version) => {
    const { status, stderr } = run(version);
    expect(status).toBe(1);
    expect(stderr).toBe(`Redline needs Node.js 20.19 or newer, and this is ${version}.\n`);
  });

  it.each(["20.19.0", "22.0.0", "24.3.0"])("accepts %s", (version) => {
    expect(run(version).status).toBe(0);
  });
});
