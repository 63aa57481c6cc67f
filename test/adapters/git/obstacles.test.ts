import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { appendFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createGitDocumentHost,
  type GitDocumentHostOptions,
} from "../../../adapters/git/document-host.ts";
import type { CommitOutcome, DocumentHost, DocumentLocation } from "../../../src/ports.ts";
import { problemOf } from "../../contract/document-host.ts";
import { GitRepository } from "../../support/git-repository.ts";
import { interposedGit } from "./interposed-git.ts";

const author = { name: "Ada Author", email: "ada@example.org" };

const locationIn = (repository: GitRepository): DocumentLocation => ({
  repository: repository.url,
  path: "rfc.md",
  branch: "main",
});

async function acceptBy(
  host: DocumentHost,
  repository: GitRepository,
  newBody: string,
): Promise<CommitOutcome> {
  const location = locationIn(repository);
  const base = await host.read(location);
  const message = "Change it\n\nRedline-Change: c1\n";
  return await host.commit({ location, base, newBody, message, author });
}

describe("another program's lock", () => {
  const quick: GitDocumentHostOptions = { lockWaitMs: 50 };

  it("on the index: the commit stands, and the working tree follows when the lock is gone", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const lock = join(repository.gitDir, "index.lock");
    await writeFile(lock, "");
    const host = createGitDocumentHost(quick);
    expect(await acceptBy(host, repository, "Two\n")).toMatchObject({ kind: "committed" });
    expect(await repository.readWorking("rfc.md")).toBe("One\n");
    expect(await problemOf(host.assertWritable(locationIn(repository)))).toMatch(
      /^working-tree-dirty: .*could not be brought up to date yet, .*index\.lock/,
    );
    expect(await repository.locks()).toEqual(["index.lock"]);
    await rm(lock);
    const tips = async () => {
      await host.tips(repository.url, ["main"]);
      return await repository.readWorking("rfc.md");
    };
    await expect.poll(tips, { timeout: 30_000 }).toBe("Two\n");
    expect(await repository.dirty()).toEqual([]);
    await expect(host.assertWritable(locationIn(repository))).resolves.toBeUndefined();
  });

  it("on the index: is waited for", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const lock = join(repository.gitDir, "index.lock");
    const host = createGitDocumentHost({
      lockWaitMs: 60_000,
      onStep: (step) => {
        if (step !== "branch-moved") return;
        writeFileSync(lock, "");
        setTimeout(() => rmSync(lock), 100);
      },
    });
    await acceptBy(host, repository, "Two\n");
    expect(await repository.readWorking("rfc.md")).toBe("Two\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("on the branch: nothing is committed, and the lock is named", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const before = await repository.tip();
    await writeFile(join(repository.gitDir, "refs/heads/main.lock"), "");
    expect(await problemOf(acceptBy(createGitDocumentHost(), repository, "Two\n"))).toMatch(
      /^repository-unavailable: Another Git program is at work .*refs\/heads\/main\.lock/,
    );
    expect(await repository.tip()).toBe(before);
    expect(await repository.dirty()).toEqual([]);
    expect(await readdir(join(repository.gitDir, "redline"))).toEqual([]);
  });
});

it("a working tree that cannot be written does not undo the commit, and is caught up on", async () => {
  await using repository = await GitRepository.create({ "rfc.md": "One\n" });
  await repository.git("config", "filter.fails.smudge", "false");
  await repository.git("config", "filter.fails.clean", "cat");
  await repository.git("config", "filter.fails.required", "true");
  const logged: string[] = [];
  const host = createGitDocumentHost({ log: (message) => logged.push(message) });
  await writeFile(join(repository.gitDir, "info/attributes"), "rfc.md filter=fails\n");
  expect(await acceptBy(host, repository, "Two\n")).toMatchObject({ kind: "committed" });
  expect(logged).toEqual([expect.stringMatching(/could not follow/)]);
  expect(await problemOf(host.assertWritable(locationIn(repository)))).toMatch(
    /^working-tree-dirty: .*rfc\.md could not be brought up to date .* The filter fails, which/,
  );
  await repository.git("config", "filter.fails.smudge", "cat");
  await host.assertWritable(locationIn(repository));
  expect(await repository.dirty()).toEqual([]);
});

describe("several programs at once", () => {
  it("each get their change in, one after the other, and the working tree follows", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "Start\n" });
    const location = locationIn(repository);
    const logged: string[] = [];
    let moved = 0;
    const insist = async (line: string): Promise<void> => {
      const host = createGitDocumentHost({ log: (message) => logged.push(message) });
      for (;;) {
        await host.assertWritable(location);
        const base = await host.read(location);
        const newBody = `${base.body}${line}\n`;
        const outcome = await host.commit({ location, base, newBody, message: line, author });
        if (outcome.kind === "committed") return;
        moved++;
      }
    };
    const lines = ["one", "two", "three", "four", "five"];
    await Promise.all(lines.map(insist));
    const text = await repository.show("rfc.md");
    expect(text.split("\n").toSorted()).toEqual(["", "Start", ...lines].toSorted());
    expect(await repository.log()).toHaveLength(6);
    expect(await repository.readWorking("rfc.md")).toBe(text);
    expect(await repository.dirty()).toEqual([]);
    expect(moved).toBeGreaterThan(0);
    expect(logged).toEqual([]);
  });
});

it("a commit that lands while we look at the working tree is no edit of anybody", async () => {
  await using repository = await GitRepository.create({ "rfc.md": "One\n" });
  const commit = `cd '${repository.folder}' && echo Two > rfc.md && git commit -qam Outside`;
  const identity = "-c user.name=Olive -c user.email=olive@example.org";
  const line = `(${commit.replace("git commit", `git ${identity} commit`)})`;
  const git = await interposedGit(repository, "ls-files", line);
  const host = createGitDocumentHost({ program: git.program });
  expect(await acceptBy(host, repository, "Mine\n")).toEqual({ kind: "moved" });
  expect(await repository.readWorking("rfc.md")).toBe("Two\n");

  const again = await interposedGit(repository, "ls-files", line.replace("Two", "Three"));
  const other = createGitDocumentHost({ program: again.program });
  await expect(other.assertWritable(locationIn(repository))).resolves.toBeUndefined();
  expect(await repository.show("rfc.md")).toBe("Three\n");
});

describe("a file system of its own", () => {
  /** A small file system; null where we may not mount one. */
  function mount(): ({ folder: string; remount: (options: string) => void } & Disposable) | null {
    const folder = mkdtempSync(join(tmpdir(), "redline-disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "redline", folder], {
        stdio: "ignore",
      });
    } catch {
      rmSync(folder, { recursive: true });
      return null;
    }
    return {
      folder,
      remount: (options) => execFileSync("mount", ["-o", `remount,${options}`, folder]),
      [Symbol.dispose]: () => {
        execFileSync("umount", ["-l", folder]);
        rmSync(folder, { recursive: true });
      },
    };
  }

  it("that is full at any point: one commit and its text, or a clear word and nothing", async ({
    skip,
  }) => {
    using disk = mount();
    if (!disk) return skip("no file system can be mounted here");
    await using repository = await GitRepository.create(
      { "rfc.md": "One\n" },
      { within: disk.folder },
    );
    const filling = join(disk.folder, "filling");
    const host = createGitDocumentHost();
    const outcomes = new Set<string>();
    let text = "One\n";
    for (let freePages = 0; freePages <= 14; freePages++) {
      const before = await repository.tip();
      const size = await fill(filling);
      truncateSync(filling, size - freePages * 4096);
      const newBody = `${freePages}\n`;
      const outcome = await acceptBy(host, repository, newBody).then(
        ({ kind }) => kind,
        async (error: unknown) => await problemOf(Promise.reject(error as Error)),
      );
      await rm(filling);
      outcomes.add(outcome);
      await host.tips(repository.url, ["main"]);
      expect(await repository.locks()).toEqual([]);
      expect(await readdir(disk.folder)).toHaveLength(1);
      await host.assertWritable(locationIn(repository));
      expect(await repository.dirty()).toEqual([]);
      const isCommitted = outcome === "committed";
      expect((await repository.tip()) === before).toBe(!isCommitted);
      if (isCommitted) text = newBody;
      expect(await repository.readWorking("rfc.md")).toBe(text);
    }
    for (const outcome of outcomes) {
      expect(outcome).toMatch(/^committed$|^repository-unavailable: .* disk .*full/);
    }
    expect(outcomes.size).toBeGreaterThan(1);
    expect(outcomes).toContain("committed");
    expect(await repository.git("fsck")).not.toMatch(/error|missing/);
  });

  it("that is read-only is said to be", async ({ skip }) => {
    using disk = mount();
    if (!disk) return skip("no file system can be mounted here");
    await using repository = await GitRepository.create(
      { "rfc.md": "One\n" },
      { within: disk.folder },
    );
    disk.remount("ro");
    const host = createGitDocumentHost();
    const readOnly = /^repository-unavailable: .* mounted read-only/;
    expect((await host.read(locationIn(repository))).body).toBe("One\n");
    expect(await problemOf(host.assertWritable(locationIn(repository)))).toMatch(readOnly);
    expect(await problemOf(acceptBy(host, repository, "Two\n"))).toMatch(readOnly);
    disk.remount("rw");
  });

  /** Fills the disk with one file, and returns its size. */
  async function fill(file: string): Promise<number> {
    for (let size = 0; ; size += 4096) {
      try {
        await appendFile(file, Buffer.alloc(4096, "x"));
      } catch {
        truncateSync(file, size);
        return size;
      }
    }
  }
});
