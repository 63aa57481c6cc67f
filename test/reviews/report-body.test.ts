import { describe, expect, test } from "vitest";
import { parseMarker } from "../../src/reviews/comment-marker.ts";
import { answerBody, summaryBody } from "../../src/reviews/report-body.ts";
import type { SummaryItem } from "../../src/reviews/report-body.ts";
import { nodesOf } from "./read-comment.ts";

const answer = { kind: "answer", messageId: "7f3a1c9e-0000-4000-8000-000000000001" } as const;
const summary = { kind: "summary", key: "merged" } as const;
const discussed = { label: "the conversation", url: "https://redline.example.org/t/1" };

describe("answerBody", () => {
  test("has the text, what it proposes, and the way to the conversation", () => {
    const changes = [
      { number: 3, url: "https://github.com/o/r/pull/1#discussion_r2" },
      { number: 4, url: null },
    ];
    expect(answerBody({ text: "Hello @a.\n", changes, discussed, marker: answer })).toBe(
      "Hello @&#8203;a.\n\n" +
        "Proposed: [change 3](https://github.com/o/r/pull/1#discussion_r2), change 4.\n\n" +
        "Discussed in [the conversation](https://redline.example.org/t/1).\n\n" +
        "<!-- redline:answer 7f3a1c9e-0000-4000-8000-000000000001 -->",
    );
    expect(answerBody({ text: " ", changes: [], discussed, marker: answer })).toMatch(
      /^Discussed in/,
    );
  });

  test("ends a long one at a line, and says where the rest is", () => {
    const changes = Array.from({ length: 900 }, (_, number) => ({
      number,
      url: `https://github.com/o/r/pull/1#discussion_r${number}`,
    }));
    const text = `${"A line of text.\n".repeat(2000)}\`\`\`ts\n${"const a = 1;\n".repeat(9000)}`;
    const body = answerBody({ text, changes, discussed, marker: answer });
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body.length).toBeGreaterThan(65_000);
    expect(body).toMatch(
      /const a = 1;\n```\n\n\*The rest of this answer is in \[the conversation\]/,
    );
    expect(body).toMatch(/, \d+ more\.\n\nDiscussed/);
    expect(parseMarker(body)).toEqual(answer);
  });
});

const item = (number: number, over: Partial<SummaryItem> = {}): SummaryItem => ({
  number,
  title: "Say it *plainly*",
  by: "Ann",
  commit: null,
  why: null,
  discussed,
  ...over,
});

describe("summaryBody", () => {
  test("lists what became of every change", () => {
    const commit = { sha: "abc1234def", url: "https://github.com/o/r/commit/abc1234def" };
    const body = summaryBody({
      state: "merged",
      accepted: [item(1, { commit })],
      declined: [item(2, { why: "too long,\nsee #3" })],
      withdrawn: [item(4, { by: null, title: "" })],
      discussed,
      marker: summary,
    });
    const thread = "discussed in [the conversation](https://redline.example.org/t/1)";
    expect(body).toBe(
      [
        "This pull request was merged. What became of the changes that were discussed for it:",
        "",
        "**Accepted**",
        `- Change 1: Say it \\*plainly\\*, by Ann, in commit [abc1234](${commit.url}), ${thread}`,
        "",
        "**Declined**",
        `- Change 2: Say it \\*plainly\\*, by Ann, because: too long, see #&#8203;3, ${thread}`,
        "",
        "**Withdrawn**",
        `- Change 4, ${thread}`,
        "",
        "<!-- redline:summary merged -->",
      ].join("\n"),
    );
    expect(nodesOf(body).filter(({ type }) => type === "item")).toHaveLength(3);
  });

  test("says so when there was nothing, and when there was too much", () => {
    const none = {
      state: "closed",
      accepted: [],
      declined: [],
      withdrawn: [],
      discussed,
      marker: summary,
    } as const;
    expect(summaryBody(none)).toContain("None was proposed.");
    const many = Array.from({ length: 2000 }, (_, number) => item(number));
    const body = summaryBody({ ...none, accepted: many });
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(
      /\n\n\*The rest of this summary is in \[the conversation\].*\*\n\n<!-- redline:summary/,
    );
  });
});
