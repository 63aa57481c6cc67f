import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { NewRfc } from "../../src/engine.ts";
import { TestApp } from "../support/test-app.ts";

describe("RFCs", () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await TestApp.start();
    await test.repository.commitFiles({
      "other.md": "# Other\n",
      "latin1.md": Buffer.from("caf\xe9\n", "latin1"),
      "large.md": "x".repeat(1024 * 1024 + 1),
      "largest.md": "x".repeat(1024 * 1024),
      "folder/deep – ünï.md": "# Deep\r\n",
      "empty.md": "",
    });
    execFileSync("ln", ["-s", "other.md", `${test.repository.folder}/link.md`]);
    await test.repository.git("add", "link.md");
    await test.repository.git("commit", "-q", "-m", "A link");
  });
  afterAll(() => test[Symbol.asyncDispose]());

  let count = 0;
  const register = (input: Partial<NewRfc> = {}) =>
    test.engine.rfcs.register({
      slug: `rfc-${(count += 1)}`,
      title: "A title",
      repository: test.repository.url,
      path: "other.md",
      branch: "main",
      ...input,
    });

  it("are registered with their document at the branch's tip", async () => {
    const rfc = await register({
      slug: "0012.deep_one-a",
      title: "  Deep “one”  ",
      path: "folder/deep – ünï.md",
    });
    expect(rfc).toMatchObject({
      slug: "0012.deep_one-a",
      title: "Deep “one”",
      defaultBranch: "main",
    });
    const view = await test.engine.rfcs.view("0012.deep_one-a");
    expect(view.document).toMatchObject({
      body: "# Deep\r\n",
      headSha: await test.repository.tip(),
    });
    expect(view).toMatchObject({ problem: null, threads: [], changes: [], overlaps: [] });
  });

  it.each(["empty.md", "largest.md"])("may be %s", async (path) => {
    await register({ slug: path, path });
    const { document } = await test.engine.rfcs.view(path);
    expect(document!.body).toBe(await test.repository.show(path));
  });

  it.each<[string, Partial<NewRfc>, string, RegExp]>([
    [
      "a missing repository",
      { repository: "file:///no/such/place" },
      "repository-unavailable",
      /no/,
    ],
    [
      "a repository of nobody",
      { repository: "acme/rfcs" },
      "repository-unavailable",
      /file:\/\/\//,
    ],
    ["no address", { repository: "" }, "repository-unavailable", /./],
    ["a missing file", { path: "nope.md" }, "document-unreadable", /nope\.md/],
    ["a folder", { path: "folder" }, "document-unreadable", /folder/],
    ["a way out", { path: "../secret.md" }, "document-unreadable", /not the path/],
    ["Git's own folder", { path: ".git/config" }, "document-unreadable", /not the path/],
    ["a link", { path: "link.md" }, "document-unreadable", /link\.md/],
    ["a missing branch", { branch: "nope" }, "repository-unavailable", /nope/],
    ["an option for a branch", { branch: "--all" }, "repository-unavailable", /--all/],
    ["what is not UTF-8", { path: "latin1.md" }, "document-unreadable", /UTF-8/],
    ["more than 1 MB", { path: "large.md" }, "too-large", /1 MB|1 MiB/],
    ["a slug with capitals", { slug: "RFC" }, "invalid-request", /small letters/],
    ["an empty slug", { slug: "" }, "invalid-request", /small letters/],
    ["an endless slug", { slug: "a".repeat(101) }, "invalid-request", /small letters/],
    ["a slug of dots", { slug: ".." }, "invalid-request", /small letters/],
    ["a slug with a line feed", { slug: "a\n" }, "invalid-request", /small letters/],
    ["a blank title", { title: " \n" }, "invalid-request", /title has 1 to 200/],
    ["an endless title", { title: "x".repeat(201) }, "invalid-request", /title has 1 to 200/],
    ["a NUL in the title", { title: "a\0" }, "invalid-text", /title holds a NUL/],
    ["a NUL in the path", { path: "a\0.md" }, "invalid-text", /path holds a NUL/],
    ["a lone surrogate", { branch: "a\uD83D" }, "invalid-text", /half a character/],
  ])("are not registered with %s", async (_what, input, type, sentence) => {
    const before = await test.engine.rfcs.list();
    await expect(register(input)).rejects.toMatchObject({
      name: "UserError",
      type,
      message: expect.stringMatching(sentence) as string,
    });
    expect(await test.engine.rfcs.list()).toHaveLength(before.length);
  });

  it("are not registered twice, neither by slug nor by document", async () => {
    await expect(register({ slug: "rfc" })).rejects.toMatchObject({
      type: "already-exists",
      message: "There is an RFC “rfc” already; choose another slug.",
    });
    await expect(register({ slug: "again", path: "rfc.md" })).rejects.toMatchObject({
      type: "already-exists",
      message: "This document is discussed already, as “rfc”.",
    });
    const at = { slug: "at-once", path: "other.md" };
    const settled = await Promise.allSettled([register(at), register(at), register(at)]);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = settled.flatMap((one) =>
      one.status === "rejected" ? [one.reason as Error] : [],
    );
    expect(refused).toEqual([1, 2].map(() => expect.objectContaining({ type: "already-exists" })));
  });

  it("may be one document on two branches", async () => {
    await test.repository.git("branch", "draft");
    await register({ slug: "draft", path: "rfc.md", branch: "draft" });
    expect((await test.engine.rfcs.view("draft")).branch).toBe("draft");
  });

  it.each(["nope", "", "A", "a\0b", "../rfc", "x".repeat(10_000)])(
    "that do not exist are not found (%j)",
    async (slug) => {
      await expect(test.engine.rfcs.view(slug)).rejects.toMatchObject({ type: "not-found" });
    },
  );

  it("are listed with what goes on in them, the newest first", async () => {
    const before = (await test.engine.rfcs.list()).map(({ slug }) => slug);
    await test.repository.outsideCommit("counted.md", "one two three four\n");
    await register({ slug: "counted", path: "counted.md" });
    const open = await test.engine.threads.create(
      { rfcSlug: "counted", branchName: "main", kind: "discussion" },
      test.user,
    );
    const edits = ["one", "two", "three"].map((original) => ({ original, proposed: "1" }));
    const [first] = await Promise.all(
      edits.map((edit) => test.engine.changes.propose(open.id, edit, test.user)),
    );
    await test.engine.changes.decline(first!.id, undefined, test.user);
    const listed = await test.engine.rfcs.list();
    expect(listed.map(({ slug }) => slug)).toEqual(["counted", ...before]);
    expect(listed[0]).toMatchObject({
      openThreads: 1,
      pending: 2,
      stale: 0,
      accepted: 0,
      declined: 1,
    });
    await test.engine.threads.close(open.id, test.user);
    expect((await test.engine.rfcs.list())[0]).toMatchObject({ openThreads: 0 });
  });

  it("tell why their document cannot be shown once it is gone, and show it again", async () => {
    await test.repository.outsideCommit("fleeting.md", "here\n");
    await register({ slug: "fleeting", path: "fleeting.md" });
    await test.repository.outsideCommit("fleeting.md", null);
    const gone = await test.engine.rfcs.view("fleeting");
    expect(gone.document).toBeNull();
    expect(gone.problem).toMatch(/fleeting\.md/);
    await test.repository.outsideCommit("fleeting.md", "back\n");
    expect(await test.engine.rfcs.view("fleeting")).toMatchObject({
      problem: null,
      document: { body: "back\n" },
    });
  });
});
