import type { Change } from "../changes/change.ts";
import { findOverlaps } from "../changes/overlap.ts";
import type { OverlapGroup } from "../changes/overlap.ts";
import type { NewRfc, RfcView } from "../engine.ts";
import { UserError } from "../errors.ts";
import { ensureBranch, findBranch } from "../store/branches.ts";
import { listRfcChanges } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { violates } from "../store/database.ts";
import { findRfc, findRfcAt, insertRfc, isSlug, listRfcs } from "../store/rfcs.ts";
import { listThreads } from "../store/threads.ts";
import { assertStorable } from "../storable.ts";
import type { Documents } from "./documents.ts";
import type { Rfc, RfcSummary } from "./rfc.ts";

export interface RfcDeps {
  sql: Sql;
  documents: Documents;
  syncBranch(rfcSlug: string, branchName: string): Promise<void>;
}

const MAX_TITLE = 200;
/** Of a repository, a path or a branch: more than any of them needs, and short enough for a command line. */
const MAX_NAME = 1_000;

/** The RFCs that are discussed here. */
export class Rfcs {
  private readonly deps: RfcDeps;

  constructor(deps: RfcDeps) {
    this.deps = deps;
  }

  /** Makes an RFC known, after reading it once at the branch's tip. @throws UserError */
  async register(input: NewRfc): Promise<Rfc> {
    const { documents, sql } = this.deps;
    assertRfc(input);
    const location = { repository: input.repository, path: input.path, branch: input.branch };
    const version = await documents.hostOf(input.repository).read(location);
    try {
      return await sql.begin(async (tx) => {
        const rfc = await insertRfc(tx, {
          slug: input.slug,
          title: input.title.trim(),
          repository: input.repository,
          path: input.path,
          defaultBranch: input.branch,
        });
        await ensureBranch(tx, rfc.slug, input.branch, version);
        return rfc;
      });
    } catch (error) {
      if (violates(error, "rfcs_pkey")) {
        throw new UserError(
          "already-exists",
          `There is an RFC “${input.slug}” already; choose another slug.`,
        );
      }
      const same = violates(error, "rfcs_repository_path_default_branch_key");
      const other = same ? await findRfcAt(sql, location) : null;
      if (other) {
        throw new UserError(
          "already-exists",
          `This document is discussed already, as “${other.slug}”.`,
        );
      }
      throw error;
    }
  }

  /** A branch of an RFC, made known at its tip when a conversation about it begins. @throws UserError */
  async ensureBranch(rfcSlug: string, branchName: string): Promise<void> {
    const { sql, documents } = this.deps;
    const rfc = await this.find(rfcSlug);
    assertName(branchName, "branch");
    if (await findBranch(sql, rfcSlug, branchName)) return;
    const location = { repository: rfc.repository, path: rfc.path, branch: branchName };
    const version = await documents.hostOf(rfc.repository).read(location);
    await ensureBranch(sql, rfcSlug, branchName, version);
  }

  list(): Promise<RfcSummary[]> {
    return listRfcs(this.deps.sql);
  }

  /** Everything about an RFC; its document at the tip of the default branch. @throws UserError not-found */
  async view(slug: string): Promise<RfcView> {
    const { sql, documents } = this.deps;
    const rfc = await this.find(slug);
    await this.deps.syncBranch(slug, rfc.defaultBranch);
    const branch = await findBranch(sql, slug, rfc.defaultBranch);
    const [threads, changes] = await Promise.all([
      listThreads(sql, slug),
      listRfcChanges(sql, slug),
    ]);
    const readable = branch && branch.problem === null;
    const document = readable
      ? {
          body: (await documents.version(branch.blobSha)).text,
          headSha: branch.headSha,
          blobSha: branch.blobSha,
        }
      : null;
    return {
      rfc,
      overlaps: overlapsOf(changes, branch?.blobSha),
      branch: rfc.defaultBranch,
      document,
      problem: branch?.problem ?? null,
      threads,
      changes,
    };
  }

  private async find(slug: string): Promise<Rfc> {
    if (!isSlug(slug)) throw new UserError("not-found", "There is no RFC of that name.");
    const rfc = await findRfc(this.deps.sql, slug);
    if (!rfc) throw new UserError("not-found", `There is no RFC “${slug}”.`);
    return rfc;
  }
}

/** Only of changes that are placed in the version that is shown. */
function overlapsOf(changes: readonly Change[], blobSha: string | undefined): OverlapGroup[] {
  const placed = changes.flatMap(({ id, state, baseBlobSha, placement: { passage } }) =>
    state === "pending" && baseBlobSha === blobSha && passage ? [{ id, passage }] : [],
  );
  return findOverlaps(placed);
}

function assertName(text: string, what: string): void {
  assertStorable(text, what);
  if (text.length > MAX_NAME) {
    throw new UserError("too-large", `The ${what} has at most ${MAX_NAME} characters.`);
  }
}

function assertRfc(input: NewRfc): void {
  for (const [name, text] of Object.entries(input)) assertName(text, name);
  if (!isSlug(input.slug)) {
    throw new UserError(
      "invalid-request",
      "A slug has 1 to 100 small letters, digits, dots, dashes or underscores, and begins with a letter or digit.",
    );
  }
  const title = input.title.trim();
  if (title === "" || title.length > MAX_TITLE) {
    throw new UserError("invalid-request", `A title has 1 to ${MAX_TITLE} characters.`);
  }
}
