import { sep } from "node:path";
import { describe, expect, it } from "vitest";
import { branchRef, folderOf, isFileUrl } from "../../../adapters/git/names.ts";
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
});
