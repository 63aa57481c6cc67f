import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePackedRefs, TipReader } from "../../../adapters/git/refs.ts";
import { openRepository } from "../../../adapters/git/repository.ts";
import { createGit, DEFAULT_ENVIRONMENT, type Git } from "../../../adapters/git/run-git.ts";
import { GitRepository } from "../../support/git-repository.ts";

const noGit: Git = () => Promise.reject(new Error("A process was started."));
const realGit = createGit({
  program: "git",
  environment: DEFAULT_ENVIRONMENT,
  timeoutMs: 30_000,
});

const tipOf = async (reader: TipReader, repository: GitRepository, branch: string) =>
  await reader.read(openRepository(repository.url), `refs/heads/${branch}`);

describe("tips read from the ref files, without a process", () => {
  it("follow commits, packing, commits on packed refs, and deletion", async () => {
    await using repository = await GitRepository.create({ "a.md": "a\n" });
    const reader = new TipReader(noGit);
    const expectTip = async (branch: string, sha: string | null) => {
      const tip = await tipOf(reader, repository, branch);
      expect(tip).toEqual(sha === null ? null : { ref: `refs/heads/${branch}`, sha });
    };
    await expectTip("main", await repository.tip());
    await expectTip("feature/x", null);
    await expectTip("feature/x", null);
    const feature = await repository.outsideCommit("a.md", "b\n", { branch: "feature/x" });
    await expectTip("feature/x", feature);
    await expectTip("feature", null);
    await expectTip("main/x", null);

    await repository.git("pack-refs", "--all");
    await expectTip("feature/x", feature);
    await expectTip("feature", null);
    const newer = await repository.outsideCommit("a.md", "c\n", { branch: "feature/x" });
    await expectTip("feature/x", newer);
    await repository.git("pack-refs", "--all");
    await expectTip("feature/x", newer);
    await repository.git("branch", "-q", "-D", "feature/x");
    await expectTip("feature/x", null);
    await expectTip("main", await repository.tip());
  });

  it("follow a symbolic branch to the one it stands for", async () => {
    await using repository = await GitRepository.create({ "a.md": "a\n" });
    await repository.git("symbolic-ref", "refs/heads/trunk", "refs/heads/main");
    const tip = await tipOf(new TipReader(noGit), repository, "trunk");
    expect(tip).toEqual({ ref: "refs/heads/main", sha: await repository.tip() });
  });

  it("are the shared ones in a linked working tree", async () => {
    await using repository = await GitRepository.create({ "a.md": "a\n" });
    const linked = await repository.addWorkTree("side");
    const sha = await repository.outsideCommit("a.md", "b\n");
    expect(await tipOf(new TipReader(noGit), linked, "main")).toMatchObject({ sha });
  });
});

describe("what the files do not tell plainly", () => {
  it.each([
    ["a ref of garbage", "garbage\n"],
    ["an empty ref, as a power cut leaves it", ""],
    ["a symbolic ref that leads out of the branches", "ref: refs/tags/v1\n"],
    ["a symbolic ref to itself", "ref: refs/heads/odd\n"],
  ])("is asked of Git: %s", async (_, content) => {
    await using repository = await GitRepository.create({ "a.md": "a\n" });
    await writeFile(join(repository.gitDir, "refs/heads/odd"), content);
    await expect(tipOf(new TipReader(noGit), repository, "odd")).rejects.toThrow("was started");
    expect(await tipOf(new TipReader(realGit), repository, "odd")).toBeNull();
  });

  it("is asked of Git where refs are not kept in files", async () => {
    await using repository = await GitRepository.create({ "a.md": "a\n" });
    const sha = await repository.tip();
    await repository.git("branch", "main-line");
    await repository.git("symbolic-ref", "refs/heads/trunk", "refs/heads/main");
    // What tells that backend apart; this repository's files still hold the refs, for Git.
    await mkdir(join(repository.gitDir, "reftable"));
    await expect(tipOf(new TipReader(noGit), repository, "main")).rejects.toThrow("was started");
    const reader = new TipReader(realGit);
    expect(await tipOf(reader, repository, "main")).toEqual({ ref: "refs/heads/main", sha });
    expect(await tipOf(reader, repository, "trunk")).toEqual({ ref: "refs/heads/main", sha });
    expect(await tipOf(reader, repository, "none")).toBeNull();
    await rm(join(repository.gitDir, "reftable"), { recursive: true });
  });
});

it("takes the branches of packed-refs, and neither its comments, tags nor peeled tags", () => {
  const sha1 = "a".repeat(40);
  const sha256 = "b".repeat(64);
  const text = [
    "# pack-refs with: peeled fully-peeled sorted",
    `${sha1} refs/heads/main`,
    `${sha256} refs/heads/with space`,
    `${sha1} refs/remotes/origin/main`,
    `${sha1} refs/tags/v1`,
    `^${sha1}`,
    "",
  ].join("\n");
  expect([...parsePackedRefs(text)]).toEqual([
    ["refs/heads/main", sha1],
    ["refs/heads/with space", sha256],
  ]);
});
