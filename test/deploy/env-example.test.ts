import { expect, it } from "vitest";

import { readConfig } from "../../src/config.ts";
import { SECRET_VARIABLES } from "../../src/secret-files.ts";
import { variablesRead } from "../support/variables.ts";
import { read } from "./files.ts";

const lines = read(".env.example").split("\n");
const SETTING = /^#([A-Z][A-Z_]*)=(.*)$/;

const settings = lines.flatMap((line) => {
  const [, name, value] = SETTING.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [{ name, value }];
});

it("has every variable that is read, once, and no other", () => {
  const names = settings.map(({ name }) => name);
  expect(names.toSorted()).toEqual(variablesRead().toSorted());
});

it("says of each what it is", () => {
  const unsaid = lines.filter((line, index) => {
    if (!SETTING.test(line)) return false;
    const block = lines.slice(0, index).findLast((before) => !SETTING.test(before)) ?? "";
    return !block.startsWith("# ") || block.startsWith("# ---");
  });
  expect(unsaid).toEqual([]);
});

it("sets nothing by itself, and shows what holds when nothing is set", () => {
  expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
  const secrets = new Set<string>(SECRET_VARIABLES.map((name) => `${name}_FILE`));
  const shown = settings.filter(({ name }) => !secrets.has(name));
  const environment = Object.fromEntries(shown.map(({ name, value }) => [name, value]));
  expect(readConfig(environment)).toEqual(readConfig({}));
});

it("names the file of a secret as the secret", () => {
  const files = settings.filter(({ name }) => name.endsWith("_FILE"));
  expect(files).toHaveLength(SECRET_VARIABLES.length);
  for (const { name, value } of files) {
    expect(value).toBe(`./secrets/${name.replace(/_FILE$/, "").toLowerCase()}`);
  }
});
