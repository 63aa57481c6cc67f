/** Every test that `SECURITY.md` names is there, and every door has one. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(`${ROOT}SECURITY.md`, "utf8");
const section = (heading: string): string =>
  page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
const tableRows = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:---|door \||what is tried \|)/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

it("names tests and files that exist", () => {
  const named = [...page.matchAll(/`((?:test|src|adapters|bin|docs|jobs|lint)\/[\w./-]+)`/g)].map(
    ([, path]) => path!,
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(ROOT + path))).toEqual([]);
});

it("has a test for every door", () => {
  const doors = tableRows(section("Doors"));
  expect(doors.length).toBeGreaterThan(15);
  for (const [door, whoMay, stops, tests, ...more] of doors) {
    expect(more, door).toEqual([]);
    expect(whoMay!.length, door).toBeGreaterThan(5);
    expect(stops!.length, door).toBeGreaterThan(10);
    expect(tests, door).toMatch(/`test\//);
  }
});

it("has a place for each of the suites that attack", () => {
  const suites = tableRows(section("Attacks"));
  for (const words of ["another workspace", "orders to the model", "parsers", "addresses"]) {
    expect(
      suites.some(([what]) => what!.includes(words)),
      words,
    ).toBe(true);
  }
});
