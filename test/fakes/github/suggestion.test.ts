/** The button below a suggestion, held against what Git makes of the same edit. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { GitRepository } from "../../support/git-repository.ts";
import { startFakeGitHub } from "./fake-github.ts";
import type { FakeGitHub, FakeRepository } from "./fake-github.ts";
import { numbered, textOf } from "./octokit-client.ts";
import { suggestionOf } from "./suggestion.ts";

let github: FakeGitHub;
let made = 0;

beforeAll(async () => {
  github = await startFakeGitHub();
});
afterAll(async () => await github.close());

/** A pull request that adds `rfc.md` with this text, so that every line of it is in the diff. */
async function open(text: string): Promise<{ repository: FakeRepository; number: number }> {
  made += 1;
  const files = { "readme.md": "Read\n" };
  const repository = await github.createRepository(`acme/suggestions-${made}`, { files });
  await repository.commit("idea", { "rfc.md": text });
  return { repository, number: await repository.openPull({ head: "idea" }) };
}

const suggest = async (
  { repository, number }: Awaited<ReturnType<typeof open>>,
  startLine: number,
  line: number,
  replacement: readonly string[],
) => {
  const fence = "`".repeat(10);
  const body = [`${fence}suggestion`, ...replacement, fence, "Why."].join("\n");
  const range = startLine < line ? { startLine, line } : { line };
  return await repository.commentOnLines(number, "bot", { path: "rfc.md", ...range, body });
};

/** The text that Git makes of the replacement of whole lines. */
async function patched(text: string, start: number, end: number, replacement: readonly string[]) {
  await using repository = await GitRepository.create({ "rfc.md": text });
  const ending = text.includes("\r\n") ? "\r\n" : "\n";
  const old = text.split(ending).slice(start - 1, end);
  const header = `@@ -${start},${old.length} +${start - (replacement.length === 0 ? 1 : 0)},${replacement.length} @@`;
  const lines = [
    ...old.map((line) => `-${line}${ending}`),
    ...replacement.map((line) => `+${line}${ending}`),
  ];
  const patch = `--- a/rfc.md\n+++ b/rfc.md\n${header}\n${lines.join("")}`;
  await repository.gitBytes(["apply", "--unidiff-zero", "-"], { input: patch });
  return await repository.readWorking("rfc.md");
}

const word = fc.constantFrom(
  "",
  "Text",
  "- item",
  "# Title",
  "```",
  "日本語",
  "\tcode",
  "a  ",
  "> x",
);

describe("a suggestion that a maintainer applies", () => {
  it("gives the text that Git gives", async () => {
    const edits = fc.record({
      lines: fc.array(word, { minLength: 2, maxLength: 8 }),
      replacement: fc.array(word, { maxLength: 4 }),
      range: fc.tuple(fc.nat(7), fc.nat(7)),
      ending: fc.constantFrom("\n", "\r\n"),
    });
    await fc.assert(
      fc.asyncProperty(edits, async ({ lines, replacement, range, ending }) => {
        const text = lines.map((line) => line + ending).join("");
        const [a, b] = range.map((at) => (at % lines.length) + 1) as [number, number];
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        // A button that changes nothing is not offered.
        fc.pre(lines.slice(start - 1, end).join("\n") !== replacement.join("\n"));
        const pull = await open(text);
        const comment = await suggest(pull, start, end, replacement);
        await pull.repository.applySuggestion(comment.id, "maintainer");
        const expected = await patched(text, start, end, replacement);
        expect(await pull.repository.read("rfc.md", "idea")).toBe(expected);
      }),
      { numRuns: 12 },
    );
  });

  it("is one commit of that person, with credit, verified, and resolves the conversation", async () => {
    const pull = await open(textOf(numbered(5)));
    const comment = await suggest(pull, 2, 2, ["Line two"]);
    const sha = await pull.repository.applySuggestion(comment.id, "maintainer");
    expect(await pull.repository.git("log", "-1", "--format=%an|%cn|%B", "idea")).toMatch(
      /^maintainer\|GitHub\|Update rfc\.md\n\nCo-authored-by: bot <\d+\+bot@users\.noreply\.github\.com>$/,
    );
    expect(await pull.repository.tip("idea")).toBe(sha);
    expect(pull.repository.isVerified(sha)).toBe(true);
    expect(pull.repository.thread(comment.id)).toMatchObject({ isResolved: true });
  });

  it("writes CRLF in a file that has any", async () => {
    const pull = await open("One\r\nTwo\nThree\r\n");
    const comment = await suggest(pull, 2, 2, ["2a", "2b"]);
    await pull.repository.applySuggestion(comment.id, "maintainer");
    expect(await pull.repository.read("rfc.md", "idea")).toBe("One\r\n2a\r\n2b\r\nThree\r\n");
  });

  it.each([
    [
      "outdated",
      async ({ repository }: Pull) => {
        await repository.commit("idea", { "rfc.md": "All\nelse\n" });
      },
    ],
    ["resolved", async ({ repository }: Pull, id: number) => repository.resolveThread(id, "bot")],
    ["open", async ({ repository, number }: Pull) => repository.closePull(number, "bot")],
  ])("cannot be applied where the button is missing: %s", async (reason, spoil) => {
    const pull = await open(textOf(numbered(5)));
    const comment = await suggest(pull, 2, 3, ["Line two"]);
    await spoil(pull, comment.id);
    const applying = pull.repository.applySuggestion(comment.id, "maintainer");
    await expect(applying).rejects.toThrow(reason);
  });

  it("is the first block of its kind, as CommonMark reads it", () => {
    expect(suggestionOf("a\n\n~~~suggestion\n```\nx\n~~~\n\n```suggestion\nb\n```")).toBe(
      "```\nx\n",
    );
    expect(suggestionOf("```suggestion\n```")).toBe("");
    expect(suggestionOf("```suggestion\n\n```")).toBe("\n");
    expect(suggestionOf("`suggestion`\n\n    suggestion")).toBeNull();
  });
});

type Pull = Awaited<ReturnType<typeof open>>;
