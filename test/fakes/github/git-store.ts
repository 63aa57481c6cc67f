/**
 * One bare Git repository of the fake, driven by the real `git` in an environment of its own. Nothing here
 * knows about pull requests.
 */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { parseFileDiffs, parseHunks } from "./diff.ts";
import type { FileDiff, Hunk } from "./diff.ts";

const run = promisify(execFile);

export interface Identity {
  name: string;
  email: string;
}

export interface TreeEntry {
  mode: string;
  type: "blob" | "tree" | "commit";
  sha: string;
  /** Bytes; 0 for what has none. */
  size: number;
  path: string;
}

export interface CommitDetails {
  sha: string;
  tree: string;
  parents: string[];
  author: Identity & { date: string };
  committer: Identity & { date: string };
  message: string;
}

export interface NewCommit {
  parents: readonly string[];
  /** Whose tree is changed; null for an empty one. */
  from: string | null;
  /** Path → content; null deletes it; a `mode` makes a symbolic link (120000) or a submodule (160000). */
  files: Record<string, FileContent>;
  message: string;
  author: Identity;
  committer: Identity;
}

export type FileContent = string | Uint8Array | null | { mode: string; content: string };

const ZERO = "0".repeat(40);
const SHA = /^[0-9a-f]{40}$/;
const FIELDS = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join("%x00");

export class GitStore {
  readonly folder: string;
  readonly #home: string;
  readonly #diffs = new Map<string, Promise<FileDiff[]>>();
  readonly #lineDiffs = new Map<string, Promise<Hunk[] | null>>();
  #indexes = 0;

  private constructor(home: string, folder: string) {
    this.#home = home;
    this.folder = folder;
  }

  /** Makes `<home>/<name>`, a copy of `source` where one is given, else empty. */
  static async create(
    home: string,
    name: string,
    options: { branch: string; source?: GitStore },
  ): Promise<GitStore> {
    const store = new GitStore(home, join(home, name));
    const target = ["-q", "--bare"];
    if (options.source) {
      await git(home, home, ["clone", ...target, "--no-local", options.source.folder, name]);
    } else {
      await git(home, home, ["init", ...target, "-b", options.branch, name]);
    }
    await store.git("config", "gc.auto", "0");
    await store.git("config", "uploadpack.allowAnySHA1InWant", "true");
    return store;
  }

  /** Runs Git in the repository and returns what it prints, without the last line feed. */
  async git(...args: string[]): Promise<string> {
    return (await this.bytes(args)).toString("utf8").replace(/\n$/, "");
  }

  async bytes(
    args: readonly string[],
    options: { input?: string | Uint8Array; environment?: Record<string, string> } = {},
  ): Promise<Buffer> {
    return await git(this.#home, this.folder, args, options);
  }

  /** The commit at a branch's tip; null where there is no such branch. */
  async tip(branch: string): Promise<string | null> {
    return await this.#object(`refs/heads/${branch}`);
  }

  /**
   * The commit that a `ref` of the API names: a branch, a tag, a sha of 7 digits or more, or anything under
   * refs/, also without that word.
   */
  async resolve(ref: string): Promise<string | null> {
    const candidates = ref === "HEAD" ? ["HEAD"] : [];
    if (/^[0-9a-f]{7,40}$/.test(ref)) candidates.push(ref);
    if (ref.startsWith("refs/")) candidates.push(ref);
    else candidates.push(`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`);
    for (const candidate of candidates) {
      const sha = await this.#object(candidate);
      if (sha !== null) return sha;
    }
    return null;
  }

  async #object(name: string): Promise<string | null> {
    // Git's own grammar (HEAD~1, @{1}, ranges) is none of the API's.
    if (/[~^:?*[\\\s]|\.\.|@\{|^-/.test(name)) return null;
    try {
      return await this.git("rev-parse", "--verify", "--quiet", `${name}^{commit}`);
    } catch {
      return null;
    }
  }

  /** Names of refs that start with `prefix`, and what they point at. */
  async refs(prefix: string): Promise<Map<string, string>> {
    const output = await this.git("for-each-ref", "--format=%(objectname) %(refname)", prefix);
    const lines = output === "" ? [] : output.split("\n");
    return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
  }

  /** What lies at a path of a commit; null where nothing does. The empty path is the root. */
  async entry(commit: string, path: string): Promise<TreeEntry | null> {
    if (path === "") {
      const sha = await this.git("rev-parse", `${commit}^{tree}`);
      return { mode: "040000", type: "tree", sha, size: 0, path: "" };
    }
    const entries = await this.list(commit, { path });
    return entries.find((entry) => entry.path === path) ?? null;
  }

  /** What a tree (or a commit's) holds, with paths from its root. */
  async list(
    treeish: string,
    options: { path?: string; recursive?: boolean } = {},
  ): Promise<TreeEntry[]> {
    const flags = options.recursive ? ["-r", "-t"] : [];
    const path = options.path === undefined ? [] : ["--", options.path];
    const output = await this.git("ls-tree", "-z", "-l", ...flags, treeish, ...path);
    return output
      .split("\0")
      .filter((record) => record !== "")
      .map((record) => {
        const tab = record.indexOf("\t");
        const [mode = "", type = "", sha = "", size = ""] = record.slice(0, tab).split(/ +/);
        const kind = type === "tree" || type === "commit" ? type : "blob";
        return { mode, type: kind, sha, size: Number(size) || 0, path: record.slice(tab + 1) };
      });
  }

  async blob(sha: string): Promise<Buffer> {
    return await this.bytes(["cat-file", "blob", sha]);
  }

  /** The type of any object; null where it is not there. */
  async typeOf(sha: string): Promise<string | null> {
    if (!SHA.test(sha)) return null;
    return await this.git("cat-file", "-t", sha).catch(() => null);
  }

  /** Commits in `git log`'s order. */
  async log(args: readonly string[], paths: readonly string[] = []): Promise<CommitDetails[]> {
    const output = await this.bytes([
      "log",
      "-z",
      `--format=tformat:${FIELDS}%x01`,
      ...args,
      "--",
      ...paths,
    ]);
    return output
      .toString("utf8")
      .split("\u0001")
      .slice(0, -1)
      .map((record) => parseCommit(record.replace(/^\0/, "")));
  }

  async commit(sha: string): Promise<CommitDetails> {
    const [commit] = await this.log(["-1", sha]);
    if (!commit) throw new Error(`there is no commit ${sha}`);
    return commit;
  }

  async count(...range: string[]): Promise<number> {
    return Number(await this.git("rev-list", "--count", ...range));
  }

  async mergeBase(a: string, b: string): Promise<string | null> {
    return await this.git("merge-base", a, b).catch(() => null);
  }

  async isAncestor(ancestor: string, of: string): Promise<boolean> {
    return await this.git("merge-base", "--is-ancestor", ancestor, of).then(
      () => true,
      () => false,
    );
  }

  /** Writes objects only; `updateRef` makes them visible. Returns the commit's sha. */
  async writeCommit(commit: NewCommit): Promise<string> {
    this.#indexes += 1;
    const index = join(this.folder, `index-${this.#indexes}`);
    const environment = {
      GIT_INDEX_FILE: index,
      GIT_AUTHOR_NAME: commit.author.name,
      GIT_AUTHOR_EMAIL: commit.author.email,
      GIT_COMMITTER_NAME: commit.committer.name,
      GIT_COMMITTER_EMAIL: commit.committer.email,
    };
    const step = async (args: string[], input?: string | Uint8Array): Promise<string> =>
      (await this.bytes(args, { environment, ...(input !== undefined && { input }) }))
        .toString("utf8")
        .trim();
    await step(commit.from === null ? ["read-tree", "--empty"] : ["read-tree", commit.from]);
    for (const [path, content] of Object.entries(commit.files)) {
      await this.#stage(step, path, content);
    }
    const tree = await step(["write-tree"]);
    await rm(index, { force: true });
    const parents = commit.parents.flatMap((parent) => ["-p", parent]);
    return await step(["commit-tree", tree, ...parents, "-F", "-"], commit.message);
  }

  async #stage(
    step: (args: string[], input?: string | Uint8Array) => Promise<string>,
    path: string,
    content: FileContent,
  ): Promise<void> {
    if (content === null) {
      // Mode 0 removes; `--force-remove` would want a working tree.
      await step(["update-index", "-z", "--index-info"], `0 ${ZERO}\t${path}\0`);
      return;
    }
    const special = typeof content === "object" && "mode" in content ? content : null;
    const mode = special?.mode ?? "100644";
    const data = special?.content ?? (content as string | Uint8Array);
    const sha =
      mode === "160000"
        ? String(data)
        : await step(["hash-object", "-w", "--stdin", "--no-filters"], data);
    await step(["update-index", "--add", "--cacheinfo", `${mode},${sha},${path}`]);
  }

  /** Moves a ref if it still is at `old` (null: it must not exist). `next` null deletes it. */
  async updateRef(ref: string, next: string | null, old: string | null): Promise<boolean> {
    const args = next === null ? ["-d", ref, old ?? ZERO] : [ref, next, old ?? ZERO];
    return await this.git("update-ref", ...args).then(
      () => true,
      () => false,
    );
  }

  /** Takes a commit and all it needs from another repository, under a ref of this one. */
  async fetch(source: GitStore, sha: string, ref: string): Promise<void> {
    if (source !== this) {
      await this.git("fetch", "-q", "--no-tags", "--no-write-fetch-head", source.folder, sha);
    }
    await this.git("update-ref", ref, sha);
  }

  /** The files that differ between two commits, with renames and unified hunks of 3 lines' context. */
  async diff(from: string, to: string): Promise<FileDiff[]> {
    return await remembered(this.#diffs, `${from} ${to}`, async () => {
      const flags = ["diff-tree", "-r", "-M", "--no-commit-id", "--full-index"];
      const raw = await this.bytes([...flags, "--raw", "-z", from, to]);
      const patch = await this.bytes([...flags, "-p", from, to]);
      return parseFileDiffs(raw.toString("utf8"), patch.toString("utf8"));
    });
  }

  /** Hunks without context of one path between two commits; null where either lacks it. */
  async lineDiff(from: string, to: string, path: string): Promise<Hunk[] | null> {
    return await remembered(this.#lineDiffs, `${from} ${to} ${path}`, async () => {
      const before = await this.entry(from, path);
      const after = await this.entry(to, path);
      if (before?.type !== "blob" || after?.type !== "blob") return null;
      const patch = await this.bytes(["diff", "-U0", before.sha, after.sha]);
      return parseHunks(patch.toString("utf8"));
    });
  }
}

async function git(
  home: string,
  cwd: string,
  args: readonly string[],
  options: { input?: string | Uint8Array; environment?: Record<string, string> } = {},
): Promise<Buffer> {
  const child = run("git", args, {
    cwd,
    encoding: "buffer",
    maxBuffer: 512 * 1024 * 1024,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_LITERAL_PATHSPECS: "1",
      TZ: "UTC",
      ...options.environment,
    },
  });
  // Git may end before it has read everything; its exit code tells what matters.
  child.child.stdin?.on("error", () => undefined);
  child.child.stdin?.end(options.input);
  return (await child).stdout;
}

function parseCommit(record: string): CommitDetails {
  const [sha = "", tree = "", parents = "", ...rest] = record.split("\0");
  const [an = "", ae = "", ad = "", cn = "", ce = "", cd = "", ...message] = rest;
  const utc = (date: string): string => new Date(date).toISOString().replace(/\.\d{3}Z$/, "Z");
  return {
    sha,
    tree,
    parents: parents === "" ? [] : parents.split(" "),
    author: { name: an, email: ae, date: utc(ad) },
    committer: { name: cn, email: ce, date: utc(cd) },
    message: message.join("\0").replace(/\n+$/, ""),
  };
}

/** Answers for fixed commits never change. Bounded, so that a long test cannot grow it for ever. */
async function remembered<T>(
  cache: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = cache.get(key);
  if (known) return await known;
  if (cache.size >= 500) cache.clear();
  const made = make();
  cache.set(key, made);
  return await made;
}
