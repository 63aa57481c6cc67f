/** Reads documents: the file's entry in a commit's tree, and the text of its blob. */
import { UserError } from "../../src/errors.ts";
import type { DocumentVersion } from "../../src/ports.ts";
import { assertDocumentSize, decodeDocument } from "../../src/rfcs/document-text.ts";
import { ByteLimitedCache } from "../../src/byte-limited-cache.ts";
import { explain } from "./failures.ts";
import { targetOf, type Repository } from "./repository.ts";
import type { Git } from "./run-git.ts";

const CACHE_BYTES = 32 * 1024 * 1024;
/** What an entry costs beside the text, so that many small ones are bounded too. */
const ENTRY_BYTES = 512;
const ENTRIES = 1_000;

/** A file in a tree. `mode` is `100644` or `100755`. */
export interface FileEntry {
  mode: string;
  sha: string;
}

/** What a tree has at a path, whatever it is. */
interface TreeEntry extends FileEntry {
  /** Bytes of a blob; NaN for anything else, and for a blob that is not there. */
  size: number;
}

const WHAT_ELSE: Record<string, string> = {
  "120000": "a symbolic link: give the path of the file that it leads to",
  "160000": "a submodule: give the submodule's own repository",
  "040000": "a folder: give the path of a file in it",
};

/** Reads documents, and keeps the texts that were read last: a blob's sha is the text's own name. */
export class DocumentReader {
  readonly #git: Git;
  readonly #versions = new ByteLimitedCache<DocumentVersion>(CACHE_BYTES);
  readonly #entries = new ByteLimitedCache<TreeEntry>(ENTRIES * ENTRY_BYTES);
  readonly #bodies = new ByteLimitedCache<string>(CACHE_BYTES);
  readonly #running = new Map<string, Promise<DocumentVersion>>();

  constructor(git: Git) {
    this.#git = git;
  }

  /** The document at a commit. `branch` is for messages. @throws UserError */
  async read(
    repository: Repository,
    commit: string,
    path: string,
    branch: string,
  ): Promise<DocumentVersion> {
    const key = keyOf(repository, commit, path);
    const known = this.#versions.get(key) ?? this.#running.get(key);
    if (known !== undefined) return await known;
    // Many turns may start on a new tip at once; one of them reads it.
    const running = this.#load(repository, commit, path, branch);
    this.#running.set(key, running);
    try {
      const version = await running;
      this.remember(repository, path, version);
      return version;
    } finally {
      this.#running.delete(key);
    }
  }

  /** Takes in a version that is known already, such as one that was just committed. */
  remember(repository: Repository, path: string, version: DocumentVersion): void {
    const bytes = Buffer.byteLength(version.body) + ENTRY_BYTES;
    this.#versions.set(keyOf(repository, version.headSha, path), version, bytes);
    this.#bodies.set(version.blobSha, version.body, bytes);
  }

  /** The entry of the file. @throws UserError document-unreadable where the path is no file */
  async entry(
    repository: Repository,
    commit: string,
    path: string,
    branch: string,
  ): Promise<TreeEntry> {
    const key = keyOf(repository, commit, path);
    const entry = this.#entries.get(key) ?? (await findEntry(this.#git, repository, commit, path));
    const name = `${path} on the branch ${branch} of ${repository.folder}`;
    if (entry === null) {
      throw unreadable(
        `There is no ${name}: check the path, and commit the file if it is not committed yet.`,
      );
    }
    const other = WHAT_ELSE[entry.mode];
    if (other !== undefined) throw unreadable(`${name} is ${other}.`);
    this.#entries.set(key, entry, ENTRY_BYTES);
    return entry;
  }

  async #load(
    repository: Repository,
    commit: string,
    path: string,
    branch: string,
  ): Promise<DocumentVersion> {
    const { sha, size } = await this.entry(repository, commit, path, branch);
    const name = `${path} on the branch ${branch} of ${repository.folder}`;
    let body = this.#bodies.get(sha);
    if (body === undefined) {
      assertDocumentSize(name, size);
      body = decodeDocument(name, await this.#bytes(repository, sha));
    }
    return { headSha: commit, blobSha: sha, body };
  }

  async #bytes(repository: Repository, sha: string): Promise<Buffer> {
    return (await this.#git(targetOf(repository), { args: ["cat-file", "blob", sha] })).stdout;
  }
}

function keyOf({ commonDir }: Repository, commit: string, path: string): string {
  return `${commonDir}\0${commit}\0${path}`;
}

/** What the commit's tree has at the path; null where it has nothing there. */
export async function findEntry(
  git: Git,
  repository: Repository,
  commit: string,
  path: string,
): Promise<TreeEntry | null> {
  try {
    const { stdout } = await git(targetOf(repository), {
      args: ["ls-tree", "-l", "-z", "--full-tree", commit, "--", path],
    });
    const [, mode, sha, size] = /^(\d{6}) \w+ ([0-9a-f]+) +(\S+)\t/.exec(stdout.toString()) ?? [];
    return mode && sha ? { mode, sha, size: Number(size) } : null;
  } catch (error) {
    throw explain(error, repository.folder);
  }
}

function unreadable(sentence: string, options?: ErrorOptions): UserError {
  return new UserError("document-unreadable", sentence, options);
}
