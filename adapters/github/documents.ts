/** Reads documents at commits, and keeps those that were read last: a commit's text never changes. */
import { UserError } from "../../src/errors.ts";
import { ByteLimitedCache } from "../../src/byte-limited-cache.ts";
import type { DocumentVersion } from "../../src/ports.ts";
import { assertDocumentSize, decodeDocument } from "../../src/rfcs/document-text.ts";
import type { Place } from "./branches.ts";
import { statusOf } from "./failures.ts";

const CACHE_BYTES = 32 * 1024 * 1024;
const ENTRY_BYTES = 512;
const PLAIN_FILES = 1_000;

const WHAT_ELSE: Record<string, string> = {
  symlink: "a symbolic link: give the path of the file that it leads to",
  submodule: "a submodule: give the submodule's own repository",
  dir: "a folder: give the path of a file in it",
};

/** A file as GitHub describes it. `content` is base64, and missing above 1 MB. */
interface Entry {
  type: string;
  size: number;
  sha: string;
  encoding?: string;
  content?: string;
}

export class DocumentReader {
  readonly #versions = new ByteLimitedCache<DocumentVersion>(CACHE_BYTES);
  readonly #plainFiles = new ByteLimitedCache<true>(PLAIN_FILES);
  readonly #running = new Map<string, Promise<DocumentVersion>>();

  /** The document at a commit. `branch` is for messages. @throws UserError document-unreadable, too-large */
  async read(place: Place, commit: string, path: string, branch: string): Promise<DocumentVersion> {
    const key = keyOf(place.repository, commit, path);
    const known = this.#versions.get(key) ?? this.#running.get(key);
    if (known !== undefined) return await known;
    // Many turns may start on a new tip at once; one of them reads it.
    const running = this.#load(place, commit, path, branch);
    this.#running.set(key, running);
    try {
      const version = await running;
      this.remember(place.repository, path, version);
      return version;
    } finally {
      this.#running.delete(key);
    }
  }

  /** Takes in a version that is known already, such as one that was just committed. */
  remember(repository: string, path: string, version: DocumentVersion): void {
    const bytes = Buffer.byteLength(version.body) + ENTRY_BYTES;
    this.#versions.set(keyOf(repository, version.headSha, path), version, bytes);
  }

  async #load(
    place: Place,
    commit: string,
    path: string,
    branch: string,
  ): Promise<DocumentVersion> {
    const name = `${path} on the branch ${branch} of ${place.repository}`;
    const entry = await findEntry(place, { commit, path, name });
    const isPlain = this.#plainFiles.get(`${place.repository} ${path}`) ?? false;
    // GitHub follows a symbolic link to a file without a word; only the folder's listing tells.
    const type = entry.type !== "file" || isPlain ? entry.type : await typeOf(place, commit, path);
    const other = WHAT_ELSE[type];
    if (other !== undefined) throw unreadable(`${name} is ${other}.`);
    assertDocumentSize(name, entry.size);
    const body = decodeDocument(name, await bytesOf(place, { commit, path, entry }));
    this.#plainFiles.set(`${place.repository} ${path}`, true, 1);
    return { headSha: commit, blobSha: entry.sha, body };
  }
}

function keyOf(repository: string, commit: string, path: string): string {
  return `${repository}\0${commit}\0${path}`;
}

async function findEntry(
  { octokit, owner, repo }: Place,
  { commit, path, name }: { commit: string; path: string; name: string },
): Promise<Entry> {
  try {
    const headers = { accept: "application/vnd.github.object+json" };
    const { data } = await octokit.rest.repos.getContent({
      owner,
      repo,
      path,
      ref: commit,
      headers,
    });
    return Array.isArray(data) ? { type: "dir", size: 0, sha: "" } : parsed(data);
  } catch (error) {
    if (statusOf(error) === 404) {
      throw unreadable(
        `There is no ${name}: check the path, and push the file if it is not there yet.`,
        { cause: error },
      );
    }
    if (statusOf(error) === 403 && isTooLarge(error)) {
      throw new UserError(
        "too-large",
        `${name} has more than 100 MB, and Redline takes documents of up to 1 MiB: split it.`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Octokit leaves an answer with this media type as the text that it is. */
function parsed(data: Entry | string): Entry {
  return typeof data === "string" ? (JSON.parse(data) as Entry) : data;
}

/** GitHub gives no content at all of files beyond 100 MB. */
function isTooLarge(error: unknown): boolean {
  const { response } = error as { response?: { data?: { errors?: { code?: string }[] } } };
  return response?.data?.errors?.some(({ code }) => code === "too_large") ?? false;
}

/** What the folder's listing says that the path is; a file where it does not say. */
async function typeOf({ octokit, owner, repo }: Place, ref: string, path: string): Promise<string> {
  const folder = path.split("/").slice(0, -1).join("/");
  const { data } = await octokit.rest.repos.getContent({ owner, repo, path: folder, ref });
  const listing = Array.isArray(data) ? data : [];
  return listing.find((entry) => entry.path === path)?.type ?? "file";
}

async function bytesOf(
  { octokit, owner, repo }: Place,
  { commit, path, entry }: { commit: string; path: string; entry: Entry },
): Promise<Buffer> {
  if (entry.encoding === "base64") return Buffer.from(entry.content ?? "", "base64");
  // Octokit would decode the answer as text, and lose a byte order mark and what is not UTF-8.
  const request = { parseSuccessResponseBody: false };
  const headers = { accept: "application/vnd.github.raw+json" };
  const options = { owner, repo, path, ref: commit, headers, request };
  const { data } = await octokit.rest.repos.getContent(options);
  return Buffer.from(await new Response(data as unknown as ReadableStream).arrayBuffer());
}

function unreadable(sentence: string, options?: ErrorOptions): UserError {
  return new UserError("document-unreadable", sentence, options);
}
