/**
 * Reads the tips of branches. It is asked for once a second and once a turn, so the usual case reads the
 * files of Git's "files" ref backend: one small file, without a process. The calls are synchronous because
 * one such read takes a few microseconds, while a trip through Node's thread pool takes tenths of a
 * millisecond. Whatever looks unusual is left to `git for-each-ref`.
 *
 * Source of the format: gitrepository-layout(5), git-pack-refs(1).
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { targetOf, type Repository } from "./repository.ts";
import type { Git } from "./run-git.ts";

/** Where a branch stands. `ref` is the full name of the ref in the end, where the branch is a symbolic one. */
export interface Tip {
  ref: string;
  sha: string;
}

const UNUSUAL = Symbol("unusual");
const SHA = /^([0-9a-f]{64}|[0-9a-f]{40})\s*$/;
const SYMBOLIC = /^ref: (refs\/heads\/\S+)\s*$/;
/** As many hops as Git itself follows. */
const MAX_HOPS = 5;

/** Reads tips; keeps the parsed `packed-refs` of each repository until that file is another one. */
export class TipReader {
  readonly #git: Git;
  readonly #packed = new Map<string, { stamp: string; tips: Map<string, string> }>();

  constructor(git: Git) {
    this.#git = git;
  }

  /** The tip of `ref` (`refs/heads/…`), or null where there is no such branch. */
  async read(repository: Repository, ref: string): Promise<Tip | null> {
    const tip = repository.hasRefFiles ? this.#fromFiles(repository, ref) : UNUSUAL;
    return tip === UNUSUAL ? await this.#fromGit(repository, ref) : tip;
  }

  #fromFiles({ commonDir }: Repository, ref: string): Tip | null | typeof UNUSUAL {
    let name = ref;
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      // Loose before packed, as Git does: packing writes `packed-refs` first and then removes the loose file.
      const text = readIfThere(join(commonDir, name));
      if (text === null) {
        const sha = this.#packedTips(commonDir).get(name);
        return sha === undefined ? null : { ref: name, sha };
      }
      const sha = SHA.exec(text)?.[1];
      if (sha !== undefined) return { ref: name, sha };
      const target = SYMBOLIC.exec(text)?.[1];
      if (target === undefined || target.includes("..")) return UNUSUAL;
      name = target;
    }
    return UNUSUAL;
  }

  #packedTips(commonDir: string): Map<string, string> {
    const file = join(commonDir, "packed-refs");
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    // Git only ever replaces the file as a whole.
    const stamp = stats ? `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}` : "none";
    const known = this.#packed.get(commonDir);
    if (known?.stamp === stamp) return known.tips;
    const tips = parsePackedRefs(readIfThere(file) ?? "");
    this.#packed.set(commonDir, { stamp, tips });
    return tips;
  }

  async #fromGit(repository: Repository, ref: string): Promise<Tip | null> {
    const { stdout } = await this.#git(targetOf(repository), {
      args: ["for-each-ref", "--format=%(refname)%00%(objectname)%00%(symref)", ref],
    });
    for (const line of stdout.toString("utf8").split("\n")) {
      const [name, sha, symref] = line.split("\0");
      // A pattern also matches what lies below it, as a folder.
      if (name === ref && sha) return { ref: symref || ref, sha };
    }
    return null;
  }
}

/** The branches among the lines `<sha> <ref>`; comments and peeled tags are other lines. */
export function parsePackedRefs(text: string): Map<string, string> {
  const tips = new Map<string, string>();
  for (const [, sha, ref] of text.matchAll(/^([0-9a-f]{40,64}) (refs\/heads\/[^\n]+)$/gm)) {
    if (sha !== undefined && ref !== undefined) tips.set(ref, sha);
  }
  return tips;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EISDIR, ENOTDIR: the name is a folder of other branches' names, or a branch is where its folder would be.
    // ENAMETOOLONG: no file can have it.
    if (["ENOENT", "EISDIR", "ENOTDIR", "ENAMETOOLONG"].includes(code ?? "")) return null;
    throw error;
  }
}
