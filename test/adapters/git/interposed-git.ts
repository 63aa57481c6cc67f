import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { GitRepository } from "../../support/git-repository.ts";

/** A `git` that runs a line of shell before the first command of this kind, and tells when that has ended. */
export async function interposedGit(
  repository: GitRepository,
  command: string,
  line: string,
): Promise<{ program: string; ended: () => Promise<void> }> {
  const folder = await mkdtemp(join(dirname(repository.folder), "interposed-"));
  const [program, begun, ended] = ["git", "begun", "ended"].map((name) => join(folder, name));
  const script = [
    "#!/bin/sh",
    `case "$* " in *" ${command} "*) if mkdir '${begun}' 2>/dev/null; then`,
    `  ${line}; git "$@"; touch '${ended}'; exit; fi;; esac`,
    'exec git "$@"',
  ];
  await writeFile(program!, script.join("\n"), { mode: 0o755 });
  return {
    program: program!,
    ended: async () => {
      const isThere = async () => (await readdir(folder)).includes("ended");
      await expect.poll(isThere, { timeout: 30_000 }).toBe(true);
    },
  };
}
