import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { isSent, readDockerfile } from "./dockerfile.ts";
import { read, ROOT } from "./files.ts";

const image = readDockerfile();
const copied = image.stages.flatMap(({ steps }) =>
  steps.flatMap((step) => (step.kind === "copy" && step.from === null ? step.sources : [])),
);

it("copies what there is, and what .dockerignore lets through", () => {
  expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(copied.filter((path) => !isSent(path))).toEqual([]);
});

it("is sent nothing that it does not copy", () => {
  const wanted = new Set(copied.map((path) => path.split("/")[0]));
  const given = [...readdirSync(ROOT), ".env", ".git", "node_modules", "secrets/unset"];
  expect(given.filter((name) => isSent(name) && !wanted.has(name))).toEqual([]);
});

it("runs one release of Node.js, and one that package.json allows", () => {
  const bases = new Set(image.stages.map(({ base }) => base));
  expect(bases.size).toBe(1);
  const [, major] = /^node:(\d+)-/.exec([...bases][0]!) ?? [];
  expect(JSON.parse(read("package.json"))).toMatchObject({ engines: { node: ">=20.19" } });
  expect(Number(major)).toBeGreaterThan(20);
});

it("starts Redline, and asks how it is, with scripts that it copies", () => {
  const { entrypoint, command, health, workdir } = image;
  expect(workdir).toBe("/app");
  for (const [program, ...rest] of [entrypoint, health]) {
    expect(program).toBe("node");
    const script = rest.find((argument) => !argument.startsWith("--"));
    expect(existsSync(join(ROOT, script!))).toBe(true);
    expect(copied).toContain(script!.split("/")[0]);
  }
  expect(command).toEqual(["start"]);
});

it("is nobody's root", () => {
  expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
});
