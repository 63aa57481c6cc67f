import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createGitDocumentHost } from "../../../adapters/git/document-host.ts";
import type { CommitStep } from "../../../adapters/git/steps.ts";
import type { DocumentHost, DocumentLocation } from "../../../src/ports.ts";
import { problemOf } from "../../contract/document-host.ts";
import { GitRepository } from "../../support/git-repository.ts";
import type { CommitTask } from "./commit-child.ts";
import { interposedGit } from "./interposed-git.ts";

const PATH = "docs/rfc.md";
const OLD = "One\nTwo\n";
const NEW = "One\nZwei\n";
const message = "Change it\n\nRedline-Change: c1\n";
const author = { name: "Ada Author", email: "ada@example.org" };
const childFile = fileURLToPath(new URL("commit-child.ts", import.meta.url));

const locationIn = (repository: GitRepository): DocumentLocation => ({
  repository: repository.url,
  path: PATH,
  branch: "main",
});

/** Starts the accept in a process group of its own, as a service manager would. */
function startChild(task: CommitTask): ChildProcess {
  const args = ["--import", "tsx", childFile, JSON.stringify(task)];
  return spawn(process.execPath, args, { detached: true, stdio: ["ignore", "ignore", "inherit"] });
}

async function killedAt(repository: GitRepository, killAt: CommitStep): Promise<void> {
  await expectKilled({ location: locationIn(repository), newBody: NEW, message, killAt });
}

/** The same with a `git` that kills the program's whole process group. */
async function killedBy(repository: GitRepository, program: string): Promise<void> {
  await expectKilled({ location: locationIn(repository), newBody: NEW, message, program });
}

async function expectKilled(task: CommitTask): Promise<void> {
  const [, signal] = (await once(startChild(task), "exit")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
}

/** What the engine does with an accept after a restart: looks for the commit, else makes it. */
async function retry(repository: GitRepository, host = createGitDocumentHost()): Promise<void> {
  const location = locationIn(repository);
  if (await host.findChangeCommit(location, "c1")) return;
  await acceptBy(host, location, NEW);
}

async function acceptBy(
  host: DocumentHost,
  location: DocumentLocation,
  newBody: string,
): Promise<void> {
  const base = await host.read(location);
  const outcome = await host.commit({ location, base, newBody, message, author });
  expect(outcome.kind).toBe("committed");
}

async function passingFiles(repository: GitRepository): Promise<string[]> {
  const files = await readdir(dirname(repository.folder), { recursive: true });
  return files.filter((file) => /\.redline-|redline\/./.test(file));
}

describe("kill -9 of the program during a commit", () => {
  it.each<[CommitStep, "before" | "after"]>([
    ["checked", "before"],
    ["objects-written", "before"],
    ["announced", "before"],
    ["branch-moved", "after"],
    ["index-updated", "after"],
    ["copy-written", "after"],
    ["copy-verified", "after"],
    ["file-replaced", "after"],
    ["followed", "after"],
  ])("after “%s”: the retry ends with one commit and a clean working tree", async (step, when) => {
    await using repository = await GitRepository.create({ [PATH]: OLD, "other.md": "Other\n" });
    await repository.write("other.md", "Edited\n");
    await killedAt(repository, step);
    expect(await repository.locks()).toEqual([]);
    expect(await repository.log()).toHaveLength(when === "before" ? 1 : 2);
    expect([OLD, NEW]).toContain(await repository.readWorking(PATH));

    await retry(repository);
    expect(await repository.log()).toHaveLength(2);
    expect(await repository.show(PATH)).toBe(NEW);
    expect(await repository.readWorking(PATH)).toBe(NEW);
    expect(await repository.dirty()).toEqual([" M other.md"]);
    expect(await repository.locks()).toEqual([]);
    expect(await repository.git("fsck", "--strict")).not.toMatch(/error|missing/);

    if (when === "before") return;
    expect(await passingFiles(repository)).toEqual([]);
  });

  it("with a working tree on another file system leaves nothing there either", async ({ skip }) => {
    const elsewhere = "/dev/shm";
    await using repository = await GitRepository.create({ [PATH]: OLD });
    const folder = join(elsewhere, `redline-tree-${process.pid}`);
    await repository.checkout("other", { create: true });
    const added = await repository.git("worktree", "add", "-q", folder, "main").catch(() => null);
    if (added === null) skip(`${elsewhere} cannot be written`);
    try {
      await killedAt(repository, "copy-verified");
      await retry(repository);
      expect(await readFile(join(folder, PATH), "utf8")).toBe(NEW);
      expect(await repository.git("-C", folder, "status", "--short")).toBe("");
      expect(await readdir(join(folder, "docs"))).toEqual(["rfc.md"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each(["hash-object", "mktree", "commit-tree", "update-ref", "update-index", "add --refresh"])(
    "and of all its process group, while Git is at “%s”, lets Git finish that",
    async (command) => {
      await using repository = await GitRepository.create({ [PATH]: OLD });
      const git = await interposedGit(repository, command, 'kill -s KILL -- "-$PPID"');
      await killedBy(repository, git.program);
      await git.ended();
      expect(await repository.locks()).toEqual([]);
      await retry(repository);
      expect(await repository.log()).toHaveLength(2);
      expect(await repository.readWorking(PATH)).toBe(NEW);
      expect(await repository.dirty()).toEqual([]);
    },
  );

  it("and a retry that is faster than Git still end with one commit", async () => {
    await using repository = await GitRepository.create({ [PATH]: OLD });
    const go = join(dirname(repository.folder), "go");
    const kill = `kill -s KILL -- "-$PPID"; while [ ! -e '${go}' ]; do sleep 0.02; done`;
    const git = await interposedGit(repository, "update-ref", kill);
    await killedBy(repository, git.program);
    await retry(repository);
    const tip = await repository.tip();
    await writeFile(go, "");
    await git.ended();
    expect(await repository.tip()).toBe(tip);
    expect(await repository.log()).toHaveLength(2);
    expect(await repository.dirty()).toEqual([]);
  });
});

describe("after a crash", () => {
  async function crashed(at: CommitStep = "branch-moved"): Promise<GitRepository> {
    const repository = await GitRepository.create({ [PATH]: OLD, "other.md": "Other\n" });
    await killedAt(repository, at);
    return repository;
  }

  it("asking for tips is enough to complete it, without being asked to accept again", async () => {
    await using repository = await crashed();
    expect(await repository.dirty()).not.toEqual([]);
    await createGitDocumentHost().tips(repository.url, ["main"]);
    expect(await repository.dirty()).toEqual([]);
    expect(await repository.readWorking(PATH)).toBe(NEW);
  });

  it("the next accept of another change goes on top", async () => {
    await using repository = await crashed();
    const host = createGitDocumentHost();
    await host.assertWritable(locationIn(repository));
    await acceptBy(host, locationIn(repository), "Three\n");
    expect(await repository.readWorking(PATH)).toBe("Three\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("the branch may have gone on meanwhile", async () => {
    await using repository = await crashed();
    const sha = await repository.tip();
    const tree = await repository.git("rev-parse", "main^{tree}");
    const next = await repository.git("commit-tree", tree, "-p", sha, "-m", "Go on");
    await repository.git("update-ref", "refs/heads/main", next);
    const host = createGitDocumentHost();
    expect(await host.findChangeCommit(locationIn(repository), "c1")).toEqual({ headSha: sha });
    expect(await repository.dirty()).toEqual([]);
    expect(await repository.readWorking(PATH)).toBe(NEW);
  });

  it("a file that somebody has edited meanwhile stays as it is", async () => {
    await using repository = await crashed();
    await repository.write(PATH, "Their text\n");
    await retry(repository);
    expect(await repository.readWorking(PATH)).toBe("Their text\n");
    expect(await repository.log()).toHaveLength(2);
    expect(await passingFiles(repository)).toEqual([]);
  });

  it("another branch that somebody has checked out meanwhile stays as it is", async () => {
    await using repository = await crashed();
    await repository.git("checkout", "-q", "-f", "-b", "mine", "main~1");
    await retry(repository);
    expect(await repository.readWorking(PATH)).toBe(OLD);
    expect(await repository.dirty()).toEqual([]);
  });

  it("a commit that never landed is forgotten, but not at once", async () => {
    await using repository = await crashed("announced");
    const { url, gitDir } = repository;
    const folder = join(gitDir, "redline");
    await createGitDocumentHost().tips(url, ["main"]);
    const [note = ""] = await readdir(folder);
    expect(note).toMatch(/^[0-9a-f]{40}\.json$/);
    const old = new Date(Date.now() - 61_000);
    await utimes(join(folder, note), old, old);
    await createGitDocumentHost().tips(url, ["main"]);
    expect(await readdir(folder)).toEqual([]);
    expect(await repository.dirty()).toEqual([]);
  });

  it("a person who puts the former text back by hand is refused, not overruled", async () => {
    await using repository = await GitRepository.create({ [PATH]: OLD });
    await acceptBy(createGitDocumentHost(), locationIn(repository), NEW);
    await repository.git("checkout", "-q", "HEAD~1", "--", PATH);
    const host = createGitDocumentHost();
    await host.findChangeCommit(locationIn(repository), "c1");
    expect(await repository.readWorking(PATH)).toBe(OLD);
    const problem = await problemOf(host.assertWritable(locationIn(repository)));
    expect(problem).toMatch(/^working-tree-dirty: /);
  });
});
