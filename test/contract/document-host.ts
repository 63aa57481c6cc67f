/**
 * What every `DocumentHost` does, whatever is behind it. An adapter's test calls `describeDocumentHost` with
 * a harness that can make documents and act as somebody else on the same host.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import type { CommitRequest, DocumentHost, DocumentLocation, Person } from "../../src/ports.ts";

export interface DocumentHostHarness {
  host: DocumentHost;
  /** Makes a repository with these files on one branch; `path` is the document among them. */
  create(files: Record<string, string | Uint8Array>, path: string): Promise<HostedDocument>;
  /** The address of a repository of this host that does not exist. */
  missingRepository: string;
  /** False where the host commits in a name of its own, whoever the author is; default true. */
  keepsAuthor?: boolean;
  dispose?(): Promise<void>;
}

/** A document on the host, and what somebody else may do there. */
export interface HostedDocument {
  location: DocumentLocation;
  /** Commits a file on the branch from outside; null deletes it. Returns the sha. */
  outsideCommit(path: string, content: string | Uint8Array | null): Promise<string>;
  /** A commit as the host has it. */
  readCommit(sha: string): Promise<StoredCommit>;
  /** The bytes of a file in a commit. */
  readFile(sha: string, path: string): Promise<Buffer>;
}

export interface StoredCommit {
  parents: string[];
  author: Person;
  message: string;
  /** Paths in which it differs from its parent. */
  changedPaths: string[];
}

const author: Person = { name: "Ada Author", email: "ada@example.org" };
const BOM = "\u{feff}";

export function describeDocumentHost(
  name: string,
  start: () => Promise<DocumentHostHarness> | DocumentHostHarness,
): void {
  describe(`the document host ${name}`, () => {
    let harness: DocumentHostHarness;
    beforeAll(async () => {
      harness = await start();
    });
    afterAll(async () => {
      await harness.dispose?.();
    });

    const make = async (body: string | Uint8Array = "One\nTwo\n"): Promise<HostedDocument> =>
      await harness.create({ "docs/rfc.md": body, "other.md": "Other\n" }, "docs/rfc.md");

    const commit = async (
      { location }: HostedDocument,
      newBody: string,
      more: Partial<CommitRequest> = {},
    ) => {
      const base = await harness.host.read(location);
      const message = "Change it\n";
      return await harness.host.commit({ location, base, newBody, message, author, ...more });
    };

    it("serves its own repositories alone", async () => {
      const { location } = await make();
      expect(harness.host.serves(location.repository)).toBe(true);
      expect(harness.host.serves("ftp://example.org/repository")).toBe(false);
    });

    describe("reading", () => {
      it("tells the tips of branches, and null for one that does not exist", async () => {
        const document = await make();
        const { repository, branch } = document.location;
        const sha = await document.outsideCommit("docs/rfc.md", "New\n");
        const tips = await harness.host.tips(repository, [branch, "no-such-branch", "not..valid"]);
        expect([...tips]).toEqual([
          [branch, sha],
          ["no-such-branch", null],
          ["not..valid", null],
        ]);
      });

      it.each([
        ["CRLF and no line feed at the end", "One\r\nTwo\nThree"],
        ["a byte order mark", `${BOM}One\n`],
        ["an empty file", ""],
        ["characters of every length", "aé€😀\u0301\n"],
      ])("gives the exact text: %s", async (_, body) => {
        const { location } = await make(body);
        expect((await harness.host.read(location)).body).toBe(body);
      });

      it("notices a commit from outside at once", async () => {
        const document = await make();
        const before = await harness.host.read(document.location);
        const sha = await document.outsideCommit("docs/rfc.md", "Outside\n");
        const after = await harness.host.read(document.location);
        expect(after).toMatchObject({ headSha: sha, body: "Outside\n" });
        expect(after.blobSha).not.toBe(before.blobSha);
      });

      it("keeps the blob's sha when a commit touches other files only", async () => {
        const document = await make();
        const before = await harness.host.read(document.location);
        const sha = await document.outsideCommit("other.md", "Changed\n");
        expect(await harness.host.read(document.location)).toEqual({ ...before, headSha: sha });
      });

      it.each<[string, Partial<DocumentLocation>, RegExp]>([
        ["a path that is not there", { path: "docs/none.md" }, /^document-unreadable: .*none\.md/],
        ["a folder", { path: "docs" }, /^document-unreadable: .*folder/],
        ["a path that leads out", { path: "../rfc.md" }, /^document-unreadable: .*rfc\.md/],
        ["a branch that is not there", { branch: "gone" }, /^repository-unavailable: .*gone/],
        ["a name no branch can have", { branch: "a..b" }, /^repository-unavailable: .*a\.\.b/],
      ])("refuses %s in one sentence", async (_, change, problem) => {
        const { location } = await make();
        expect(await problemOf(harness.host.read({ ...location, ...change }))).toMatch(problem);
      });

      it("refuses a repository that does not exist", async () => {
        const { location } = await make();
        const { missingRepository: repository } = harness;
        const { host } = harness;
        const problem = /^repository-unavailable: /;
        expect(await problemOf(host.read({ ...location, repository }))).toMatch(problem);
        expect(await problemOf(host.tips(repository, [location.branch]))).toMatch(problem);
      });

      it.each<[string, Uint8Array, RegExp]>([
        ["Latin-1", Buffer.from("caf\u00e9\n", "latin1"), /^document-unreadable: .*UTF-8/],
        ["half a character", Buffer.from([0xe2, 0x82]), /^document-unreadable: .*UTF-8/],
        ["NUL bytes", Buffer.from("a\0b\n"), /^document-unreadable: .*NUL/],
        ["more than 1 MiB", Buffer.alloc(1024 * 1024 + 1, "x"), /^too-large: .*1048577 bytes/],
      ])("refuses a document with %s", async (_, content, problem) => {
        const { location } = await make(content);
        expect(await problemOf(harness.host.read(location))).toMatch(problem);
      });

      it("takes a document of exactly 1 MiB", async () => {
        const { location } = await make(Buffer.alloc(1024 * 1024, "x"));
        expect((await harness.host.read(location)).body).toHaveLength(1024 * 1024);
      });
    });

    describe("reading at a commit", () => {
      it("gives the exact text that an older commit has", async () => {
        const document = await make(`${BOM}One\r\n`);
        const { headSha } = await harness.host.read(document.location);
        const later = await document.outsideCommit("docs/rfc.md", "Later\n");
        const { host } = harness;
        expect(await host.readAt(document.location, headSha)).toBe(`${BOM}One\r\n`);
        expect(await host.readAt(document.location, later)).toBe("Later\n");
      });

      it("gives null where the commit, or the file in it, cannot be read", async () => {
        const document = await make();
        const { location } = document;
        const { headSha } = await harness.host.read(location);
        const gone = "0123456789".repeat(7).slice(0, headSha.length);
        const deleted = await document.outsideCommit("docs/rfc.md", null);
        const binary = await document.outsideCommit("docs/rfc.md", Buffer.from("a\0b\n"));
        const { host } = harness;
        expect(await host.readAt(location, gone)).toBeNull();
        expect(await host.readAt(location, "--all")).toBeNull();
        expect(await host.readAt(location, deleted)).toBeNull();
        expect(await host.readAt(location, binary)).toBeNull();
        expect(await host.readAt({ ...location, path: "docs" }, headSha)).toBeNull();
      });
    });

    describe("finding renames", () => {
      const text = Array.from({ length: 20 }, (_, line) => `Line ${line} of the text.\n`).join("");

      it("tells the new path of a file that was renamed and edited", async () => {
        const document = await make(text);
        const { location } = document;
        const { headSha: from } = await harness.host.read(location);
        await document.outsideCommit("docs/renamed é.md", `${text}More.\n`);
        await document.outsideCommit("other.md", "Changed\n");
        const to = await document.outsideCommit("docs/rfc.md", null);
        const renamed = await harness.host.findRename(location, from, to);
        expect(renamed).toBe("docs/renamed é.md");
      });

      it("gives null for a file that stayed, went, or is of commits that are not there", async () => {
        const document = await make(text);
        const { location } = document;
        const { host } = harness;
        const { headSha: from } = await host.read(location);
        const edited = await document.outsideCommit("docs/rfc.md", `${text}More.\n`);
        const deleted = await document.outsideCommit("docs/rfc.md", null);
        const gone = "0123456789".repeat(7).slice(0, from.length);
        expect(await host.findRename(location, from, edited)).toBeNull();
        expect(await host.findRename(location, from, deleted)).toBeNull();
        expect(await host.findRename(location, from, gone)).toBeNull();
        expect(await host.findRename(location, gone, from)).toBeNull();
        expect(await host.findRename(location, "--all", from)).toBeNull();
      });
    });

    describe("committing", () => {
      it("makes one commit with the given parent, author, message and nothing else changed", async () => {
        const document = await make();
        const { location } = document;
        const base = await harness.host.read(location);
        const message = "Change two\n\nBecause.\n\nRedline-Change: c1\nCo-authored-by: B <b@c>\n";
        const outcome = await commit(document, "One\nZwei\n", { base, message });
        const now = await harness.host.read(location);
        expect(outcome).toEqual({ kind: "committed", headSha: now.headSha, blobSha: now.blobSha });
        expect(now.body).toBe("One\nZwei\n");
        const stored = await document.readCommit(now.headSha);
        expect(stored.parents).toEqual([base.headSha]);
        if (harness.keepsAuthor !== false) expect(stored.author).toEqual(author);
        expect(stored.message.trimEnd()).toBe(message.trimEnd());
        expect(stored.changedPaths).toEqual(["docs/rfc.md"]);
      });

      it("stores byte order mark and line endings as they are given", async () => {
        const document = await make(`${BOM}One\r\nTwo\n`);
        const body = `${BOM}One\r\nZwei\nThree\r`;
        await commit(document, body);
        const { headSha } = await harness.host.read(document.location);
        expect(await document.readFile(headSha, "docs/rfc.md")).toEqual(Buffer.from(body));
      });

      it("says that the branch has moved, and leaves it where it is", async () => {
        const document = await make();
        const base = await harness.host.read(document.location);
        const sha = await document.outsideCommit("other.md", "Outside\n");
        expect(await commit(document, "Mine\n", { base })).toEqual({ kind: "moved" });
        const { repository, branch } = document.location;
        expect((await harness.host.tips(repository, [branch])).get(branch)).toBe(sha);
      });

      it("lets one of several commits on the same version through", async () => {
        const document = await make();
        const base = await harness.host.read(document.location);
        const bodies = ["A\n", "B\n", "C\n", "D\n"];
        const outcomes = await Promise.all(
          bodies.map(async (body) => await commit(document, body, { base })),
        );
        const winners = outcomes.flatMap((outcome, at) =>
          outcome.kind === "committed" ? [{ outcome, body: bodies[at] }] : [],
        );
        expect(winners).toHaveLength(1);
        const now = await harness.host.read(document.location);
        expect(now.body).toBe(winners[0]?.body);
        expect(now.headSha).toBe(winners[0]?.outcome.headSha);
      });

      it.each([
        ["NUL", "a\0b"],
        ["half a surrogate pair", "a\ud800b"],
      ])("refuses text with %s and commits nothing", async (_, body) => {
        const document = await make();
        const before = await harness.host.read(document.location);
        expect(await problemOf(commit(document, body))).toMatch(/^invalid-text: /);
        expect(await harness.host.read(document.location)).toEqual(before);
      });

      it("refuses to make the document too large", async () => {
        const document = await make();
        const tooLarge = "x".repeat(1024 * 1024 + 1);
        expect(await problemOf(commit(document, tooLarge))).toMatch(/^too-large: /);
      });

      it("finds nothing against a document that it can write", async () => {
        const { location } = await make();
        await expect(harness.host.assertWritable(location)).resolves.toBeUndefined();
      });
    });

    describe("history", () => {
      it("finds the commit that carries a change, by the whole id in a trailer", async () => {
        const document = await make();
        const { location } = document;
        await commit(document, "1\n", { message: "One\n\nRedline-Change: c-12\n" });
        const { headSha } = await harness.host.read(location);
        const decoy =
          "Two\n\nRedline-Change: c-1\nis what an earlier commit said.\n\nEnd of text.\n";
        await commit(document, "2\n", { message: decoy });
        expect(await harness.host.findChangeCommit(location, "c-12")).toEqual({ headSha });
        expect(await harness.host.findChangeCommit(location, "c-1")).toBeNull();
        expect(await harness.host.findChangeCommit(location, "C-12")).toBeNull();
        expect(await harness.host.findChangeCommit(location, ".*")).toBeNull();
      });

      it("lists the commits between two tips, oldest first", async () => {
        const document = await make();
        const { location } = document;
        const { headSha: from } = await harness.host.read(location);
        const first = await document.outsideCommit("other.md", "Outside\n");
        const message = "Change it\n\nRedline-Change: c1\nRedline-Change: c2\n";
        await commit(document, "Mine\n", { message });
        const { headSha: second } = await harness.host.read(location);
        const third = await document.outsideCommit("docs/rfc.md", "Theirs\n");
        const commits = await harness.host.commitsBetween(location, from, third);
        expect(commits.map(({ sha }) => sha)).toEqual([first, second, third]);
        expect(commits.map(({ touchesPath }) => touchesPath)).toEqual([false, true, true]);
        const { author: by } = await document.readCommit(second);
        expect(commits[1]).toMatchObject({ authorName: by.name, subject: "Change it" });
        expect(commits.map(({ changeIds }) => changeIds)).toEqual([[], ["c1", "c2"], []]);
        expect(await harness.host.commitsBetween(location, third, third)).toEqual([]);
      });

      it("lists none where a commit is not there", async () => {
        const { location } = await make();
        const { headSha } = await harness.host.read(location);
        const gone = "0123456789".repeat(7).slice(0, headSha.length);
        expect(await harness.host.commitsBetween(location, gone, headSha)).toEqual([]);
        expect(await harness.host.commitsBetween(location, headSha, gone)).toEqual([]);
        expect(await harness.host.commitsBetween(location, "--all", headSha)).toEqual([]);
      });
    });
  });
}

/**
 * What a person is told by `work`, which must reject with a `UserError` of one sentence: `type: sentence`.
 * Anything else is a failure of the test.
 */
export async function problemOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error("It was not refused."),
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error;
  expect(error.message).toMatch(/^[^\n]+\.$/);
  return `${error.type}: ${error.message}`;
}
