import { Alignment } from "../changes/alignment.ts";
import type { Change } from "../changes/change.ts";
import { DocumentIndex } from "../changes/document-index.ts";
import { editOf } from "../changes/edit.ts";
import type { CommonEdges, StepBack } from "../changes/lineage.ts";
import {
  changedLines,
  commonEdges,
  stepBack,
  stepBackByEdges,
  trimmed,
} from "../changes/lineage.ts";
import type { Passage } from "../changes/placement.ts";
import { applyPlacement, isPlaced } from "../changes/placement.ts";
import { rebaseAll } from "../changes/rebase.ts";
import { UserError } from "../errors.ts";
import type { CommitInfo, DocumentLocation } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import { listChangesById } from "../store/changes.ts";
import type { VersionRow } from "../store/stories.ts";
import {
  listChangesByCommit,
  listChangesOfCommits,
  listChangesOfVersion,
  listVersions,
  readBlobs,
  tellStories,
} from "../store/stories.ts";
import { isUuid } from "../store/database.ts";
import type { Documents } from "./documents.ts";
import { locationOf } from "./documents.ts";
import type { CommitNote, CommitView, WhyStep, WhyView } from "./insight.ts";

/** A step from one text to the next, and what is known of who took it. */
interface Step {
  earlier: DocumentIndex;
  later: DocumentIndex;
  at: Date;
  commit: CommitNote | null;
  changes: Change[];
}

/** Reading more commits of one step than this is not worth the wait: it is told as one. */
const MOST_COMMITS = 40;
const VERSIONS_AT_ONCE = 16;
const KEPT_EDGES = 20_000;
/** Steps that one answer tells; nobody reads further back. */
const MOST_STEPS = 50;

/** How passages came to read as they do, out of the versions that were seen and the changes accepted. */
export class PassageHistory {
  private readonly sql: Sql;
  private readonly documents: Documents;
  /** By the shas of two versions: most questions are answered without reading either. */
  private readonly edges = new Map<string, CommonEdges>();
  private readonly lengths = new Map<string, number>();

  constructor(sql: Sql, documents: Documents) {
    this.sql = sql;
    this.documents = documents;
  }

  /** @throws UserError not-found when `blobSha` is no version of the branch */
  async why(
    at: { rfcSlug: string; branchName: string },
    { start, end, blobSha }: Passage & { blobSha: string },
  ): Promise<WhyView> {
    const { branch } = await this.documents.locate(at.rfcSlug, at.branchName);
    const versions = await listVersions(this.sql, at.rfcSlug, at.branchName);
    const from = versions.findLastIndex((version) => version.blobSha === blobSha);
    if (from < 0) {
      throw new UserError("not-found", "The document was edited meanwhile; choose the text again.");
    }
    const index = await this.documents.version(blobSha);
    const asked = trimmed(index.text, { start, end });
    if (end > index.text.length || asked.start >= asked.end) {
      throw new UserError("invalid-request", "Choose some text of the document first.");
    }
    await this.learnEdges(versions.slice(0, from + 1));
    const steps: WhyStep[] = [];
    let passage: Passage | null = asked;
    for (let k = from; k > 0 && passage !== null && steps.length < MOST_STEPS; k -= 1) {
      const pair = { earlier: versions[k - 1]!, later: versions[k]! };
      const known = this.quickStep(pair, await this.lengthOf(pair.later), passage);
      if (known !== null) {
        passage = known.before;
        continue;
      }
      const told = await this.stepThrough(locationOf(branch), at, pair, passage);
      steps.push(...told.steps);
      passage = told.passage;
    }
    return {
      text: index.text.slice(asked.start, asked.end),
      steps: steps.slice(0, MOST_STEPS),
      isFromBeginning: passage !== null && steps.length < MOST_STEPS,
      knownSince: versions[0]!.seenAt,
    };
  }

  /** @throws UserError not-found */
  async commit(at: { rfcSlug: string; branchName: string }, prefix: string): Promise<CommitView> {
    const { branch } = await this.documents.locate(at.rfcSlug, at.branchName);
    const sha = prefix.toLowerCase();
    if (!/^[0-9a-f]{7,64}$/.test(sha)) throw noSuchCommit();
    const found = await listChangesByCommit(this.sql, at.rfcSlug, sha);
    const shas = new Set(found.map((row) => row.commitSha));
    if (shas.size > 1) {
      throw new UserError("ambiguous", "Several commits begin like this; give more characters.");
    }
    const changes = await listChangesById(
      this.sql,
      found.map((row) => row.id),
    );
    const versions = await listVersions(this.sql, at.rfcSlug, at.branchName);
    const location = locationOf(branch);
    const [first, last] = [versions[0], versions.at(-1)];
    const commits = await this.commitsBetween(location, first?.headSha, last?.headSha);
    const info = commits.find((commit) => commit.sha.startsWith([...shas][0] ?? sha));
    const step = versions.findIndex((version) => version.headSha?.startsWith(sha));
    const full = [...shas][0] ?? info?.sha ?? versions[step]?.headSha;
    if (full == null) throw noSuchCommit();
    return {
      commit: noteOf(full, info),
      at: changes[0]?.decidedAt ?? versions[step]?.seenAt ?? null,
      stories: await tellStories(this.sql, changes),
      outside:
        changes.length > 0 ? null : await this.outsideEdit(location, versions, commits, full, step),
    };
  }

  private async outsideEdit(
    location: DocumentLocation,
    versions: readonly VersionRow[],
    commits: readonly CommitInfo[],
    sha: string,
    step: number,
  ): Promise<CommitView["outside"]> {
    const touching = commits.filter((commit) => commit.touchesPath);
    const at = touching.findIndex((commit) => commit.sha === sha);
    const host = this.documents.hostOf(location.repository);
    const after = await host.readAt(location, sha).catch(() => null);
    const parent = touching[at - 1]?.sha;
    const before =
      parent === undefined || at < 0 ? null : await host.readAt(location, parent).catch(() => null);
    if (before !== null && after !== null) return changedLines(before, after);
    const pair = step > 0 ? [versions[step - 1]!, versions[step]!] : versions.slice(0, 1);
    const [earlier, later] = await Promise.all(
      pair.map((version) => this.documents.version(version.blobSha)),
    );
    const now = after ?? later?.text;
    return earlier && now !== undefined && at <= 0 ? changedLines(earlier.text, now) : null;
  }

  private quickStep(
    { earlier, later }: { earlier: VersionRow; later: VersionRow },
    laterLength: number,
    passage: Passage,
  ): { before: Passage } | null {
    const edges = this.edges.get(`${earlier.blobSha} ${later.blobSha}`);
    const step = edges === undefined ? null : stepBackByEdges(edges, laterLength, passage);
    return step?.kind === "same" ? step : null;
  }

  private async lengthOf(version: VersionRow): Promise<number> {
    const known = this.lengths.get(version.blobSha);
    if (known !== undefined) return known;
    const { length } = (await this.documents.version(version.blobSha)).text;
    this.lengths.set(version.blobSha, length);
    return length;
  }

  /** Compares neighbours that were not compared before. */
  private async learnEdges(versions: readonly VersionRow[]): Promise<void> {
    if (this.edges.size > KEPT_EDGES) {
      this.edges.clear();
      this.lengths.clear();
    }
    for (let from = 1; from < versions.length; from += VERSIONS_AT_ONCE) {
      const some = versions.slice(from - 1, from + VERSIONS_AT_ONCE);
      const pairs = some.slice(1).map((later, at) => [some[at]!.blobSha, later.blobSha] as const);
      const unknown = pairs.filter((pair) => !this.edges.has(pair.join(" ")));
      if (unknown.length === 0) continue;
      const bodies = await readBlobs(this.sql, [...new Set(unknown.flat())]);
      for (const [earlier, later] of unknown) {
        const [then, now] = [bodies.get(earlier)!, bodies.get(later)!];
        this.edges.set(`${earlier} ${later}`, commonEdges(then, now));
        this.lengths.set(later, now.length);
      }
    }
  }

  /** Tells a step between two versions that the edges leave open, commit by commit where that is needed. */
  private async stepThrough(
    location: DocumentLocation,
    at: { rfcSlug: string; branchName: string },
    pair: { earlier: VersionRow; later: VersionRow },
    passage: Passage,
  ): Promise<{ steps: WhyStep[]; passage: Passage | null }> {
    const earlier = await this.documents.version(pair.earlier.blobSha);
    const later = await this.documents.version(pair.later.blobSha);
    const whole = stepBack(earlier, later, passage);
    if (whole.kind === "same") return { steps: [], passage: whole.before };
    const parts = await this.resolve(location, at, pair, { earlier, later });
    const steps: WhyStep[] = [];
    let here: Passage | null = passage;
    for (const part of parts.toReversed()) {
      if (here === null) break;
      const back: StepBack = parts.length === 1 ? whole : stepBack(part.earlier, part.later, here);
      if (back.kind !== "same") steps.push(await this.tell(part, back, here));
      here = back.kind === "born" ? null : back.before;
    }
    return { steps, passage: here };
  }

  private async tell(step: Step, back: StepBack, here: Passage): Promise<WhyStep> {
    const { before } = back.kind === "born" ? { before: null } : back;
    const changes = await this.concerned(step, here);
    const stories = await tellStories(this.sql, changes);
    return {
      at: stories[0]?.change.decidedAt ?? step.at,
      commit: step.commit,
      before: before && step.earlier.text.slice(before.start, before.end),
      after: step.later.text.slice(here.start, here.end),
      stories,
    };
  }

  /** The single steps that lie between two versions; one for all where the commits cannot be read. */
  private async resolve(
    location: DocumentLocation,
    { rfcSlug, branchName }: { rfcSlug: string; branchName: string },
    pair: { earlier: VersionRow; later: VersionRow },
    texts: { earlier: DocumentIndex; later: DocumentIndex },
  ): Promise<Step[]> {
    const { headSha, seenAt } = pair.later;
    const ids =
      headSha === null
        ? await listChangesOfVersion(this.sql, rfcSlug, branchName, pair.earlier.blobSha)
        : await listChangesOfCommits(this.sql, rfcSlug, [headSha]);
    const changes = await listChangesById(this.sql, ids);
    const commit = headSha === null ? null : noteOf(headSha, undefined);
    const one: Step = { ...texts, at: seenAt, commit, changes };
    if (changes.length === 1 && (await this.makes(changes[0]!, one))) return [one];
    const all = await this.commitsBetween(location, pair.earlier.headSha, headSha);
    const commits = all.filter((info) => info.touchesPath);
    const [only] = commits;
    if (only && commits.length === 1) {
      return [
        { ...one, commit: noteOf(only.sha, only), changes: await this.changesOf(rfcSlug, only) },
      ];
    }
    return (await this.readCommits(location, rfcSlug, commits, one)) ?? [one];
  }

  private async readCommits(
    location: DocumentLocation,
    rfcSlug: string,
    commits: readonly CommitInfo[],
    whole: Step,
  ): Promise<Step[] | null> {
    if (commits.length === 0 || commits.length > MOST_COMMITS) return null;
    const host = this.documents.hostOf(location.repository);
    const steps: Step[] = [];
    let { earlier } = whole;
    for (const info of commits) {
      const body = await host.readAt(location, info.sha).catch(() => null);
      if (body === null) return null;
      const later = new DocumentIndex(body);
      const changes = await this.changesOf(rfcSlug, info);
      steps.push({ earlier, later, at: whole.at, commit: noteOf(info.sha, info), changes });
      earlier = later;
    }
    return earlier.text === whole.later.text ? steps : null;
  }

  private async changesOf(rfcSlug: string, { sha, changeIds }: CommitInfo): Promise<Change[]> {
    const ids = await listChangesOfCommits(this.sql, rfcSlug, [sha]);
    const named = changeIds.filter((id) => isUuid(id));
    const changes = await listChangesById(this.sql, [...new Set([...ids, ...named])]);
    return changes.filter((change) => change.rfcSlug === rfcSlug && change.state === "accepted");
  }

  /** No commits where the host cannot tell. */
  private async commitsBetween(
    location: DocumentLocation,
    from: string | null | undefined,
    to: string | null | undefined,
  ): Promise<CommitInfo[]> {
    if (from == null || to == null) return [];
    try {
      return await this.documents.hostOf(location.repository).commitsBetween(location, from, to);
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  }

  /** Whether the change, and nothing else, is what lies between the two texts. */
  private async makes(change: Change, { earlier, later }: Step): Promise<boolean> {
    const placement = await this.placeIn(change, earlier);
    return placement !== null && applyPlacement(earlier.text, placement) === later.text;
  }

  /** Those of the step's changes that had to do with the passage `here` of the later text. */
  private async concerned(step: Step, here: Passage): Promise<Change[]> {
    const { changes, earlier, later } = step;
    if (changes.length === 0) return [];
    const alignment = new Alignment(earlier, later);
    const concerned: Change[] = [];
    for (const change of changes) {
      const place = (await this.placeIn(change, earlier))?.passage;
      // A change whose place is not known any more is believed when it is the only one of its commit.
      if (!place) {
        if (changes.length === 1) concerned.push(change);
        continue;
      }
      const { outer } = alignment.borders(place);
      if (outer.start <= here.end && outer.end >= here.start) concerned.push(change);
    }
    return concerned;
  }

  private async placeIn(change: Change, text: DocumentIndex): Promise<Change["placement"] | null> {
    const base = await this.documents.version(change.baseBlobSha);
    const { id, placement } = change;
    const item = { id, edit: editOf(change), placement };
    const outcome = rebaseAll(base, text, [item]).get(id)!;
    return outcome.kind === "fresh" && isPlaced(outcome.placement) ? outcome.placement : null;
  }
}

function noteOf(sha: string, info: CommitInfo | undefined): CommitNote {
  return { sha, authorName: info?.authorName ?? null, subject: info?.subject ?? null };
}

function noSuchCommit(): UserError {
  return new UserError("not-found", "Redline knows no such commit of this document.");
}
