import type { Change } from "../changes/change.ts";
import { findOverlaps } from "../changes/overlap.ts";
import type { OverlapGroup } from "../changes/overlap.ts";
import type { NewRfc, RfcView } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { DocumentVersion, PullRequestHost } from "../ports.ts";
import { ensureBranch, findBranch } from "../store/branches.ts";
import { listRfcChanges } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { isSlug, violates } from "../store/database.ts";
import { askForLooksAt, lookProblem, watchBranch } from "../store/looks.ts";
import type { CachedPullRequest, SuggestionMode } from "../store/pull-requests.ts";
import { listPullRequests, setSuggestionMode, suggestionMode } from "../store/pull-requests.ts";
import { findRfc, findRfcAt, insertRfc, listRfcs } from "../store/rfcs.ts";
import type { Sight } from "../store/sight.ts";
import { threadsInSight } from "../store/sight.ts";
import { listThreads } from "../store/threads.ts";
import { assertStorable } from "../storable.ts";
import { settledWithin } from "../waiting.ts";
import type { Documents } from "./documents.ts";
import type { FoundDocument } from "./document-finder.ts";
import { DocumentFinder } from "./document-finder.ts";
import { chooseSlug, chooseTitle } from "./registration.ts";
import type { Rfc, RfcSummary } from "./rfc.ts";

export interface RfcDeps {
  sql: Sql;
  documents: Documents;
  pullRequests: readonly PullRequestHost[];
  syncBranch(rfcSlug: string, branchName: string): Promise<void>;
}

/** Whoever looks is shown what was last seen, rather than nothing, while a host does not answer. */
const VIEW_MS = 2_000;
const MAX_TITLE = 200;
/** Of a repository, a path or a branch: more than any of them needs, and short enough for a command line. */
const MAX_NAME = 1_000;
/** Slugs that are tried when others take them at the same time. */
const MAX_SLUGS = 20;

/** The RFCs that are discussed here. */
export class Rfcs {
  private readonly deps: RfcDeps;

  constructor(deps: RfcDeps) {
    this.deps = deps;
  }

  /** Makes an RFC known, after reading it once at the branch's tip. @throws UserError */
  async register(input: NewRfc): Promise<Rfc> {
    assertRfc(input);
    const target = await new DocumentFinder(this.deps).find(input);
    const { repository, path, branch } = target;
    const location = { repository, path, branch: target.hostRef ?? branch };
    const version = await this.deps.documents.hostOf(repository).read(location);
    await this.assertNew(target);
    const name = path.split("/").at(-1)!;
    const title = input.title?.trim() ?? chooseTitle(version.body, target.pullTitle ?? name);
    for (let attempt = 1; ; attempt += 1) {
      const slug = input.slug ?? (await this.freeSlug(path));
      try {
        return await this.insert(
          { slug, title, repository, path, defaultBranch: branch },
          target,
          version,
        );
      } catch (error) {
        const raced = input.slug === undefined && violates(error, "rfcs_pkey");
        if (!raced || attempt === MAX_SLUGS) throw await this.explain(error, slug, target);
      }
    }
  }

  private insert(
    rfc: Omit<Rfc, "createdAt">,
    { hostRef, hasPullRequests }: FoundDocument,
    version: DocumentVersion,
  ): Promise<Rfc> {
    return this.deps.sql.begin(async (tx) => {
      const inserted = await insertRfc(tx, rfc);
      await ensureBranch(tx, rfc.slug, rfc.defaultBranch, version, hostRef);
      const key = { rfcSlug: rfc.slug, branchName: rfc.defaultBranch };
      if (hasPullRequests) await watchBranch(tx, key);
      return inserted;
    });
  }

  /** GitHub's names are the same in any case. */
  private async assertNew(target: FoundDocument): Promise<void> {
    if (!target.hasPullRequests) return;
    const other = await findRfcAt(this.deps.sql, target, "any case");
    if (other) throw alreadyDiscussed(other);
  }

  private async freeSlug(path: string): Promise<string> {
    const taken = (await listRfcs(this.deps.sql)).map((rfc) => rfc.slug);
    return chooseSlug(path, new Set(taken));
  }

  private async explain(error: unknown, slug: string, at: FoundDocument): Promise<unknown> {
    if (violates(error, "rfcs_pkey")) {
      return new UserError(
        "already-exists",
        `There is an RFC “${slug}” already; choose another slug.`,
      );
    }
    const same = violates(error, "rfcs_repository_path_default_branch_key");
    const other = same ? await findRfcAt(this.deps.sql, at) : null;
    return other ? alreadyDiscussed(other) : error;
  }

  /** A branch of an RFC, made known at its tip when a conversation about it begins. @throws UserError */
  async ensureBranch(rfcSlug: string, branchName: string): Promise<void> {
    const { sql, documents } = this.deps;
    const rfc = await this.find(rfcSlug);
    assertName(branchName, "branch");
    if (await findBranch(sql, rfcSlug, branchName)) return;
    const { repository, path } = rfc;
    const { hostRef, hasPullRequests } = await new DocumentFinder(this.deps).find({
      repository,
      path,
      branch: branchName,
    });
    const location = { repository, path, branch: hostRef ?? branchName };
    const version = await documents.hostOf(repository).read(location);
    await sql.begin(async (tx) => {
      await ensureBranch(tx, rfcSlug, branchName, version, hostRef);
      if (hasPullRequests) await watchBranch(tx, { rfcSlug, branchName });
    });
  }

  /** Whether suggestions are posted by themselves in the RFC's repository. @throws UserError */
  async chooseSuggestionMode(slug: string, mode: SuggestionMode): Promise<void> {
    const { repository } = await this.find(slug);
    if (!this.pullRequestHost(repository)) {
      throw new UserError(
        "invalid-request",
        "The RFC's repository has no pull requests, so there are no suggestions to post.",
      );
    }
    await this.deps.sql.begin(async (tx) => {
      await setSuggestionMode(tx, repository, mode);
      await askForLooksAt(tx, { repository, branch: null, pullNumber: null });
    });
  }

  private pullRequestHost(repository: string): PullRequestHost | undefined {
    return this.deps.pullRequests.find((host) => host.serves(repository));
  }

  list(sight: Sight = null): Promise<RfcSummary[]> {
    return listRfcs(this.deps.sql, sight);
  }

  /** Everything about an RFC; its document at the tip of the default branch. @throws UserError not-found */
  async view(slug: string, sight: Sight = null): Promise<RfcView> {
    const { sql, documents } = this.deps;
    const rfc = await this.find(slug);
    const sync = this.deps.syncBranch(slug, rfc.defaultBranch);
    if (await settledWithin(sync, VIEW_MS)) await sync;
    const branch = await findBranch(sql, slug, rfc.defaultBranch);
    const hasPullRequests = this.pullRequestHost(rfc.repository) !== undefined;
    const [sees, allThreads, allChanges, pulls, reviewProblem, mode] = await Promise.all([
      threadsInSight(sql, sight, slug),
      listThreads(sql, slug),
      listRfcChanges(sql, slug),
      listPullRequests(sql, slug, rfc.defaultBranch),
      lookProblem(sql, { rfcSlug: slug, branchName: rfc.defaultBranch }),
      hasPullRequests ? suggestionMode(sql, rfc.repository) : null,
    ]);
    const threads = allThreads.filter(({ id }) => sees(id));
    const changes = allChanges.filter(({ threadId }) => sees(threadId));
    const pull = pulls[0] ?? null;
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
      problem: branch ? describeProblem(branch.problem, pull) : null,
      pullRequest: pull,
      suggestionMode: mode,
      reviewProblem,
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

function alreadyDiscussed({ slug }: Rfc): UserError {
  return new UserError("already-exists", `This document is discussed already, as “${slug}”.`);
}

/** A branch that is gone after its pull request has ended is nothing to be mended. */
function describeProblem(problem: string | null, pull: CachedPullRequest | null): string | null {
  if (problem === null || !pull || pull.state === "open") return problem;
  return `Pull request #${pull.number} was ${pull.state}; its branch can no longer be read (${problem.replace(/\.$/, "")}).`;
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
  for (const [name, text] of Object.entries(input)) {
    if (text !== undefined) assertName(text, name);
  }
  if (input.slug !== undefined && !isSlug(input.slug)) {
    throw new UserError(
      "invalid-request",
      "A slug has 1 to 100 small letters, digits, dots, dashes or underscores, and begins with a letter or digit.",
    );
  }
  const title = input.title?.trim();
  if (title === "" || (title ?? "").length > MAX_TITLE) {
    throw new UserError("invalid-request", `A title has 1 to ${MAX_TITLE} characters.`);
  }
}
