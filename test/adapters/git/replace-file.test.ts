import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  passingName,
  removeLeftPassingFiles,
  replaceFile,
} from "../../../adapters/git/replace-file.ts";

let folder = "";
let file = "";
let scratch = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "redline-replace-"));
  file = join(folder, "rfc.md");
  scratch = join(folder, "scratch");
  mkdirSync(scratch);
  writeFileSync(file, "old");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function replace(expected: string, interfere = (_step: string): void => {}) {
  const steps: string[] = [];
  const isReplaced = replaceFile({
    file,
    expected: Buffer.from(expected),
    next: Buffer.from("new"),
    scratch,
    onStep: (step) => {
      steps.push(step);
      interfere(step);
    },
  });
  return { isReplaced, steps };
}

it("replaces what is as expected, with its mode, and leaves nothing else", () => {
  chmodSync(file, 0o640);
  expect(replace("old").isReplaced).toBe(true);
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect([readdirSync(folder).toSorted(), readdirSync(scratch)]).toEqual([
    ["rfc.md", "scratch"],
    [],
  ]);
});

it("does not replace anything else, not even for a moment", () => {
  const { ino } = statSync(file);
  expect(replace("else")).toEqual({ isReplaced: false, steps: ["copy-written"] });
  expect([readFileSync(file, "utf8"), statSync(file).ino]).toEqual(["old", ino]);
  expect(readdirSync(scratch)).toEqual([]);
});

it("clears up when it fails", () => {
  const fails = (step: string): void => {
    if (step === "copy-verified") throw new Error("disk gone");
  };
  expect(() => replace("old", fails)).toThrow("disk gone");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect([readdirSync(folder).toSorted(), readdirSync(scratch)]).toEqual([
    ["rfc.md", "scratch"],
    [],
  ]);
});

it("works beside the file where the scratch folder is of no use", () => {
  rmSync(scratch, { recursive: true });
  const seen: string[][] = [];
  expect(replace("old", () => seen.push(readdirSync(folder))).isReplaced).toBe(true);
  expect(seen[0]).toHaveLength(3);
  expect(readdirSync(folder)).toEqual(["rfc.md"]);
});

it("what is left of a crash is deleted, what another process is at and what is no such file is not", () => {
  const own = passingName("new");
  const another = own.replace(`-${process.pid}-`, `-${process.ppid}-`);
  // Larger than any id that Linux or macOS gives.
  const dead = own.replace(`-${process.pid}-`, "-99999999-");
  for (const name of [own, another, dead, ".redline-notes.md"])
    writeFileSync(join(scratch, name), "");
  removeLeftPassingFiles(scratch);
  expect(readdirSync(scratch).toSorted()).toEqual([another, ".redline-notes.md"].toSorted());
  expect(() => {
    removeLeftPassingFiles(join(folder, "none"));
  }).not.toThrow();
});
