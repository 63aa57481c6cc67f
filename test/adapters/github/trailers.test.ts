import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trailerValues } from "../../../adapters/github/trailers.ts";
import { GitRepository } from "../../support/git-repository.ts";

const KEY = "Redline-Change";

/** What Git itself finds in each of the messages. */
async function asGit(messages: readonly string[]): Promise<string[][]> {
  await using repository = await GitRepository.create({ "a.md": "A\n" });
  const tree = await repository.git("rev-parse", "HEAD^{tree}");
  const found: string[][] = [];
  for (const message of messages) {
    const args = ["commit-tree", tree, "-F", "-"];
    const sha = (await repository.gitBytes(args, { input: message })).toString().trim();
    const format = `%x00%(trailers:key=${KEY},valueonly,unfold)%x00`;
    const output = await repository.git("log", "-1", `--format=${format}`, sha);
    const values = output.split("\0")[1] ?? "";
    found.push(values.split("\n").filter((value) => value !== ""));
  }
  return found;
}

const ours = (message: string): string[] => trailerValues(message, KEY).filter((one) => one !== "");

describe("the trailers of a message", () => {
  it.each<[string, string, string[]]>([
    ["the last paragraph", "T\n\nRedline-Change: c1\nCo-authored-by: A <a@b>\n", ["c1"]],
    ["several, in any case", "T\n\nRedline-Change: c1\nredline-CHANGE:c2\n", ["c1", "c2"]],
    ["the title alone", "Redline-Change: c1\n", []],
    ["the middle of a text", "T\n\nRedline-Change: c1\n\nThe end.\n", []],
    ["a paragraph with other lines", "T\n\nRedline-Change: c1\nand more\n", []],
    ["one with a signature", "T\n\nRedline-Change: c1\nmore\nSigned-off-by: A <a@b>\n", ["c1"]],
    ["folded values", "T\n\nRedline-Change: c1\n  and more\n", ["c1 and more"]],
    ["comments and blank lines below", "T\n\nRedline-Change: c1\n\n# said\n\n", ["c1"]],
  ])("are found in %s", async (_, message, values) => {
    expect(ours(message)).toEqual(values);
    expect(await asGit([message])).toEqual([values]);
  });

  it("are those that Git finds, in messages of every shape", async () => {
    const line = fc.constantFrom(
      ...["", "", " ", "Words.", "Redline-Change: c1", "redline-change : c2", "  folded", "\tx"],
      ...["Co-authored-by: A <a@b>", "Signed-off-by: A <a@b>", "# comment", "Redline-Change:"],
      ...["(cherry picked from commit abc)", "---", "Conflicts:", "Two words: x", ": x", " Key: x"],
    );
    const message = fc
      .array(line, { minLength: 1, maxLength: 10 })
      .map((lines) => ["Title", ...lines, ""].join("\n"));
    const messages = fc.sample(message, 300);
    const expected = await asGit(messages);
    for (const [at, text] of messages.entries()) {
      expect({ text, values: ours(text) }).toEqual({ text, values: expected[at] });
    }
  });
});
