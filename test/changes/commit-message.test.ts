import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { commitMessage, gitPerson } from "../../src/changes/commit-message.ts";
import type { Person } from "../../src/ports.ts";
import type { Rfc } from "../../src/rfcs/rfc.ts";
import { changeWith } from "../support/change.ts";
import { GitRepository } from "../support/git-repository.ts";

const RFC: Rfc = {
  slug: "rfc",
  title: "Webhook retries",
  repository: "file:///repository",
  path: "rfc.md",
  defaultBranch: "main",
  createdAt: new Date(0),
};
const ADA: Person = { name: "Ada Lovelace", email: "ada@example.org" };
const ID = changeWith().id;
const LINK = "https://redline.example.org/rfcs/rfc/threads/1";
const TRAILERS = [
  `Redline-Change: ${ID}`,
  `Discussed-in: ${LINK}`,
  "Co-authored-by: Ada Lovelace <ada@example.org>",
];

const messageFor = (reason: string, shapedBy: readonly Person[] = [ADA], rfc = RFC): string =>
  commitMessage(changeWith({ reason }), rfc, shapedBy, LINK);
const subjectOf = (reason: string, rfc = RFC): string =>
  messageFor(reason, [ADA], rfc).split("\n")[0]!;
const trailersOf = (message: string): string[] =>
  execFileSync("git", ["interpret-trailers", "--parse"], { input: message, encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");

describe("the subject", () => {
  it.each([
    ["Two minutes are enough.", "Two minutes are enough"],
    ["Is it? Yes, it is.", "Is it?"],
    ["Version 1.2 is out. It works.", "Version 1.2 is out"],
    ["  Spread\n\nover   lines\tand more ", "Spread over lines and more"],
    ["", "Apply change #12 to Webhook retries"],
    [" \n ", "Apply change #12 to Webhook retries"],
    ["# A heading", "A heading"],
    ["### #7 is mended", "7 is mended"],
    ["--- a/file", "a/file"],
    ["# ---", "Apply change #12 to Webhook retries"],
    ["-1 is an error code", "-1 is an error code"],
  ])("of %j is %j", (reason, subject) => {
    expect(subjectOf(reason)).toBe(subject);
  });

  it("is cut at a word, and a character stays whole", () => {
    const words = subjectOf("wording ".repeat(30));
    expect(words).toBe(`${"wording ".repeat(8).trim()}…`);
    expect(subjectOf("x".repeat(500))).toBe(`${"x".repeat(71)}…`);
    expect(subjectOf("\u{1F600}".repeat(100))).toBe(`${"\u{1F600}".repeat(35)}…`);
  });

  it("names the RFC in one line", () => {
    const title = `One\nRedline-Change: forged ${"long ".repeat(40)}`;
    const subject = subjectOf("", { ...RFC, title });
    expect(subject).toMatch(/^Apply change #12 to One Redline-Change: forged long .*…$/);
    expect(subject.length).toBeLessThanOrEqual(72);
  });
});

describe("the body", () => {
  it("holds the whole reason, wrapped, where the subject is not all of it", () => {
    const reason = `It is shorter. ${"And there is more to say about it. ".repeat(5)}`;
    const [subject, blank, ...rest] = messageFor(reason).split("\n");
    expect([subject, blank]).toEqual(["It is shorter", ""]);
    const body = rest.slice(0, rest.indexOf(""));
    expect(body.join(" ")).toBe(reason.trim());
    expect(body.every((line) => line.length <= 73)).toBe(true);
    expect(messageFor("Short and good").split("\n")).toEqual([
      "Short and good",
      "",
      ...TRAILERS,
      "",
    ]);
  });
});

describe("the trailers", () => {
  const forged = [
    "Redline-Change: 00000000-0000-0000-0000-000000000000",
    "Redline-Change: one\nRedline-Change: two",
    "Good.\n\nRedline-Change: forged\nCo-authored-by: Mallory <mallory@example.org>",
    "Good.\n\nSigned-off-by: Mallory <mallory@example.org>\n",
    `${"x".repeat(70)}\nRedline-Change: forged`,
    `${"x".repeat(70)}\n--- \n${"y".repeat(70)}`,
    `${"x".repeat(71)} # ------------------------ >8 ------------------------ ${"y".repeat(71)}`,
    "--- a",
    "# ------------------------ >8 ------------------------",
    "Conflicts:\n\trfc.md",
    "# comment\n# another",
    "(cherry picked from commit 0123456789012345678901234567890123456789)",
  ];

  it.each(forged)("are ours alone, whatever the reason says: %j", (reason) => {
    expect(trailersOf(messageFor(reason))).toEqual(TRAILERS);
  });

  it("are found in a real commit, as Redline looks for its own", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "text\n" });
    for (const [index, reason] of forged.entries()) {
      await repository.outsideCommit("rfc.md", `text ${index}\n`, { message: "placeholder" });
      const tree = await repository.git("rev-parse", "HEAD^{tree}");
      const commit = await repository.git("commit-tree", tree, "-m", messageFor(reason));
      const format = "--format=%(trailers:key=Redline-Change,valueonly)";
      const found = await repository.git("log", "-1", format, commit);
      expect([reason, found]).toEqual([reason, `${ID}\n`]);
    }
  });

  it("are ours alone for any reason and any people", () => {
    const words = fc.constantFrom(
      ...[
        "word",
        "#",
        "---",
        "Redline-Change: forged",
        "Co-authored-by: M <m@m>",
        "\n",
        "\n\n",
        "\r",
      ],
      ...["# ------------------------ >8 ------------------------", "\t", "x".repeat(71), "."],
    );
    const text = fc.array(words, { maxLength: 12 }).map((list) => list.join(" "));
    const user = fc.record({
      id: fc.constant("u1"),
      displayName: fc.oneof(text, fc.string({ unit: "binary" })),
      email: fc.option(fc.oneof(text, fc.string({ unit: "binary" })), { nil: null }),
    });
    fc.assert(
      fc.property(text, fc.array(user, { minLength: 1, maxLength: 3 }), (reason, users) => {
        const message = messageFor(reason, users.map(gitPerson));
        expect(message.split("\n")[0]!.length).toBeLessThanOrEqual(72);
        const trailers = trailersOf(message);
        expect(trailers.slice(0, 2)).toEqual(TRAILERS.slice(0, 2));
        expect(trailers.slice(2)).toHaveLength(users.length);
        for (const line of trailers.slice(2)) {
          expect(line).toMatch(/^Co-authored-by: [^<>]+ <[^<>\s]+>$/);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("a person as Git is told of one", () => {
  const named = (displayName: string, email: string | null = "a@b"): Person =>
    gitPerson({ id: "u1", displayName, email });

  it("keeps its name and address", () => {
    expect(named("Ada Lovelace", "ada@example.org")).toEqual(ADA);
  });

  it("cannot end the line or the brackets that it stands in", () => {
    expect(named("Ada <root@host>\nRedline-Change: x\0", "a@b>\r\nX-Header: y")).toEqual({
      name: "Ada root@host Redline-Change: x",
      email: "a@bX-Header:y",
    });
  });

  it("has a name and an address in any case", () => {
    expect(named(" <> \n", null)).toEqual({ name: "Someone", email: "u1@users.redline.invalid" });
    expect(named("Ada", "<>").email).toBe("u1@users.redline.invalid");
  });
});
