import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Entry {
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

const lockFile = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
const { packages } = JSON.parse(lockFile) as { packages: Record<string, Entry> };

/** Node's own search: from the package's folder upwards. */
function isLocked(name: string, from: string): boolean {
  const folders = from === "" ? [] : from.split("/node_modules/");
  return [...folders.keys(), -1].some((depth) => {
    const parent = folders.slice(0, depth + 1).join("/node_modules/");
    return `${parent === "" ? "" : `${parent}/`}node_modules/${name}` in packages;
  });
}

// npm leaves out of the lock file what the registry at hand did not have for another platform, and then
// `npm ci` refuses that very file, on every platform.
it("holds the packages of every platform", () => {
  const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(name, folder)),
  );
  expect(missing).toEqual([]);
});

it("names no registry", () => {
  const addresses = Object.values(packages).map(({ resolved }) => resolved);
  expect(addresses.filter((address) => address !== undefined)).toEqual([]);
});
