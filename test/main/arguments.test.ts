import { describe, expect, it } from "vitest";

import { readArguments, USAGE } from "../../src/main/arguments.ts";

describe("the command line", () => {
  it.each<[string, object]>([
    ["", { name: "help" }],
    ["--help", { name: "help" }],
    ["start -h", { name: "help" }],
    ["start", { name: "start", path: null }],
    ["start docs/rfc.md", { name: "start", path: "docs/rfc.md" }],
    ["start -- --odd.md", { name: "start", path: "--odd.md" }],
    ["migrate", { name: "migrate" }],
    ["doctor", { name: "doctor" }],
    ["check", { name: "check", commits: false, json: false }],
    ["check --json --commits", { name: "check", commits: true, json: true }],
    ["backup a.backup", { name: "backup", path: "a.backup" }],
    ["restore -", { name: "restore", path: "-" }],
    ["retention", { name: "retention", change: null }],
    [
      "retention set slack T1 90",
      {
        name: "retention",
        change: { workspace: { platform: "slack", workspaceId: "T1" }, days: 90, yes: false },
      },
    ],
    [
      "retention set discord 12 off",
      {
        name: "retention",
        change: { workspace: { platform: "discord", workspaceId: "12" }, days: null, yes: false },
      },
    ],
    [
      "retention set slack T1 7 --yes",
      {
        name: "retention",
        change: { workspace: { platform: "slack", workspaceId: "T1" }, days: 7, yes: true },
      },
    ],
    [
      "delete-workspace slack T1 --yes",
      {
        name: "delete-workspace",
        workspace: { platform: "slack", workspaceId: "T1" },
        yes: true,
      },
    ],
    ["jobs", { name: "jobs" }],
    ["jobs retry commits c1", { name: "retry job", queue: "commits", id: "c1" }],
    ["setup slack", { name: "setup slack" }],
    ["setup discord", { name: "setup discord", guildId: null }],
    ["setup discord 123456", { name: "setup discord", guildId: "123456" }],
    [
      "repositories allow discord 123456 acme/rfcs",
      {
        name: "repositories",
        change: {
          allowed: true,
          platform: "discord",
          workspaceId: "123456",
          repository: "acme/rfcs",
        },
      },
    ],
    ["transcript sample", { name: "transcript", slug: "sample", json: false }],
    ["transcript --json sample", { name: "transcript", slug: "sample", json: true }],
    ["verify-transcript a.json", { name: "verify-transcript", path: "a.json", hash: null }],
    [
      `verify-transcript a.json ${"0a".repeat(32)}`,
      { name: "verify-transcript", path: "a.json", hash: "0a".repeat(32) },
    ],
    [
      "repositories record committed acme/rfcs",
      { name: "repositories record", mode: "committed", repository: "acme/rfcs" },
    ],
  ])("%s", (line, command) => {
    expect(readArguments(line.split(" ").filter((word) => word !== ""))).toEqual(command);
  });

  it.each([
    "begin",
    "start a.md b.md",
    "start --json",
    "start --port 80",
    "migrate now",
    "doctor --json",
    "doctor --commits",
    "check all",
    "backup",
    "restore a b",
    "retention --yes",
    "retention set slack T1",
    "retention set slack T1 0",
    "retention set slack T1 40000",
    "retention set github acme 9",
    "delete-workspace slack",
    "delete-workspace discord acme",
    "start --yes",
    "jobs list",
    "jobs retry",
    "jobs retry commits",
    "jobs retry commits c1 c2",
    "setup",
    "setup teams",
    "setup slack now",
    "transcript",
    "transcript a b",
    "transcript a --json=yes",
    "verify-transcript",
    "verify-transcript a.json abc",
    "verify-transcript a.json --json",
    "repositories record",
    "repositories record always acme/rfcs",
    "repositories record kept acme/rfcs more",
    "--version",
  ])("%s is none of it", (line) => {
    expect(readArguments(line.split(" "))).toBeNull();
  });

  it("has every command in its usage, in lines that fit a terminal", () => {
    for (const name of ["start", "migrate", "doctor", "jobs", "transcript"]) {
      expect(USAGE).toMatch(new RegExp(`^redline ${name}\\b`, "m"));
    }
    expect(USAGE.split("\n").every((line) => line.length <= 100)).toBe(true);
  });
});
