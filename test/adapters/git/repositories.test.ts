import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { execFileSync, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import {
  createGitDocumentHost,
  type GitDocumentHostOptions,
} from "../../../adapters/git/document-host.ts";
import { cleanPerson, replaceEntry } from "../../../adapters/git/commits.ts";
import { DEFAULT_ENVIRONMENT } from "../../../adapters/git/run-git.ts";
import type { CommitOutcome, Person } from "../../../src/ports.ts";
import { problemOf } from "../../contract/document-host.ts";
import { GitRepository } from "../../support/git-repository.ts";

const author: Person = { name: "Ada Author", email: "ada@example.org" };
const asRoot = process.geteuid?.() === 0;

const read = async (folder: string, path = "rfc.md", branch = "main") =>
  await createGitDocumentHost().read({ repository: pathToFileURL(folder).href, path, branch });

async function commit(
  folder: string,
  newBody: string,
  more: { options?: GitDocumentHostOptions; by?: Person; message?: string; path?: string } = {},
): Promise<CommitOutcome> {
  const host = createGitDocumentHost(more.options);
  const repository = pathToFileURL(folder).href;
  const location = { repository, path: more.path ?? "rfc.md", branch: "main" };
  const base = await host.read(location);
  const { message = "Change it", by = author } = more;
  return await host.commit({ location, base, newBody, message, author: by });
}

describe("what a repository may be", () => {
  it("a linked working tree, which also knows the other branches", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "Main\n" });
    const linked = await repository.addWorkTree("side");
    await linked.outsideCommit("rfc.md", "Side\n");
    expect((await read(linked.folder, "rfc.md", "side")).body).toBe("Side\n");
    expect((await read(linked.folder)).body).toBe("Main\n");
  });

  it("a Git folder itself", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await commit(repository.gitDir, "Two\n");
    expect(await repository.readWorking("rfc.md")).toBe("Two\n");
  });

  it("a folder whose name is escaped in the address", async () => {
    await using repository = await GitRepository.create(
      { "ä #1/rfc %.md": "One\n" },
      { name: "my rfcs #1% ? ü'\"" },
    );
    expect(repository.url).toContain("%231%25%20%3F%20%C3%BC");
    await commit(repository.folder, "Two\n", { path: "ä #1/rfc %.md" });
    expect(await repository.readWorking("ä #1/rfc %.md")).toBe("Two\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("reached through a symbolic link", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const alias = join(dirname(repository.folder), "alias");
    await symlink(repository.folder, alias);
    await commit(alias, "Two\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("a submodule", async () => {
    await using inner = await GitRepository.create({ "rfc.md": "One\n" });
    await using outer = await GitRepository.create({ "a.md": "a\n" });
    const allow = ["-c", "protocol.file.allow=always"];
    await outer.git(...allow, "submodule", "--quiet", "add", inner.folder, "sub");
    await commit(join(outer.folder, "sub"), "Two\n");
    expect(await outer.readWorking("sub/rfc.md")).toBe("Two\n");
    expect(await outer.git("-C", "sub", "status", "--short")).toBe("");
  });

  it("one whose Git folder is elsewhere", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await repository.git("init", "-q", "--separate-git-dir", `${repository.folder}.git`);
    await commit(repository.folder, "Two\n");
    expect(await repository.readWorking("rfc.md")).toBe("Two\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("another one than before at the same place", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await using other = await GitRepository.create({ "rfc.md": "Other\n" });
    const host = createGitDocumentHost();
    const location = { repository: repository.url, path: "rfc.md", branch: "main" };
    expect((await host.read(location)).body).toBe("One\n");
    await rm(repository.folder, { recursive: true });
    expect(await problemOf(host.read(location))).toMatch(/^repository-unavailable: There is no/);
    execFileSync("cp", ["-a", other.folder, repository.folder]);
    expect((await host.read(location)).body).toBe("Other\n");
  });
});

describe("what a repository may not be", () => {
  it.each<[string, (repository: GitRepository) => Promise<string>, RegExp]>([
    [
      "a sub-folder",
      async (it) => join(it.folder, "docs"),
      /is a folder inside the Git repository \S+repository: give \S+repository as the repository, and the path/,
    ],
    ["a folder in a Git folder", async (it) => join(it.gitDir, "refs"), /give \S+repository as/],
    ["a file", async (it) => join(it.folder, "rfc.md"), /rfc\.md is a folder inside|is not a Git/],
    ["nothing", async (it) => join(it.folder, "none"), /There is no folder \S+none/],
    [
      "an ordinary folder",
      async (it) => {
        const folder = join(dirname(it.folder), "ordinary");
        await mkdir(join(folder, ".git"), { recursive: true });
        return folder;
      },
      /ordinary is not a Git repository: .*git init/,
    ],
    [
      "a working tree whose repository is gone",
      async (it) => {
        const { folder } = await it.addWorkTree("side");
        await rm(it.folder, { recursive: true });
        return folder;
      },
      /is not there any more .*git worktree repair/,
    ],
    [
      "a repository without commits",
      async (it) => {
        await rm(it.gitDir, { recursive: true });
        await it.git("init", "-q", "-b", "main");
        return it.folder;
      },
      /has no commits yet/,
    ],
  ])("%s: refused with a word on what to do", async (_, arrange, words) => {
    await using repository = await GitRepository.create({ "rfc.md": "1\n", "docs/a.md": "a\n" });
    const problem = await problemOf(read(await arrange(repository)));
    expect(problem).toMatch(/^repository-unavailable: /);
    expect(problem).toMatch(words);
  });

  it.each<[string, string, RegExp]>([
    ["a symbolic link", "link.md", /is a symbolic link/],
    ["a submodule", "sub", /is a submodule/],
    ["a folder", "docs", /is a folder/],
    ["a file behind a file", "rfc.md/x.md", /There is no/],
  ])("%s is no document", async (_, path, words) => {
    await using repository = await GitRepository.create({ "rfc.md": "1\n", "docs/a.md": "a\n" });
    await symlink("rfc.md", join(repository.folder, "link.md"));
    await repository.git("add", "link.md");
    const sub = `160000,${await repository.tip()},sub`;
    await repository.git("update-index", "--add", "--cacheinfo", sub);
    await repository.git("commit", "-q", "-m", "Add odd entries");
    const problem = await problemOf(read(repository.folder, path));
    expect(problem).toMatch(/^document-unreadable: /);
    expect(problem).toMatch(words);
  });

  it("one whose configuration Git cannot read is said to be that", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await writeFile(join(repository.gitDir, "config"), "[core\n", { flag: "a" });
    expect(await problemOf(read(repository.folder))).toMatch(
      /^repository-unavailable: .*git config --list/,
    );
  });

  it("one of a later format than this Git's is said to be that", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await repository.git("config", "core.repositoryFormatVersion", "99");
    expect(await problemOf(read(repository.folder))).toMatch(
      /^repository-unavailable: .*install a newer Git/,
    );
  });

  it("a damaged one is said to be damaged", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const blob = await repository.git("rev-parse", "main:rfc.md");
    await rm(join(repository.gitDir, "objects", blob.slice(0, 2), blob.slice(2)));
    expect(await problemOf(read(repository.folder))).toMatch(/^repository-unavailable: .*git fsck/);
  });

  it("a partial clone is never completed over the network, but can be committed to", async () => {
    await using origin = await GitRepository.create(
      { "rfc.md": "One\n", "old.md": "Old\n" },
      { config: { "uploadpack.allowFilter": "true" } },
    );
    await origin.outsideCommit("rfc.md", "Side\n", { branch: "side" });
    const clone = join(dirname(origin.folder), "clone");
    const config = ["-c", "protocol.file.allow=always"];
    const partial = ["--no-checkout", "--filter=blob:none", origin.url, clone];
    await origin.git(...config, "clone", "-q", ...partial);
    await origin.git("-C", clone, ...config, "sparse-checkout", "set", "--no-cone", "/rfc.md");
    await origin.git("-C", clone, ...config, "checkout", "-q", "main");
    await origin.git("-C", clone, "branch", "-q", "side", "origin/side");
    expect(await problemOf(read(clone, "rfc.md", "side"))).toMatch(
      /^repository-unavailable: .*partial clone/,
    );
    expect(await commit(clone, "Two\n")).toMatchObject({ kind: "committed" });
    expect(await origin.git("-C", clone, "status", "--short")).toBe("");
  });
});

describe("what surrounds Git", () => {
  it("no program that the repository names is run", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const trace = join(dirname(repository.folder), "trace");
    const script = `#!/bin/sh\necho "$0" >> '${trace}'\n`;
    const hooks = [
      "reference-transaction post-index-change post-checkout pre-commit commit-msg post-commit",
      "prepare-commit-msg post-rewrite pre-auto-gc post-update update fsmonitor",
    ];
    for (const hook of hooks.join(" ").split(" ")) {
      const file = join(repository.gitDir, "hooks", hook);
      await writeFile(file, script);
      await chmod(file, 0o755);
    }
    await repository.git("config", "core.fsmonitor", join(repository.gitDir, "hooks/fsmonitor"));
    await repository.git("config", "core.pager", join(repository.gitDir, "hooks/update"));
    await repository.git("status");
    expect(await readFile(trace, "utf8")).toContain("fsmonitor");
    await rm(trace);
    expect(await commit(repository.folder, "Two\n")).toMatchObject({ kind: "committed" });
    await expect(readFile(trace)).rejects.toThrow("ENOENT");
    expect(await repository.readWorking("rfc.md")).toBe("Two\n");
  });

  it("settings that would change what is stored or printed have no effect", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "Wörter\n" });
    const settings = {
      "commit.gpgsign": "true",
      "gpg.program": "/bin/false",
      "user.useConfigOnly": "true",
      "i18n.commitEncoding": "latin1",
      "i18n.logOutputEncoding": "latin1",
      "log.showSignature": "true",
      "log.follow": "true",
      "trailer.separators": "=",
      "color.ui": "always",
      "core.abbrev": "4",
      "diff.external": "/bin/false",
      "grep.patternType": "perl",
    };
    for (const [key, value] of Object.entries(settings)) await repository.git("config", key, value);
    const host = createGitDocumentHost();
    const location = { repository: repository.url, path: "rfc.md", branch: "main" };
    const before = await host.read(location);
    const message = "Ändere es\n\nRedline-Change: c1\n";
    await commit(repository.folder, "Neue Wörter\n", { message });
    const { headSha } = await host.read(location);
    expect(await host.findChangeCommit(location, "c1")).toEqual({ headSha });
    expect(await host.commitsBetween(location, before.headSha, headSha)).toEqual([
      {
        sha: headSha,
        authorName: author.name,
        subject: "Ändere es",
        changeIds: ["c1"],
        touchesPath: true,
      },
    ]);
    const stored = await repository.git("cat-file", "commit", headSha);
    expect(stored).not.toMatch(/^(encoding|gpgsig)/m);
  });

  it("variables of whoever starts Redline lead nowhere", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const environment = {
      ...DEFAULT_ENVIRONMENT,
      GIT_DIR: "/no/such/folder",
      GIT_INDEX_FILE: "/no/such/index",
      GIT_WORK_TREE: "/",
      GIT_OBJECT_DIRECTORY: "/no/objects",
      GIT_AUTHOR_NAME: "Somebody else",
      GIT_AUTHOR_DATE: "not a date",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.bare",
      GIT_CONFIG_VALUE_0: "true",
      GIT_TRACE: "1",
      LC_ALL: "de_DE.UTF-8",
      LANGUAGE: "de",
    };
    await commit(repository.folder, "Two\n", { options: { environment } });
    expect((await repository.log())[0]?.author).toEqual(author);
    expect(await repository.dirty()).toEqual([]);
  });

  it("needs no identity and no home", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const environment = { PATH: DEFAULT_ENVIRONMENT.PATH };
    await commit(repository.folder, "Two\n", { options: { environment }, message: "Mine: ü" });
    const [last] = await repository.log();
    expect(last).toMatchObject({
      author,
      committer: { name: "Redline", email: "redline@localhost" },
      message: "Mine: ü",
    });
    expect(await repository.git("reflog", "-1", "--format=%gs %gn", "main")).toBe(
      "redline: accept a change Redline",
    );
  });

  it("a missing Git is named, with what to do", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const options = { environment: { PATH: "/no/such/folder" } };
    expect(await problemOf(commit(repository.folder, "Two\n", { options }))).toMatch(
      /^repository-unavailable: The program git cannot be run.*install Git/,
    );
  });

  it("a Git that hangs is ended, with all that it has started", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const pidFile = join(dirname(repository.folder), "pid");
    const program = join(dirname(repository.folder), "slow-git");
    await writeFile(program, `#!/bin/sh\nsleep 600 &\necho $! > '${pidFile}'\nwait\n`);
    await chmod(program, 0o755);
    const options = { program, timeoutMs: 300 };
    expect(await problemOf(commit(repository.folder, "Two\n", { options }))).toMatch(
      /^repository-unavailable: Git did not come to an end within 0\.3 s/,
    );
    const pid = Number(await readFile(pidFile, "utf8"));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

describe.runIf(asRoot)("another user's repository", () => {
  const OWNER = 23_456;
  const give = (folder: string): unknown =>
    execFileSync("chown", ["-R", `${OWNER}:${OWNER}`, folder]);
  const ownersIn = async (folder: string): Promise<number[]> => {
    const names = await readdir(folder, { recursive: true });
    const owners = await Promise.all(
      names.map(async (name) => (await lstat(join(folder, name))).uid),
    );
    return [...new Set(owners)];
  };
  const nameOwner = async (repository: GitRepository): Promise<void> => {
    const filter = `id -u > '${join(repository.folder, "../filtered-by")}'; cat`;
    await repository.git("config", "filter.trace.smudge", filter);
    await repository.git("config", "filter.trace.clean", "cat");
    await writeFile(join(repository.gitDir, "info/attributes"), "rfc.md filter=trace\n");
  };

  const asOwner = async (work: () => Promise<void>): Promise<void> => {
    process.seteuid?.(OWNER);
    try {
      await work();
    } finally {
      process.seteuid?.(0);
    }
  };

  it("is worked on as that user, so that everything stays his", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await nameOwner(repository);
    give(dirname(repository.folder));
    expect(await commit(repository.folder, "Two\n")).toMatchObject({ kind: "committed" });
    const owners = await ownersIn(repository.folder);
    expect(await readFile(join(repository.folder, "../filtered-by"), "utf8")).toBe(`${OWNER}\n`);
    expect((await stat(join(repository.folder, "rfc.md"))).uid).toBe(OWNER);
    // The empty folder for notes is Redline's own.
    expect(owners.toSorted((a, b) => a - b)).toEqual([0, OWNER]);
    await rm(join(repository.gitDir, "redline"), { recursive: true });
    expect(await ownersIn(repository.folder)).toEqual([OWNER]);
  });

  it("where that user could not reach it, is worked on as root without running its filters", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await nameOwner(repository);
    give(repository.folder);
    expect(await commit(repository.folder, "Two\n")).toMatchObject({ kind: "committed" });
    expect(await repository.readWorking("rfc.md")).toBe("Two\n");
    expect((await stat(join(repository.folder, "rfc.md"))).uid).toBe(OWNER);
    await expect(readFile(join(repository.folder, "../filtered-by"))).rejects.toThrow("ENOENT");
  });

  it("is read by an ordinary user, who is told what he may not", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    await chmod(dirname(repository.folder), 0o755);
    const location = { repository: repository.url, path: "rfc.md", branch: "main" };
    const notAllowed = /^repository-unavailable: Redline may not read or write/;
    const options = { environment: { PATH: DEFAULT_ENVIRONMENT.PATH } };
    await asOwner(async () => {
      expect((await createGitDocumentHost(options).read(location)).body).toBe("One\n");
      const writing = commit(repository.folder, "Two\n", { options });
      expect(await problemOf(writing)).toMatch(notAllowed);
    });
    await chmod(repository.folder, 0o700);
    await asOwner(async () => {
      expect(await problemOf(read(repository.folder))).toMatch(notAllowed);
    });
  });

  it("that has a folder of another owner inside is no reason to fail", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    give(dirname(repository.folder));
    await chown(join(repository.folder, "rfc.md"), 0, 0);
    expect(await commit(repository.folder, "Two\n")).toMatchObject({ kind: "committed" });
    expect((await stat(join(repository.folder, "rfc.md"))).uid).toBe(0);
  });
});

describe("the author", () => {
  it.each<[Person, Person]>([
    [author, author],
    [
      { name: "Zoë <x@y>\n Evil", email: "a b@c>" },
      { name: "Zoë x@y Evil", email: "ab@c" },
    ],
    [
      { name: " ", email: "ada@example.org" },
      { name: "ada", email: "ada@example.org" },
    ],
    [
      { name: "...", email: "" },
      { name: "unknown", email: "" },
    ],
    [
      { name: "a\0b\ud800", email: "x" },
      { name: "a b\ufffd", email: "x" },
    ],
  ])("%j is named as %j, which Git takes", async (given, expected) => {
    expect(cleanPerson(given)).toEqual(expected);
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    expect(await commit(repository.folder, "Two\n", { by: given })).toMatchObject({
      kind: "committed",
    });
    expect((await repository.log())[0]?.author).toEqual(expected);
  });
});

it("an entry is replaced in a tree by its whole name, with other names of any bytes", () => {
  const odd = Buffer.from([0xff, 0x09, 0x61]).toString("latin1");
  const listing = [
    `100644 blob 1\t${odd}`,
    "100644 blob 2\tba",
    "100644 blob 3\ta",
    "120000 blob 4\tx\ta",
    "",
  ].join("\0");
  const entry = { mode: "100755", type: "blob", sha: "9" };
  expect(replaceEntry(listing, "a", entry)).toBe(
    listing.replace("100644 blob 3\ta", "100755 blob 9\ta"),
  );
  expect(() => replaceEntry(listing, "c", entry)).toThrow("no entry");
});

/** A process that has ended but is not reaped yet, as in a container without an init, is not alive. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return /^[^Z]/.test(stdout.trim());
}
