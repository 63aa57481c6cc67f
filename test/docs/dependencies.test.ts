/** `docs/dependencies.md` says what is there, and what is there may be used. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, ROOT)), "utf8");

interface Manifest {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface Entry {
  version: string;
  license?: string;
  dev?: boolean;
  deprecated?: string;
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Entry> };
const page = read("docs/dependencies.md");

/** What a company can use without asking anybody; of a choice, one is enough. */
const FREE = new Set(
  "MIT ISC 0BSD BSD-2-Clause BSD-3-Clause Apache-2.0 BlueOak-1.0.0 CC0-1.0 Unlicense".split(" "),
);
const isFree = (license: string): boolean =>
  license
    .replace(/[()]/g, "")
    .split(" OR ")
    .some((choice) => FREE.has(choice));

/** The rows of the table below a heading. */
function rows(heading: string): Record<string, { version: string; license: string; why: string }> {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const found = section.matchAll(/^\| `([^`]+)` \| (\S+) \| ([^|]+) \| ([^|]+) \|$/gm);
  return Object.fromEntries(
    [...found].map(([, name, version, license, why]) => [
      name!,
      { version: version!, license: license!, why: why! },
    ]),
  );
}

describe.each([
  ["dependencies", "What runs"],
  ["optionalDependencies", "Where there is no database server"],
  ["devDependencies", "For development and tests"],
] as const)("the table of %s", (kind, heading) => {
  const table = rows(heading);

  it("has each package in its version, with a reason", () => {
    const versions = Object.entries(table).map(([name, { version }]) => [name, version]);
    expect(Object.fromEntries(versions)).toEqual(manifest[kind]);
    for (const [name, { why }] of Object.entries(table)) {
      expect(why.trim().length, name).toBeGreaterThan(9);
    }
  });

  it("has its licence, as the package itself says", () => {
    for (const [name, { license }] of Object.entries(table)) {
      expect(license, name).toBe(packages[`node_modules/${name}`]?.license);
      const own = `node_modules/${name}/package.json`;
      // One for another platform is not installed.
      if (!existsSync(fileURLToPath(new URL(own, ROOT)))) continue;
      expect((JSON.parse(read(own)) as Entry).license, name).toBe(license);
    }
  });
});

it("nothing that is installed is deprecated", () => {
  const deprecated = Object.entries(packages).filter(([, entry]) => entry.deprecated !== undefined);
  expect(deprecated).toEqual([]);
});

it("everything that runs may be used by a company", () => {
  const running = Object.entries(packages).filter(([at, { dev }]) => at !== "" && dev !== true);
  expect(running.length).toBeGreaterThan(200);
  const others = running.filter(([, { license }]) => !isFree(license ?? "none"));
  expect(others).toEqual([]);
  for (const name of FREE) expect(page).toContain(name === "Unlicense" ? "Unlicense" : name);
});

it("a licence that asks for more is seen", () => {
  for (const license of [
    "GPL-3.0-only",
    "AGPL-3.0",
    "SSPL-1.0",
    "BUSL-1.1",
    "none",
    "UNLICENSED",
  ]) {
    expect(isFree(license)).toBe(false);
  }
  expect(isFree("(MPL-2.0 OR Apache-2.0)")).toBe(true);
  expect(isFree("(MIT AND GPL-2.0)")).toBe(false);
});
