import {
  chmod,
  link,
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
} from "node:fs/promises";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createGitDocumentHost,
  type GitDocumentHostOptions,
} from "../../../adapters/git/document-host.ts";
import type { CommitStep } from "../../../adapters/git/steps.ts";
import type { CommitOutcome } from "../../../src/ports.ts";
import { problemOf } from "../../contract/document-host.ts";
import { GitRepository, type GitRepositoryOptions } from "../../support/git-repository.ts";

const PATH = "docs/rfc.md";
const author = { name: "Ada Author", email: "ada@example.org" };

async function repositoryWith(
  body = "One\nTwo\n",
  options: GitRepositoryOptions = {},
): Promise<GitRepository> {
  return await GitRepository.create({ [PATH]: body, "other.md": "Other\n" }, options);
}

/** Accepts `newBody` on the branch, as the engine does it. */
async function accept(
  repository: GitRepository,
  newBody: string,
  options: GitDocumentHostOptions = {},
  branch = repository.branch,
): Promise<CommitOutcome> {
  const host = createGitDocumentHost(options);
  const location = { repository: repository.url, path: PATH, branch };
  await host.assertWritable(location);
  const base = await host.read(location);
  const message = "Change it\n\nRedline-Change: c1\n";
  return await host.commit({ location, base, newBody, message, author });
}

/** Runs `interfere` at one step of an accept; tells what was logged. */
async function acceptInterrupted(
  repository: GitRepository,
  newBody: string,
  at: CommitStep,
  interfere: () => void,
): Promise<{ outcome: CommitOutcome; logged: string[] }> {
  const logged: string[] = [];
  const outcome = await accept(repository, newBody, {
    onStep: (step) => {
      if (step === at) interfere();
    },
    log: (message) => logged.push(message),
  });
  return { outcome, logged };
}

const committed = expect.objectContaining({ kind: "committed" }) as unknown;

describe("where the branch is checked out", () => {
  it("the working tree follows, and other edits stay as they are", async () => {
    await using repository = await repositoryWith();
    await repository.write("other.md", "Edited\n");
    await repository.write("staged.md", "Staged\n");
    await repository.git("add", "staged.md");
    await repository.write("untracked.md", "Untracked\n");
    expect(await accept(repository, "One\nZwei\n")).toEqual(committed);
    expect(await repository.readWorking(PATH)).toBe("One\nZwei\n");
    expect(await repository.show(PATH)).toBe("One\nZwei\n");
    expect(await repository.dirty()).toEqual([" M other.md", "A  staged.md", "?? untracked.md"]);
    expect(await repository.readWorking("other.md")).toBe("Edited\n");
    expect(await repository.locks()).toEqual([]);
  });

  it("programs that compare file times alone see a clean file too", async () => {
    await using repository = await repositoryWith();
    await accept(repository, "One\nZwei\n");
    expect(await repository.git("diff-files", "--name-only")).toBe("");
    expect(await repository.git("diff-index", "--name-only", "HEAD")).toBe("");
  });

  it("a second accept follows the first", async () => {
    await using repository = await repositoryWith();
    await accept(repository, "One\nZwei\n");
    await accept(repository, "Eins\nZwei\n");
    expect(await repository.readWorking(PATH)).toBe("Eins\nZwei\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("a file that was only touched counts as clean", async () => {
    await using repository = await repositoryWith();
    await utimes(join(repository.folder, PATH), new Date(0), new Date(0));
    expect(await accept(repository, "New\n")).toEqual(committed);
    expect(await repository.dirty()).toEqual([]);
  });

  it("the file's mode is kept, in the commit and on disk", async () => {
    await using repository = await repositoryWith();
    await repository.git("update-index", "--chmod=+x", PATH);
    await chmod(join(repository.folder, PATH), 0o755);
    await repository.git("commit", "-q", "-m", "Make it executable");
    await chmod(join(repository.folder, PATH), 0o750);
    await accept(repository, "New\n");
    expect(await repository.git("ls-tree", "main", PATH)).toMatch(/^100755 /);
    expect((await lstat(join(repository.folder, PATH))).mode & 0o777).toBe(0o750);
    expect(await repository.dirty()).toEqual([]);
  });

  it("an accept from a linked working tree reaches the main one, and the other way round", async () => {
    await using repository = await repositoryWith();
    const linked = await repository.addWorkTree("side");
    await accept(linked, "Main\n", {}, "main");
    expect(await repository.readWorking(PATH)).toBe("Main\n");
    await accept(repository, "Side\n", {}, "side");
    expect(await linked.readWorking(PATH)).toBe("Side\n");
    expect(await repository.readWorking(PATH)).toBe("Main\n");
    expect([await repository.dirty(), await linked.dirty()]).toEqual([[], []]);
  });

  it("a working tree linked to a bare repository follows", async () => {
    await using repository = await repositoryWith("One\n", { bare: true });
    const linked = await repository.addWorkTree("main");
    await accept(repository, "New\n");
    expect(await linked.readWorking(PATH)).toBe("New\n");
    expect(await linked.dirty()).toEqual([]);
  });

  it("a working tree that core.worktree puts elsewhere follows", async () => {
    await using repository = await repositoryWith();
    const elsewhere = join(repository.folder, "elsewhere");
    await mkdir(elsewhere);
    await repository.git("config", "core.worktree", elsewhere);
    await repository.git("checkout", "-q", "--", ".");
    await accept(repository, "New\n");
    expect(await readFile(join(elsewhere, PATH), "utf8")).toBe("New\n");
    expect(await repository.readWorking(PATH)).toBe("One\nTwo\n");
  });

  it("a symbolic branch moves the working tree of the branch that it stands for", async () => {
    await using repository = await repositoryWith();
    await repository.git("symbolic-ref", "refs/heads/trunk", "refs/heads/main");
    await accept(repository, "New\n", {}, "trunk");
    expect(await repository.show(PATH)).toBe("New\n");
    expect(await repository.readWorking(PATH)).toBe("New\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("a working tree whose folder is gone keeps nothing from being committed", async () => {
    await using repository = await repositoryWith();
    const linked = await repository.addWorkTree("side");
    await rm(linked.folder, { recursive: true });
    expect(await accept(repository, "New\n", {}, "side")).toEqual(committed);
  });
});

describe("where another commit is checked out", () => {
  it("nothing in the working tree changes, whatever is edited there", async () => {
    await using repository = await repositoryWith();
    await repository.checkout("mine", { create: true });
    await repository.write(PATH, "My edit\n");
    expect(await accept(repository, "New\n", {}, "main")).toEqual(committed);
    expect(await repository.readWorking(PATH)).toBe("My edit\n");
    expect(await repository.show(PATH, "main")).toBe("New\n");
  });

  it("a detached HEAD stays where it is", async () => {
    await using repository = await repositoryWith();
    await repository.checkout(await repository.tip());
    expect(await accept(repository, "New\n", {}, "main")).toEqual(committed);
    expect(await repository.readWorking(PATH)).toBe("One\nTwo\n");
    expect(await repository.dirty()).toEqual([]);
  });
});

describe("edits that are not committed", () => {
  const cases: [string, (repository: GitRepository) => Promise<unknown>][] = [
    ["edited", async (it) => await it.write(PATH, "My edit\n")],
    [
      "edited to the same size and time",
      async (it) => {
        const file = join(it.folder, PATH);
        const { atime, mtime } = await lstat(file);
        await it.write(PATH, "Eno\nTwo\n");
        await utimes(file, atime, mtime);
      },
    ],
    [
      "staged",
      async (it) => {
        await it.write(PATH, "My edit\n");
        await it.git("add", PATH);
      },
    ],
    [
      "staged, and then put back on disk",
      async (it) => {
        await it.write(PATH, "My edit\n");
        await it.git("add", PATH);
        await it.write(PATH, "One\nTwo\n");
      },
    ],
    ["deleted", async (it) => await unlink(join(it.folder, PATH))],
    ["deleted for the next commit", async (it) => await it.git("rm", "-q", PATH)],
    ["untracked in the file's place", async (it) => await it.git("rm", "-q", "--cached", PATH)],
    ["renamed", async (it) => await it.git("mv", PATH, "moved.md")],
    [
      "made executable for the next commit",
      async (it) => await it.git("update-index", "--chmod=+x", PATH),
    ],
    [
      "a symbolic link now",
      async (it) => {
        await rename(join(it.folder, PATH), join(it.folder, "real.md"));
        await symlink("../real.md", join(it.folder, PATH));
      },
    ],
    [
      "behind a symbolic link now",
      async (it) => {
        await rename(join(it.folder, "docs"), join(it.folder, "real"));
        await symlink("real", join(it.folder, "docs"));
      },
    ],
    [
      "a folder now",
      async (it) => {
        await unlink(join(it.folder, PATH));
        await it.write(`${PATH}/inside.md`, "My edit\n");
      },
    ],
    [
      "hidden from Git by assume-unchanged",
      async (it) => {
        await it.git("update-index", "--assume-unchanged", PATH);
        await it.write(PATH, "My edit\n");
      },
    ],
    [
      "hidden from Git by skip-worktree",
      async (it) => {
        await it.git("update-index", "--skip-worktree", PATH);
        await it.write(PATH, "My edit\n");
      },
    ],
  ];

  it.each(cases)(
    "are refused before and at the commit, and kept: the file is %s",
    async (_, edit) => {
      await using repository = await repositoryWith();
      const host = createGitDocumentHost();
      const location = { repository: repository.url, path: PATH, branch: "main" };
      const base = await host.read(location);
      await edit(repository);
      const before = [await repository.dirty(), await repository.git("ls-files", "--stage")];
      const content = await repository.readWorking(PATH).catch(String);

      const problem =
        /^working-tree-dirty: docs\/rfc\.md has edits in .*repository that are not committed/;
      expect(await problemOf(host.assertWritable(location))).toMatch(problem);
      const request = { location, base, newBody: "New\n", message: "Change it", author };
      expect(await problemOf(host.commit(request))).toMatch(problem);

      expect(await host.read(location)).toEqual(base);
      expect([await repository.dirty(), await repository.git("ls-files", "--stage")]).toEqual(
        before,
      );
      expect(await repository.readWorking(PATH).catch(String)).toBe(content);
    },
  );

  it("in one of several working trees are enough", async () => {
    await using repository = await repositoryWith();
    const linked = await repository.addWorkTree("side");
    await linked.write(PATH, "My edit\n");
    expect(await problemOf(accept(repository, "New\n", {}, "side"))).toContain(linked.folder);
    expect(await accept(repository, "New\n", {}, "main")).toEqual(committed);
  });

  it("are no longer in the way once they are stashed", async () => {
    await using repository = await repositoryWith();
    await repository.write(PATH, "One\nTwo\nMy edit\n");
    await repository.git("stash", "-q");
    await accept(repository, "Eins\nTwo\n");
    expect(await repository.readWorking(PATH)).toBe("Eins\nTwo\n");
    expect(await repository.git("stash", "list")).not.toBe("");
  });

  it("of the file's mode alone stay, and are not in the way", async () => {
    await using repository = await repositoryWith();
    await chmod(join(repository.folder, PATH), 0o755);
    expect(await accept(repository, "New\n")).toEqual(committed);
    expect(await repository.git("diff", "--summary")).toMatch(/mode change 100644 => 100755/);
    expect(await repository.git("ls-tree", "main", PATH)).toMatch(/^100644 /);
  });
});

describe("something that Git has not finished", () => {
  async function conflicting(): Promise<GitRepository> {
    const repository = await repositoryWith();
    await repository.outsideCommit("other.md", "Side\n", { branch: "side" });
    await repository.outsideCommit("other.md", "Main\n");
    return repository;
  }

  it.each([
    ["merge", ["merge", "side"]],
    ["cherry-pick", ["cherry-pick", "side"]],
    ["revert", ["revert", "--no-edit", "HEAD~1"]],
    ["rebase", ["rebase", "side"]],
    ["rebase", ["rebase", "--apply", "side"]],
  ])("is refused in words: %s", async (name, command) => {
    await using repository = await conflicting();
    if (name === "revert") await repository.outsideCommit("other.md", "Again\n");
    await expect(repository.git(...command)).rejects.toThrow();
    const before = await repository.tip();
    expect(await problemOf(accept(repository, "New\n"))).toMatch(
      new RegExp(`^working-tree-dirty: A ${name} is in progress in .*repository: finish or abort`),
    );
    expect(await repository.tip()).toBe(before);
    await repository.git(name, "--abort");
    expect(await accept(repository, "New\n")).toEqual(committed);
  });

  it("on another branch is not in the way", async () => {
    await using repository = await conflicting();
    await expect(repository.git("merge", "side")).rejects.toThrow();
    expect(await accept(repository, "New\n", {}, "side")).toEqual(committed);
  });

  it("such as a bisection may go on", async () => {
    await using repository = await conflicting();
    await repository.git("bisect", "start", "main", "main~1");
    expect(await accept(repository, "New\n")).toEqual(committed);
  });
});

describe("somebody who saves the file during the commit", () => {
  const theirs = "One\nTwo\nTheir text, just saved\n";
  const saveInPlace = (file: string): void => writeFileSync(file, theirs);
  const saveByRename = (file: string): void => {
    writeFileSync(`${file}~`, theirs);
    renameSync(`${file}~`, file);
  };

  const left = /^docs\/rfc\.md was edited in .* left as it is\.$/;
  const nothing = /^$/;
  const moments: [CommitStep, string, (file: string) => void, RegExp][] = [
    ["checked", "in place", saveInPlace, left],
    ["branch-moved", "in place", saveInPlace, left],
    ["index-updated", "in place", saveInPlace, left],
    ["index-updated", "by renaming", saveByRename, left],
    ["copy-written", "in place", saveInPlace, left],
    ["copy-written", "by renaming", saveByRename, left],
    ["copy-verified", "in place", saveInPlace, left],
    ["copy-verified", "by renaming", saveByRename, left],
    ["file-replaced", "in place", saveInPlace, nothing],
    ["followed", "by renaming", saveByRename, nothing],
  ];

  it.each(moments)("loses nothing: after “%s”, %s", async (step, _, save, said) => {
    await using repository = await repositoryWith();
    const file = join(repository.folder, PATH);
    const { outcome, logged } = await acceptInterrupted(repository, "Eins\nTwo\n", step, () => {
      save(file);
    });
    expect(outcome).toEqual(committed);
    expect(await repository.show(PATH)).toBe("Eins\nTwo\n");
    expect(await repository.readWorking(PATH)).toBe(theirs);
    // Not staged: the next commit must not take the change back unseen.
    expect(await repository.dirty()).toEqual([" M docs/rfc.md"]);
    expect(logged.join("\n")).toMatch(said);
  });

  it("keeps writing into the visible file, with an editor that had it open", async () => {
    await using repository = await repositoryWith();
    const file = join(repository.folder, PATH);
    const { ino } = statSync(file);
    await acceptInterrupted(repository, "Eins\nTwo\n", "copy-verified", () => {
      writeFileSync(file, "");
    });
    expect(statSync(file).ino).toBe(ino);
    expect(readFileSync(file, "utf8")).toBe("");
  });
});

describe("conversions of the working tree", () => {
  const checkOutAgain = async (repository: GitRepository): Promise<void> => {
    await unlink(join(repository.folder, PATH));
    await repository.git("checkout", "--", PATH);
  };

  it("core.autocrlf: CRLF on disk, LF in the commit", async () => {
    await using repository = await repositoryWith("One\nTwo\n", {
      config: { "core.autocrlf": "true" },
    });
    await checkOutAgain(repository);
    expect(await repository.readWorking(PATH)).toBe("One\r\nTwo\r\n");
    expect(await accept(repository, "One\nZwei\n")).toEqual(committed);
    expect(await repository.show(PATH)).toBe("One\nZwei\n");
    expect(await repository.readWorking(PATH)).toBe("One\r\nZwei\r\n");
    expect(await repository.dirty()).toEqual([]);
    await repository.write(PATH, "One\r\nMy edit\r\n");
    expect(await problemOf(accept(repository, "New\n"))).toMatch(/^working-tree-dirty: /);
  });

  it("core.autocrlf: a file that is on disk with LF all the same is clean", async () => {
    await using repository = await repositoryWith();
    await repository.git("config", "core.autocrlf", "true");
    expect(await accept(repository, "One\nZwei\n")).toEqual(committed);
    expect(await repository.dirty()).toEqual([]);
  });

  it("core.autocrlf: a document that is committed with CRLF keeps it everywhere", async () => {
    await using repository = await repositoryWith("One\r\nTwo\r\n");
    await repository.git("config", "core.autocrlf", "true");
    expect(await accept(repository, "One\r\nZwei\r\n")).toEqual(committed);
    expect(await repository.show(PATH)).toBe("One\r\nZwei\r\n");
    expect(await repository.readWorking(PATH)).toBe("One\r\nZwei\r\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("attributes: line endings and encoding as `git checkout` writes them", async () => {
    await using repository = await repositoryWith();
    const attributes = "rfc.md text eol=crlf working-tree-encoding=UTF-16LE\n";
    await repository.commitFiles({ ".gitattributes": attributes });
    await checkOutAgain(repository);
    expect(await accept(repository, "Eins\nZwei ü\n")).toEqual(committed);
    const file = await readFile(join(repository.folder, PATH));
    expect(file.toString("utf16le")).toBe("Eins\r\nZwei ü\r\n");
    expect(await repository.show(PATH)).toBe("Eins\nZwei ü\n");
    expect(await repository.dirty()).toEqual([]);
  });

  it("filters: the owner's own are run on the working tree, never on the commit", async () => {
    await using repository = await repositoryWith("one\n", {
      config: {
        "filter.shout.smudge": "tr a-z A-Z",
        "filter.shout.clean": "tr A-Z a-z",
      },
    });
    await repository.commitFiles({ ".gitattributes": "rfc.md filter=shout\n" });
    await checkOutAgain(repository);
    expect(await accept(repository, "two\n")).toEqual(committed);
    expect(await repository.readWorking(PATH)).toBe("TWO\n");
    expect(await repository.show(PATH)).toBe("two\n");
    expect(await repository.dirty()).toEqual([]);
  });
});

describe("marks in the index", () => {
  it("a sparse checkout without the file stays without it", async () => {
    await using repository = await repositoryWith();
    await repository.git("sparse-checkout", "set", "--no-cone", "/other.md");
    expect(await accept(repository, "New\n")).toEqual(committed);
    await expect(repository.readWorking(PATH)).rejects.toThrow("ENOENT");
    expect(await repository.dirty()).toEqual([]);
    expect(await repository.git("ls-files", "-t", PATH)).toBe(`S ${PATH}`);
    await repository.git("sparse-checkout", "disable");
    expect(await repository.readWorking(PATH)).toBe("New\n");
  });

  it("so does one with a sparse index", async () => {
    await using repository = await repositoryWith();
    await repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "nothing");
    expect(await accept(repository, "New\n")).toEqual(committed);
    expect(await repository.dirty()).toEqual([]);
    await expect(repository.readWorking(PATH)).rejects.toThrow("ENOENT");
  });

  it("assume-unchanged stays", async () => {
    await using repository = await repositoryWith();
    await repository.git("update-index", "--assume-unchanged", PATH);
    expect(await accept(repository, "New\n")).toEqual(committed);
    expect(await repository.readWorking(PATH)).toBe("New\n");
    expect(await repository.git("ls-files", "-v", PATH)).toBe(`h ${PATH}`);
    expect(await repository.dirty()).toEqual([]);
  });
});

it("another name of the same file, as a hard link gives it, keeps the old text", async () => {
  await using repository = await repositoryWith();
  const backup = join(repository.folder, "backup.md");
  await link(join(repository.folder, PATH), backup);
  await accept(repository, "New\n");
  expect(await readFile(backup, "utf8")).toBe("One\nTwo\n");
});
