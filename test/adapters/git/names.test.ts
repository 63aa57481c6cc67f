import { spawnSync } from "node:child_process";
import { sep } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertDocumentPath,
  branchRef,
  folderOf,
  isBranchName,
  isDocumentPath,
  isFileUrl,
} from "../../../adapters/git/names.ts";
import { UserError } from "../../../src/errors.ts";

describe("the address of a repository", () => {
  it.each([
    ["file:///srv/rfcs", "/srv/rfcs"],
    ["file:///srv/rfcs/", "/srv/rfcs"],
    ["file://localhost/srv/rfcs", "/srv/rfcs"],
    ["FILE:///srv/rfcs", "/srv/rfcs"],
    ["file:///srv/my%20rfcs%23%25%3F", "/srv/my rfcs#%?"],
    ["file:///srv/r%C3%A9p%C3%A9toire", "/srv/répétoire"],
    ["file:///srv/../etc", "/etc"],
    ["file:///", "/"],
  ])("%s is %s", (url, folder) => {
    expect(folderOf(url).replaceAll(sep, "/")).toBe(folder);
  });

  it.each([
    "file:srv/rfcs",
    "file:/srv",
    "file://srv/rfcs",
    "file://",
    "file:///srv/a#b",
    "file:///srv/a?b",
    "file:///srv/%zz",
    "file:///srv/a%2Fb",
    "file:///srv/a%00b",
  ])("%s is refused with a word on how to write it", (url) => {
    expect(isFileUrl(url)).toBe(true);
    expect(() => folderOf(url)).toThrow(/file:\/\/\/absolute\/path/);
  });

  it("is not what GitHub's is", () => {
    expect(isFileUrl("owner/name")).toBe(false);
    expect(isFileUrl("https://example.org/owner/name")).toBe(false);
  });
});

describe("a branch's name", () => {
  it("becomes the full name of its ref", () => {
    expect(branchRef("feature/é")).toBe("refs/heads/feature/é");
  });

  it("is refused in words where it can be none", () => {
    expect(() => branchRef("--all")).toThrow(UserError);
  });

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
