import { describe, expect, test } from "vitest";
import { closedBody, diffBody, suggestionBody } from "../../src/reviews/comment-body.ts";
import type { DiffComment, Ending, WhyDiff } from "../../src/reviews/comment-body.ts";
import { parseMarker } from "../../src/reviews/comment-marker.ts";
import { mapSuggestion } from "../../src/reviews/map-suggestion.ts";
import { proposalDiff } from "../../src/reviews/proposal-diff.ts";
import { nodesOf, suggestionsIn } from "./read-comment.ts";

const marker = {
  kind: "change",
  changeId: "7f3a1c9e-0000-4000-8000-000000000001",
  revision: 2,
} as const;
const MARKED = "<!-- redline:change 7f3a1c9e-0000-4000-8000-000000000001 2 -->";
const discussed = { label: "the conversation", url: "https://redline.example.org/t/1" };
const FOOT = `Change 12, discussed in [the conversation](https://redline.example.org/t/1).\n\n${MARKED}`;
const common = { changeNumber: 12, reason: "Because @a.", discussed, marker };

describe("suggestionBody", () => {
  test("has the block first, then the reason, the way back and the marker", () => {
    expect(suggestionBody({ ...common, lines: ["a", "````", ""] })).toBe(
      `\`\`\`\`\`suggestion\na\n\`\`\`\`\n\n\`\`\`\`\`\n\nBecause @&#8203;a.\n\n${FOOT}`,
    );
    expect(suggestionBody({ ...common, lines: [], reason: " " })).toBe(
      `\`\`\`suggestion\n\`\`\`\n\n${FOOT}`,
    );
  });

  test("keeps within the limit, whatever the reason, and says so", () => {
    const mapping = mapSuggestion(
      "a\n",
      { start: 0, end: 1, replacement: "x".repeat(55_900) },
      "whole file",
    );
    if (mapping.kind !== "suggestion") throw new Error(mapping.kind);
    const long = {
      label: "@a".repeat(100),
      url: `https://redline.example.org/${"t".repeat(1970)}`,
    };
    for (const reason of [
      "word ".repeat(50_000),
      "@a\n".repeat(50_000),
      "```\n<b>\n".repeat(9000),
      "é".repeat(70_000),
    ]) {
      for (const link of [discussed, long]) {
        const body = suggestionBody({ ...common, discussed: link, lines: mapping.lines, reason });
        expect(body.length).toBeLessThanOrEqual(65_536);
        expect(body).toContain("The rest of this reason is in [");
        expect(suggestionsIn(body)).toEqual([`${mapping.lines[0]}\n`]);
        expect(parseMarker(body)).toEqual(marker);
      }
    }
    const short = suggestionBody({ ...common, lines: ["a"], reason: "one two ".repeat(9000) });
    expect(short.length).toBeGreaterThan(65_000);
    expect(short).toMatch(/(one|two)\n\n\*The rest/);
  });
});

const diff: DiffComment = {
  ...common,
  diff: [" a", "-b", "+c"],
  why: "outside_diff",
  section: ["Design", "Open *questions*"],
  lines: { startLine: 3, line: 4, url: "https://github.com/o/r/blob/abc/rfc.md?plain=1#L3-L4" },
};

describe("diffBody", () => {
  test("shows the whole proposal, where it belongs and why it is no suggestion", () => {
    expect(diffBody(diff)).toBe(
      "**Change 12**, in Design › Open \\*questions\\*, " +
        "[lines 3–4](https://github.com/o/r/blob/abc/rfc.md?plain=1#L3-L4)\n\n" +
        "```diff\n a\n-b\n+c\n```\n\n" +
        "It cannot be a suggestion here because its lines are not in the diff of this pull request.\n\n" +
        `Because @&#8203;a.\n\n${FOOT}`,
    );
    expect(diffBody({ ...diff, section: [], lines: null })).toMatch(
      /^\*\*Change 12\*\*\n\n```diff/,
    );
    expect(diffBody({ ...diff, lines: { ...diff.lines!, startLine: null } })).toContain(
      "[line 4](",
    );
  });

  test("names the change that it is in conflict with", () => {
    const url = "https://github.com/o/r/pull/1#discussion_r2";
    expect(diffBody({ ...diff, why: { conflictsWith: { number: 9, url } } })).toContain(
      `It is in conflict with [change 9](${url}): only one of them can be taken as it is.`,
    );
    expect(diffBody({ ...diff, why: { conflictsWith: { number: 9, url: null } } })).toContain(
      "in conflict with change 9:",
    );
  });

  test("has a plain clause for every reason", () => {
    const reasons: WhyDiff[] = [
      ...(["final_newline", "empty_file", "outside_diff", "across_hunks"] as const),
      ...(["mixed_line_endings", "characters", "too_long", "refused"] as const),
    ];
    const clauses = reasons.map((why) => /because (.*)\.$/m.exec(diffBody({ ...diff, why }))?.[1]);
    expect(new Set(clauses).size).toBe(reasons.length);
    expect(clauses).not.toContain(undefined);
  });

  test("keeps within the limit, and counts the lines left out", () => {
    const long = Array.from({ length: 9000 }, (_, n) => `+line ${n}`);
    for (const lines of [
      long,
      ["-a", `+${"`".repeat(30_000)}`, "+b"],
      [`+${"x".repeat(80_000)}`],
    ]) {
      const section = Array.from({ length: 900 }, () => "@section".repeat(20));
      const body = diffBody({ ...diff, diff: lines, section, reason: "why ".repeat(30_000) });
      expect(body.length).toBeLessThanOrEqual(65_536);
      expect(body).toMatch(/\*\d+ more lines? of it in \[the conversation\]/);
      expect(parseMarker(body)).toEqual(marker);
      const [block] = nodesOf(body).filter(({ type }) => type === "code_block");
      const kept = (block?.literal ?? "").split("\n").length - 1;
      const left = Number(/\*(\d+) more/.exec(body)![1]);
      expect(kept + left).toBe(lines.length);
    }
  });
});

describe("closedBody", () => {
  const closed = (ending: Ending): string => {
    const body = closedBody({ ...common, ending, diff: ["-b", "+c"] });
    expect(suggestionsIn(body)).toEqual([]);
    expect(parseMarker(body)).toEqual(marker);
    expect(body).toContain("```diff\n-b\n+c\n```");
    return body;
  };

  test("says how it ended", () => {
    const commit = { sha: "abc1234def", url: "https://github.com/o/r/commit/abc1234def" };
    expect(closed({ kind: "accepted", by: "Ann_B", commit })).toMatch(
      /^\*\*Change 12\*\* was accepted by Ann\\_B in commit \[abc1234\]\(https:.*\)\.\n/,
    );
    expect(closed({ kind: "accepted", by: "", commit: { ...commit, url: null } })).toMatch(
      /was accepted by someone in commit abc1234\.\n/,
    );
    expect(closed({ kind: "declined", by: "Ann", reason: "No.\n\n@b" })).toMatch(
      /^\*\*Change 12\*\* was declined by Ann:\n\n> No\.\n> \n> @&#8203;b\n\n/,
    );
    expect(closed({ kind: "declined", by: "Ann", reason: null })).toMatch(
      /was declined by Ann\.\n/,
    );
    expect(closed({ kind: "withdrawn", why: "the pull request was merged" })).toMatch(
      /was withdrawn: the pull request was merged\.\n/,
    );
    expect(closed({ kind: "replaced", url: "https://github.com/o/r/pull/1#x" })).toMatch(
      /is shown by \[a newer comment\]\(https:.*\)\.\n/,
    );
    expect(closed({ kind: "replaced", url: null })).toMatch(/is shown by a newer comment\.\n/);
    expect(closed({ kind: "stale" })).toMatch(/is not located any more: .* It stays pending/);
  });

  test("keeps within the limit", () => {
    const reason = "```suggestion\n\n".repeat(9000);
    const diffLines = Array.from({ length: 9000 }, () => "+a line");
    const body = closedBody({
      ...common,
      reason,
      diff: diffLines,
      ending: { kind: "declined", by: "<".repeat(9000), reason },
    });
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(suggestionsIn(body)).toEqual([]);
    expect(parseMarker(body)).toEqual(marker);
  });
});

describe("proposalDiff", () => {
  const diffOf = (head: string, from: string, to: string): string[] => {
    const start = head.indexOf(from);
    return proposalDiff(head, { start, end: start + from.length, replacement: to });
  };

  test("shows removed and added lines among three others", () => {
    expect(diffOf("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "5", "five\nand a half")).toEqual([
      " 2",
      " 3",
      " 4",
      "-5",
      "+five",
      "+and a half",
      " 6",
      " 7",
      " 8",
    ]);
    expect(diffOf("1\n2\n", "2\n", "")).toEqual([" 1", "-2"]);
    expect(diffOf("", "", "a\n")).toEqual(["+a"]);
    expect(diffOf("a\n", "a", "a")).toEqual([]);
  });

  test("shows what cannot be seen", () => {
    expect(diffOf("a\nb", "b", "b\n")).toEqual([" a", "-b", "\\ No newline at end of file", "+b"]);
    expect(diffOf("a\r\nb\r\n", "b", "c")).toEqual([" a", "-b", "+c"]);
    expect(diffOf("a\r\nb\n", "b\n", "b\r\n")).toEqual([" a", "-b", "+b<U+000D>"]);
    expect(diffOf("a\n", "a", "a\u202E\0\u2028b\uD800")).toEqual([
      "-a",
      "+a<U+202E><U+0000><U+2028>b\uFFFD",
    ]);
  });
});
