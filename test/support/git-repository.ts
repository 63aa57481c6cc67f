/**
 * A throwaway Git repository for tests, driven by the real `git` as a person would, in an environment of its
 * own: no configuration or identity of the machine comes in.
 *
 *   await using repository = await GitRepository.create({ "rfc.md": "# Title\n" });
 *   await repository.outsideCommit("rfc.md", "# Another title\n");
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface GitRepositoryOptions {
  /** The branch that is checked out; default `main`. */
  branch?: string;
  /** No working tree; then every commit is made beside it. */
  bare?: boolean;
  objectFormat?: "sha1" | "sha256";
  /** The repository's folder in the temporary one, for odd names; default `repository`. */
  name?: string;
  /** Where the temporary folder is made; default the system's place for such. */
  within?: string;
  /** Set in the repository before its first commit, such as `{ "core.autocrlf": "true" }`. */
  config?: Record<string, string>;
}

export interface OutsideCommit {
  /** Default: the branch that is checked out. */
  branch?: string;
  message?: string;
  author?: { name: string; email: string };
}

export interface LoggedCommit {
  sha: string;
  parents: string[];
  author: { name: string; email: string };
  committer: { name: string; email: string };
  /** The whole message, as `git log` shows it. */
  message: string;
}

const OUTSIDER = { name: "Olive Outsider", email: "olive@example.org" };

export class GitRepository {
  /** The top folder: of the working tree, or the bare repository itself. */
  readonly folder: string;
  readonly branch: string;
  readonly #temporary: string;

  private constructor(temporary: string, folder: string, branch: string) {
    this.#temporary = temporary;
    this.folder = folder;
    this.branch = branch;
  }

  /** Makes a repository with one commit that holds `files` (path → content); without files, no commit. */
  static async create(
    files: Record<string, string | Uint8Array> = {},
    options: GitRepositoryOptions = {},
  ): Promise<GitRepository> {
    const { branch = "main", bare = false, objectFormat = "sha1", name = "repository" } = options;
    // macOS's temporary folder is a symbolic link, and Git tells the real path.
    const { within = tmpdir() } = options;
    const temporary = await realpath(await mkdtemp(join(within, "redline-git-")));
    const repository = new GitRepository(temporary, join(temporary, name), branch);
    await mkdir(repository.folder);
    const kind = bare ? ["--bare"] : [];
    await repository.git("init", "-q", "-b", branch, `--object-format=${objectFormat}`, ...kind);
    for (const [key, value] of Object.entries(options.config ?? {})) {
      await repository.git("config", key, value);
    }
    if (Object.keys(files).length > 0) {
      await repository.commitFiles(files, { message: "The first version" });
    }
    return repository;
  }

  /** The `repository` of a document location. */
  get url(): string {
    return pathToFileURL(this.folder).href;
  }

  get isBare(): boolean {
    return !existsSync(join(this.folder, ".git"));
  }

  /** The Git folder of the main working tree. */
  get gitDir(): string {
    return this.isBare ? this.folder : join(this.folder, ".git");
  }

  /** Runs Git in the repository and returns what it prints, without the last line feed. */
  async git(...args: string[]): Promise<string> {
    return (await this.gitBytes(args)).toString("utf8").replace(/\n$/, "");
  }

  /** A commit of somebody else to one file; `null` deletes it. Returns its sha. */
  async outsideCommit(
    path: string,
    content: string | Uint8Array | null,
    options: OutsideCommit = {},
  ): Promise<string> {
    return await this.commitFiles({ [path]: content }, options);
  }

  /**
   * The same for several files. On the branch that is checked out the working tree has the commit as well;
   * another branch (made from the checked-out one where it does not exist) moves beside it.
   */
  async commitFiles(
    files: Record<string, string | Uint8Array | null>,
    options: OutsideCommit = {},
  ): Promise<string> {
    const { message = `Edit ${Object.keys(files).join(", ")}` } = options;
    const author = options.author ?? OUTSIDER;
    const by = `--author=${author.name} <${author.email}>`;
    const inPlace = !this.isBare && (options.branch ?? this.branch) === (await this.#checkedOut());
    if (!inPlace) return await this.#commitBeside(files, { ...options, message, author });
    for (const [path, content] of Object.entries(files)) {
      if (content === null) await rm(join(this.folder, path));
      else await this.write(path, content);
      await this.git("add", "--", path);
    }
    await this.git("commit", "-q", "-m", message, by);
    return await this.tip();
  }

  /** Writes a file in the working tree, and does not commit it. */
  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await writeFile(join(this.folder, path), content);
  }

  /** A file in the working tree. */
  async readWorking(path: string): Promise<string> {
    return await readFile(join(this.folder, path), "utf8");
  }

  /** Checks a branch out, new ones with `create`; a commit's sha detaches HEAD. */
  async checkout(branch: string, options: { create?: boolean } = {}): Promise<void> {
    await this.git("checkout", "-q", ...(options.create ? ["-b"] : []), branch);
  }

  /** Makes a linked working tree of a branch, which is made too where it does not exist. */
  async addWorkTree(branch: string, name = `tree-${branch}`): Promise<GitRepository> {
    const folder = join(this.#temporary, name);
    const exists = (await this.git("branch", "--list", branch)) !== "";
    await this.git(
      "worktree",
      "add",
      "-q",
      ...(exists ? [folder, branch] : ["-b", branch, folder]),
    );
    return new GitRepository(this.#temporary, folder, branch);
  }

  /** The sha of a branch's tip. */
  async tip(branch = this.branch): Promise<string> {
    return await this.git("rev-parse", `refs/heads/${branch}`);
  }

  /** The content of a file in a commit or at a branch's tip. */
  async show(path: string, revision = this.branch): Promise<string> {
    return (await this.gitBytes(["cat-file", "blob", `${revision}:${path}`])).toString("utf8");
  }

  /** The commits of a branch, newest first. */
  async log(revision = this.branch): Promise<LoggedCommit[]> {
    const fields = ["%H", "%P", "%an", "%ae", "%cn", "%ce", "%B"].join("%x00");
    const output = await this.git("log", `--format=${fields}%x01`, revision, "--");
    return output
      .split("\u0001")
      .slice(0, -1)
      .map((record) => {
        const [sha = "", parents = "", ...rest] = record.trimStart().split("\0");
        const [an = "", ae = "", cn = "", ce = "", message = ""] = rest;
        return {
          sha,
          parents: parents === "" ? [] : parents.split(" "),
          author: { name: an, email: ae },
          committer: { name: cn, email: ce },
          message,
        };
      });
  }

  /** What is not committed in the working tree, as lines of `git status --short`; empty when clean. */
  async dirty(): Promise<string[]> {
    const output = await this.git("status", "--short");
    return output === "" ? [] : output.split("\n");
  }

  /** Lock files anywhere in the repository's Git folder; there should be none. */
  async locks(): Promise<string[]> {
    const common = await this.git("rev-parse", "--path-format=absolute", "--git-common-dir");
    const files = await readdir(common, { recursive: true });
    return files.filter((file) => file.endsWith(".lock"));
  }

  async remove(): Promise<void> {
    await rm(this.#temporary, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }

  /** Runs Git with input and an environment of one's own, and returns its bytes. */
  async gitBytes(
    args: readonly string[],
    options: { input?: string | Uint8Array; environment?: Record<string, string> } = {},
  ): Promise<Buffer> {
    const child = run("git", args, {
      cwd: this.folder,
      encoding: "buffer",
      maxBuffer: 256 * 1024 * 1024,
      env: {
        PATH: process.env["PATH"],
        HOME: this.#temporary,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: OUTSIDER.name,
        GIT_AUTHOR_EMAIL: OUTSIDER.email,
        GIT_COMMITTER_NAME: OUTSIDER.name,
        GIT_COMMITTER_EMAIL: OUTSIDER.email,
        ...options.environment,
      },
    });
    child.child.stdin?.end(options.input);
    return (await child).stdout;
  }

  async #checkedOut(): Promise<string> {
    return await this.git("branch", "--show-current");
  }

  async #commitBeside(
    files: Record<string, string | Uint8Array | null>,
    commit: { branch?: string; message: string; author: { name: string; email: string } },
  ): Promise<string> {
    const { branch = this.branch, message, author } = commit;
    const index = join(this.#temporary, `index-${basename(this.folder)}`);
    const environment = {
      GIT_INDEX_FILE: index,
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
    };
    const step = async (args: string[], input?: string | Uint8Array): Promise<string> =>
      (await this.gitBytes(args, { environment, ...(input !== undefined && { input }) }))
        .toString()
        .trim();
    const tipOf = async (name: string): Promise<string> =>
      await step(["for-each-ref", "--format=%(objectname)", `refs/heads/${name}`]);
    const old = await tipOf(branch);
    const parent = old || (await tipOf(this.branch));
    await step(parent ? ["read-tree", parent] : ["read-tree", "--empty"]);
    for (const [path, content] of Object.entries(files)) {
      if (content === null) {
        // Mode 0 removes; `--force-remove` would want a working tree.
        const none = "0".repeat(parent.length);
        await step(["update-index", "-z", "--index-info"], `0 ${none}\t${path}\0`);
      } else {
        const blob = await step(["hash-object", "-w", "--stdin", "--no-filters"], content);
        await step(["update-index", "--add", "--cacheinfo", `100644,${blob},${path}`]);
      }
    }
    const tree = await step(["write-tree"]);
    const parents = parent ? ["-p", parent] : [];
    const sha = await step(["commit-tree", tree, ...parents, "-m", message]);
    await step(["update-ref", `refs/heads/${branch}`, sha, old || "0".repeat(sha.length)]);
    await rm(index, { force: true });
    return sha;
  }
}
