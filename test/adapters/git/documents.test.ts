import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createGitDocumentHost } from "../../../adapters/git/document-host.ts";
import { GitRepository } from "../../support/git-repository.ts";

/** A host on the repository, and what it has run since the last time that it was asked for. */
async function watchedHost(repository: GitRepository) {
  const program = join(dirname(repository.folder), "watched-git");
  const log = `${program}.log`;
  const script = `#!/bin/sh\necho "$*" >> '${log}'\nexec git "$@"\n`;
  await writeFile(program, script, { mode: 0o755 });
  return {
    host: createGitDocumentHost({ program }),
    ran: async (): Promise<string[]> => {
      const text = await readFile(log, "utf8").catch(() => "");
      await writeFile(log, "");
      return text.split("\n").flatMap((line) => /\b(ls-tree|cat-file)\b|$/.exec(line)?.[0] || []);
    },
  };
}

describe("reading a document", () => {
  it("starts a process only for what is new", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n", "other.md": "1\n" });
    const location = { repository: repository.url, path: "rfc.md", branch: "main" };
    const { host, ran } = await watchedHost(repository);
    const versions = await Promise.all(Array.from({ length: 20 }, () => host.read(location)));
    expect(new Set(versions).size).toBe(1);
    expect(await ran()).toEqual(["ls-tree", "cat-file"]);

    await host.read(location);
    await host.tips(repository.url, ["main", "none"]);
    expect(await ran()).toEqual([]);

    await repository.outsideCommit("other.md", "2\n");
    expect((await host.read(location)).body).toBe("One\n");
    expect(await ran()).toEqual(["ls-tree"]);

    await repository.outsideCommit("rfc.md", "Two\n");
    const base = await host.read(location);
    expect(base.body).toBe("Two\n");
    expect(await ran()).toEqual(["ls-tree", "cat-file"]);

    const author = { name: "Ada", email: "ada@example.org" };
    await host.commit({ location, base, newBody: "Three\n", message: "Change it", author });
    await ran();
    expect((await host.read(location)).body).toBe("Three\n");
    expect(await ran()).toEqual([]);
  });

  it("is tried again after a failure", async () => {
    await using repository = await GitRepository.create({ "rfc.md": "One\n" });
    const location = { repository: repository.url, path: "rfc.md", branch: "main" };
    const program = join(dirname(repository.folder), "late-git");
    const host = createGitDocumentHost({ program });
    await expect(host.read(location)).rejects.toThrow("git cannot be run");
    await writeFile(program, '#!/bin/sh\nexec git "$@"\n', { mode: 0o755 });
    expect((await host.read(location)).body).toBe("One\n");
  });
});
