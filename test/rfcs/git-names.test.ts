import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { assertDocumentPath, isBranchName, isDocumentPath } from "../../src/rfcs/git-names.ts";

describe("a branch's name", () => {
  it("is valid exactly where Git says so", () => {
    const pieces = fc.constantFrom(
      ..."a é / // . .. .lock lock @ @{ { ~ ^ : ? * [ ] \\ - -- HEAD \u007f \u0080 ' $".split(" "),
      " ",
      "\t",
    );
    const names = fc.array(pieces, { maxLength: 5 }).map((parts) => parts.join(""));
    const everyName = fc.uniqueArray(names, { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(everyName, (batch) => {
        // `--branch` would expand `@{-1}`; a plain `--` is not taken by this command.
        const script = 'for n; do git check-ref-format "refs/heads/$n" && echo y || echo n; done';
        const git = spawnSync("/bin/sh", ["-c", script, "sh", ...batch], { encoding: "utf8" });
        const answers = git.stdout.trim().split("\n");
        batch.forEach((name, at) => {
          const isPlain = !name.startsWith("-") && name !== "HEAD";
          expect([name, isBranchName(name)]).toEqual([name, isPlain && answers[at] === "y"]);
        });
      }),
      { numRuns: 4 },
    );
  });
});

describe("a document's path", () => {
  it.each(["rfc.md", "docs/rfc.md", "a b/ü.md", ".github/rfc.md", "a/..b", "*.md", ":(top)x"])(
    "may be %s",
    (path) => {
      expect(isDocumentPath(path)).toBe(true);
    },
  );

  it.each([
    "",
    "/etc/passwd",
    "../rfc.md",
    "docs/../../rfc.md",
    "./rfc.md",
    "docs//rfc.md",
    "docs/",
    "-rfc.md",
    ".git/config",
    "docs/.GIT/config",
    "a\0b",
  ])("may not be %j", (path) => {
    expect(() => assertDocumentPath(path)).toThrow(UserError);
  });
});
