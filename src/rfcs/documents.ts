import { DocumentIndex } from "../changes/document-index.ts";
import { UserError } from "../errors.ts";
import type { DocumentHost, DocumentLocation } from "../ports.ts";
import type { Branch, WatchedBranch } from "../store/branches.ts";
import { findBlob, findRfcBranch, putBlob } from "../store/branches.ts";
import type { Db } from "../store/database.ts";
import type { Rfc } from "./rfc.ts";

/** Document versions kept in memory with their indexes: a few of the largest are some tens of megabytes. */
const KEPT_VERSIONS = 16;

/** The document at a branch's tip. */
export interface CurrentDocument {
  rfc: Rfc;
  branch: Branch;
  location: DocumentLocation;
  headSha: string;
  blobSha: string;
  index: DocumentIndex;
}

/** Reads documents from whichever host has them, and keeps their versions. */
export class Documents {
  private readonly db: Db;
  private readonly hosts: readonly DocumentHost[];
  private readonly versions = new Map<string, DocumentIndex>();

  constructor(db: Db, hosts: readonly DocumentHost[]) {
    this.db = db;
    this.hosts = hosts;
  }

  /** @throws UserError repository-unavailable when nobody serves it */
  hostOf(repository: string): DocumentHost {
    const host = this.hosts.find((candidate) => candidate.serves(repository));
    if (host) return host;
    throw new UserError(
      "repository-unavailable",
      `Redline cannot open “${repository}”; give file:///absolute/path of a local Git repository${this.hosts.length > 1 ? ", or owner/name on GitHub" : ". Repositories on GitHub need GITHUB_TOKEN or a GitHub App"}.`,
    );
  }

  /** How often its host wants to be looked at; undefined where nobody serves it. */
  lookEveryMs(repository: string): number | undefined {
    return this.hosts.find((host) => host.serves(repository))?.lookEveryMs;
  }

  /** Where an RFC's document lives on a branch. @throws UserError not-found */
  async locate(rfcSlug: string, branchName: string): Promise<{ rfc: Rfc; branch: WatchedBranch }> {
    const found = await findRfcBranch(this.db, rfcSlug, branchName);
    if (found) return found;
    throw new UserError(
      "not-found",
      `There is no RFC “${rfcSlug}” that is discussed on a branch “${branchName}”.`,
    );
  }

  /** The version of a blob that something is anchored in. */
  async version(blobSha: string): Promise<DocumentIndex> {
    const known = this.versions.get(blobSha);
    if (known) return this.keep(blobSha, known);
    const body = await findBlob(this.db, blobSha);
    if (body === null) throw new Error(`document blob ${blobSha} is not stored`);
    return this.keep(blobSha, new DocumentIndex(body));
  }

  /** Reads the tip and stores its text. @throws UserError as `DocumentHost.read` does */
  async readTip(
    location: DocumentLocation,
  ): Promise<{ headSha: string; blobSha: string; index: DocumentIndex }> {
    const { headSha, blobSha, body } = await this.hostOf(location.repository).read(location);
    const known = this.versions.get(blobSha);
    if (known) return { headSha, blobSha, index: this.keep(blobSha, known) };
    await putBlob(this.db, blobSha, body);
    return { headSha, blobSha, index: this.keep(blobSha, new DocumentIndex(body)) };
  }

  private keep(blobSha: string, index: DocumentIndex): DocumentIndex {
    this.versions.delete(blobSha);
    this.versions.set(blobSha, index);
    if (this.versions.size > KEPT_VERSIONS) {
      const [oldest] = this.versions.keys();
      this.versions.delete(oldest!);
    }
    return index;
  }
}

export function locationOf(branch: WatchedBranch): DocumentLocation {
  const { repository, path, branchName, hostRef } = branch;
  return { repository, path, branch: hostRef ?? branchName };
}
