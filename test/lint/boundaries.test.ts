import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

const LAYERS = "redline(layers)";
const imports = (specifier: string): string =>
  `import { x } from "${specifier}";\n\nexport const y = x;\n`;
const lines = (count: number): string => "  use(1);\n".repeat(count);

/** One violation each: the file, its text, and the rule that must report it. */
const violations: [file: string, text: string, rule: string][] = [
  // src
  ["src/changes/to-adapter.ts", imports("../../adapters/github/client.ts"), LAYERS],
  ["src/changes/to-job.ts", imports("../../jobs/queues.ts"), LAYERS],
  ["src/changes/to-test.ts", imports("../../test/support/redis.ts"), LAYERS],
  ["src/changes/to-app.ts", imports("../app.ts"), LAYERS],
  ["src/to-main.ts", imports("./main.ts"), LAYERS],
  ["src/to-command-line.ts", imports("./main/banner.ts"), LAYERS],
  ["src/to-slack.ts", imports("@slack/bolt"), LAYERS],
  ["src/to-discord.ts", imports("discord.js"), LAYERS],
  ["src/to-octokit.ts", imports("@octokit/rest"), LAYERS],
  ["src/to-anthropic.ts", imports("@anthropic-ai/sdk"), LAYERS],
  ["src/to-openai.ts", imports("openai/streaming"), LAYERS],
  ["src/to-fastify.ts", imports("fastify"), LAYERS],
  ["src/to-preact.ts", imports("preact/hooks"), LAYERS],
  ["src/to-bullmq.ts", imports("bullmq"), LAYERS],
  ["src/to-ioredis.ts", imports("ioredis"), LAYERS],
  ["src/to-pg.ts", imports("pg"), LAYERS],
  ["src/to-postgres.ts", imports("postgres"), LAYERS],
  ["src/to-unlisted.ts", imports("left-pad"), LAYERS],
  ["src/to-process.ts", imports("node:child_process"), LAYERS],
  ["src/to-http.ts", imports("http"), LAYERS],
  ["src/store/to-pg.ts", imports("pg"), LAYERS],
  ["src/store/to-http.ts", imports("node:https"), LAYERS],
  ["src/import-type.ts", 'import type { X } from "bullmq";\n\nexport type Y = X;\n', LAYERS],
  ["src/import-type-of.ts", 'export type Y = import("bullmq").Job;\n', LAYERS],
  ["src/import-later.ts", 'export const load = (): unknown => import("bullmq");\n', LAYERS],
  ["src/import-template.ts", "export const load = (): unknown => import(`bullmq`);\n", LAYERS],
  ["src/import-computed.ts", "export const load = (x: string): unknown => import(x);\n", LAYERS],
  ["src/export-from.ts", 'export { x } from "../jobs/queues.ts";\n', LAYERS],
  ["src/export-all.ts", 'export * from "../jobs/queues.ts";\n', LAYERS],
  // adapters and jobs
  ["adapters/slack/to-adapter.ts", imports("../discord/client.ts"), LAYERS],
  ["adapters/slack/views/to-adapter.ts", imports("../../discord/client.ts"), LAYERS],
  ["adapters/slack/to-job.ts", imports("../../jobs/queues.ts"), LAYERS],
  ["adapters/slack/to-app.ts", imports("../../src/app.ts"), LAYERS],
  ["adapters/slack/to-bullmq.ts", imports("bullmq"), LAYERS],
  ["adapters/slack/to-ioredis.ts", imports("ioredis"), LAYERS],
  ["jobs/to-adapter.ts", imports("../adapters/git/host.ts"), LAYERS],
  ["jobs/to-main.ts", imports("../src/main.ts"), LAYERS],
  ["jobs/to-sdk.ts", imports("@slack/web-api"), LAYERS],
  // code for the browser
  ["adapters/web/client/to-node.tsx", imports("node:fs"), LAYERS],
  ["adapters/web/client/to-fastify.tsx", imports("fastify"), LAYERS],
  ["adapters/web/client/to-postgres.tsx", imports("postgres"), LAYERS],
  ["adapters/web/client/to-server.tsx", imports("../server.ts"), LAYERS],
  ["adapters/web/client/to-engine.tsx", imports("../../../src/engine.ts"), LAYERS],
  // the environment and the console
  ["src/env.ts", 'export const home = process.env["HOME"];\n', "eslint(no-restricted-properties)"],
  ["src/env-parts.ts", "export const { env } = process;\n", "eslint(no-restricted-properties)"],
  ["src/main.ts", "export const home = process.env.HOME;\n", "eslint(no-restricted-properties)"],
  ["jobs/env.ts", "export const home = process.env.HOME;\n", "eslint(no-restricted-properties)"],
  [
    "adapters/git/env.ts",
    "export const home = globalThis.process.env;\n",
    "eslint(no-restricted-properties)",
  ],
  [
    "adapters/git/env-import.ts",
    'import { env } from "node:process";\n\nexport const home = env;\n',
    "eslint(no-restricted-imports)",
  ],
  ["src/log.ts", 'console.log("here");\n', "eslint(no-console)"],
  ["adapters/git/log.ts", 'console.error("here");\n', "eslint(no-console)"],
  // the shape of modules
  [
    "src/cycle/a.ts",
    'import { b } from "./b.ts";\n\nexport const a = (): void => b();\n',
    "import(no-cycle)",
  ],
  [
    "src/cycle/b.ts",
    'import { a } from "./a.ts";\n\nexport const b = (): void => a();\n',
    "import(no-cycle)",
  ],
  ["src/default-export.ts", "export default 1;\n", "import(no-default-export)"],
  ["src/camelCase.ts", "export const x = 1;\n", "unicorn(filename-case)"],
  [
    "src/long.ts",
    `export const use = (n: number): number => n;\n${"use(1);\n".repeat(400)}`,
    "eslint(max-lines)",
  ],
  [
    "src/long-function.ts",
    `const use = (n: number): number => n;\nexport function f(): void {\n${lines(60)}}\n`,
    "eslint(max-lines-per-function)",
  ],
  // types and promises
  ["src/any.ts", "export const f = (x: any): unknown => x;\n", "typescript(no-explicit-any)"],
  [
    "src/types.ts",
    'import { Clock } from "./clock.ts";\n\nexport const f = (x: Clock): Clock => x;\n',
    "typescript(consistent-type-imports)",
  ],
  ["src/unused.ts", "const x = 1;\n\nexport const y = 2;\n", "eslint(no-unused-vars)"],
  ["src/unused-import.ts", 'import { x } from "./clean.ts";\n', "eslint(no-unused-vars)"],
  [
    "src/floating.ts",
    "const f = async (): Promise<void> => {};\n\nexport function g(): void {\n  f();\n}\n",
    "typescript(no-floating-promises)",
  ],
  [
    "src/misused.ts",
    "const f = async (): Promise<boolean> => true;\n\nexport const g = (): string => (f() ? 'a' : 'b');\n",
    "typescript(no-misused-promises)",
  ],
  [
    "src/await.ts",
    "export const f = async (n: number): Promise<number> => await n;\n",
    "typescript(await-thenable)",
  ],
];

/** What must stay possible. */
const clean: [file: string, text: string][] = [
  [
    "src/clean.ts",
    'import { hash } from "node:crypto";\nimport { z } from "zod";\n\nexport const x = [hash, z];\n',
  ],
  ["src/clock.ts", "export interface Clock {\n  now(): number;\n}\n"],
  ["src/config.ts", "export const home = process.env.HOME;\n"],
  ["src/store/database.ts", imports("postgres")],
  ["src/main/banner.ts", imports("../../adapters/git/sample.ts")],
  [
    "src/app.ts",
    `export { x } from "../adapters/slack/bot.ts";\nexport { y } from "../jobs/queues.ts";\n`,
  ],
  [
    "adapters/slack/bot.ts",
    `${imports("@slack/bolt")}export { a } from "../../src/engine.ts";\nexport { b } from "./b.ts";\n`,
  ],
  ["adapters/web/server.ts", imports("fastify")],
  [
    "adapters/web/client/page.tsx",
    `import type { Thread } from "../../../src/conversation/thread.ts";\nimport { x } from "preact";\n\nimport { y } from "./y.ts";\n\nexport const page = (t: Thread): unknown => [x, y, t];\n`,
  ],
  ["jobs/queues.ts", `${imports("bullmq")}export { a } from "../src/engine.ts";\n`],
  [
    "test/free.test.ts",
    `import { x } from "bullmq";\nimport { y } from "../src/app.ts";\n\nexport const z = [x, y, process.env.HOME];\n`,
  ],
  ["some.config.ts", "export default {};\n"],
];

interface Report {
  diagnostics: { code: string; filename: string }[];
}

let folder: string;
let found: Map<string, Set<string>>;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "redline-lint-")));
  for (const name of [".oxlintrc.json", "lint", "package.json", "tsconfig.json"]) {
    cpSync(path.join(projectRoot, name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(
    path.join(projectRoot, "node_modules"),
    path.join(folder, "node_modules"),
    "junction",
  );
  for (const [file, text] of [...violations, ...clean]) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  const oxlint = path.join(projectRoot, "node_modules/oxlint/bin/oxlint");
  const run = spawnSync(process.execPath, [oxlint, "--format", "json"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  found = new Map();
  for (const { code, filename } of (JSON.parse(run.stdout) as Report).diagnostics) {
    const file = filename.replaceAll(path.sep, "/");
    found.set(file, (found.get(file) ?? new Set()).add(code));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the lint rules report", () => {
  it.each(violations)("%s", (file, _text, rule) => {
    expect([...(found.get(file) ?? [])]).toContain(rule);
  });
});

describe("the lint rules allow", () => {
  it.each(clean)("%s", (file) => {
    expect([...(found.get(file) ?? [])]).toEqual([]);
  });
});
