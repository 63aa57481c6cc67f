import { describe, expect, it } from "vitest";

import type { Change } from "../../src/changes/change.ts";
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { locateEdit } from "../../src/changes/locate.ts";
import type { CommitInfo, DocumentHost } from "../../src/ports.ts";
import { findApplyingCommits } from "../../src/rfcs/applying-commit.ts";
import { changeWith } from "../support/change.ts";

const BASE = new DocumentIndex("One goose.\n\nTwo geese.\n\nThree more geese.\n");
const LOCATION = { repository: "acme/rfcs", path: "rfc.md", branch: "feature" };

const change = (id: string, original: string, proposed: string): Change => {
  const edit = { original, proposed };
  return changeWith({ id, ...edit, placement: locateEdit(BASE, edit) });
};
const ONE = change("one", "One goose", "One swan");
const TWO = change("two", "Two geese", "Two swans");

/** A history, oldest first: of each commit the text that it left, null where it is not about the document. */
async function applying(
  changes: readonly Change[],
  texts: readonly (string | null)[],
  unreadable: readonly number[] = [],
): Promise<{ found: Record<string, string>; read: string[] }> {
  const commits = texts.map((text, index): CommitInfo => ({
    sha: `c${index}`,
    authorName: "Ada",
    subject: "",
    changeIds: [],
    touchesPath: text !== null,
  }));
  const read: string[] = [];
  const host: Pick<DocumentHost, "readAt"> = {
    readAt(_, sha) {
      read.push(sha);
      const index = Number(sha.slice(1));
      return Promise.resolve(unreadable.includes(index) ? null : texts[index]!);
    },
  };
  const of = await findApplyingCommits(host as DocumentHost, LOCATION, BASE, changes, commits);
  return { found: Object.fromEntries([...of].map(([id, { sha }]) => [id, sha])), read };
}
const edited = (...edits: readonly [string, string][]): string =>
  edits.reduce((text, [from, to]) => text.replace(from, to), BASE.text);
const SWAN: [string, string] = ["One goose", "One swan"];
const SWANS: [string, string] = ["Two geese", "Two swans"];

describe("the commit that applied a change", () => {
  it("is the only one that touched the document, which is not read for it", async () => {
    expect(await applying([ONE, TWO], [null, edited(SWAN, SWANS), null])).toEqual({
      found: { one: "c1", two: "c1" },
      read: [],
    });
  });

  it("is for each change the first after which the document reads so", async () => {
    const texts = [edited(SWANS), null, edited(SWAN, SWANS), edited(SWAN, SWANS, ["more", "most"])];
    expect(await applying([ONE, TWO], texts)).toEqual({
      found: { two: "c0", one: "c2" },
      read: ["c0", "c2"],
    });
  });

  it("is the last one where none of those before is", async () => {
    const texts = [edited(["more", "many"]), edited(["more", "most"]), edited(SWAN)];
    expect((await applying([ONE], texts)).found).toEqual({ one: "c2" });
  });

  it("is found among what can be read", async () => {
    const texts = [edited(SWAN), edited(SWAN, SWANS), edited(SWAN, SWANS, ["more", "most"])];
    expect((await applying([ONE, TWO], texts, [0])).found).toEqual({ one: "c1", two: "c1" });
  });

  it("is nobody's where no commit touched the document", async () => {
    expect(await applying([ONE], [])).toEqual({ found: {}, read: [] });
    expect(await applying([ONE], [null, null])).toEqual({ found: {}, read: [] });
  });

  it("is looked for along a way that is not too long", async () => {
    const way = (length: number): string[] =>
      Array.from({ length }, (_, n) => edited(SWAN, ["more", `${n} more`]));
    expect(await applying([ONE], way(20))).toEqual({ found: { one: "c0" }, read: ["c0"] });
    expect(await applying([ONE], way(21))).toEqual({ found: { one: "c20" }, read: [] });
  });
});
