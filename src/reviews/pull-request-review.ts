/** One look at a branch's pull request: gathers both sides, and brings them together. */
import { transact } from "../conversation/transact.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type {
  PullRequest,
  PullRequestComment,
  PullRequestHost,
  ReviewThread,
  StreamRelay,
} from "../ports.ts";
import { HostBusy } from "../ports.ts";
import type { CurrentDocument, Documents } from "../rfcs/documents.ts";
import { locationOf } from "../rfcs/documents.ts";
import type { ReviewedChange } from "../store/branch-changes.ts";
import { listReviewedChanges } from "../store/branch-changes.ts";
import type { WatchedBranch } from "../store/branches.ts";
import { findBranch, setHostRef } from "../store/branches.ts";
import type { Sql } from "../store/database.ts";
import { hearsFrom } from "../store/inbox.ts";
import type { LookKey } from "../store/looks.ts";
import { insertSystemMessage } from "../store/messages.ts";
import type { CachedPullRequest } from "../store/pull-requests.ts";
import {
  countOpen,
  listPullRequests,
  listUnfinished,
  putPullRequest,
  suggestionMode,
} from "../store/pull-requests.ts";
import type { Suggestion } from "./suggestion.ts";
import { listSuggestions, setResolved } from "../store/suggestions.ts";
import { lockThreads } from "../store/threads.ts";
import type { CloseOutDeps } from "./close-out.ts";
import { closeOut } from "./close-out.ts";
import { describeAnswer } from "./describe-answer.ts";
import type { Links } from "./links.ts";
import { nextLookMs } from "./look-pace.ts";
import type { ReviewConversationDeps } from "./review-conversation.ts";
import { ReviewConversation } from "./review-conversation.ts";
import type { Scene } from "./scene.ts";
import { showChanges } from "./show-changes.ts";
import { postOutcomes, showConcerns } from "./show-concerns.ts";
import { HeadMoved } from "./suggestion-desk.ts";

export interface PullRequestReviewDeps extends Pick<
  ReviewConversationDeps,
  "post" | "record" | "reopen" | "cancel"
> {
  sql: Sql;
  relay: StreamRelay;
  logger: Logger;
  metrics: Metrics;
  documents: Documents;
  hosts: readonly PullRequestHost[];
  links: Links;
  /** Tells the console's address. */
  publicUrl(): string;
  /** The document at the tip, with its pending changes brought to it. */
  currentDocument(rfcSlug: string, branchName: string): Promise<CurrentDocument>;
  /** Between two looks at an open pull request that no event asks for, where none come in at all. */
  pollMs: number;
  recordEnd: CloseOutDeps["recordEnd"];
}

const MS = {
  /** After this long without an event, a repository counts as one that sends none. */
  heard: 60 * 60_000,
  unserved: 5 * 60_000,
};

export class PullRequestReview {
  private readonly deps: PullRequestReviewDeps;

  constructor(deps: PullRequestReviewDeps) {
    this.deps = deps;
  }

  /** One look; milliseconds until the next. @throws HeadMoved when it is to be taken again */
  async review({ rfcSlug, branchName }: LookKey, assertHeld: () => void): Promise<number> {
    const { sql, documents } = this.deps;
    const { rfc, branch } = await documents.locate(rfcSlug, branchName);
    const host = this.deps.hosts.find((candidate) => candidate.serves(branch.repository));
    if (!host) return MS.unserved;
    const pull = await this.findPull(host, branch);
    const cached = pull && (await this.remember(branch, pull));
    const stages = (await listUnfinished(sql, rfcSlug, branchName)).map(
      (ended) => () => this.reviewEnded({ rfc, branch, host, cached: ended }, assertHeld),
    );
    if (pull && cached) {
      const scene = { rfc, branch, host, pull, cached };
      const comments = once(() => host.comments(branch.repository, pull.number));
      if (pull.state === "open") stages.push(() => this.reviewOpen(scene, comments, assertHeld));
      stages.push(
        async () => showConcerns(this.deps, scene, await comments(), assertHeld),
        () => postOutcomes(this.deps, scene, comments, assertHeld),
      );
      stages.push(() => this.converse(scene, comments, assertHeld));
    } else stages.push(() => this.deps.currentDocument(rfcSlug, branchName).then(() => {}));
    await runAll(stages);
    const [hears, open] = await Promise.all([
      hearsFrom(sql, "github", branch.repository.toLowerCase(), MS.heard),
      countOpen(sql),
    ]);
    return nextLookMs({ state: pull?.state ?? null, hears, open, pollMs: this.deps.pollMs });
  }

  /** The branch's open pull request, else the one that was known last. */
  private async findPull(
    host: PullRequestHost,
    branch: WatchedBranch,
  ): Promise<PullRequest | null> {
    const { repository, branchName, hostRef } = branch;
    const known = (await listPullRequests(this.deps.sql, branch.rfcSlug, branchName))[0] ?? null;
    const forkNumber = /^refs\/pull\/(\d+)\/head$/.exec(hostRef ?? "")?.[1];
    if (forkNumber) {
      const pull = await host.get(repository, Number(forkNumber));
      if (pull.state === "open") return pull;
      if (known?.state === "open") await this.remember(branch, pull);
    }
    if (known?.state === "open" && known.number !== Number(forkNumber)) {
      const pull = await host.get(repository, known.number);
      if (pull.state === "open") return pull;
      // Another one may follow it already, from the same branch.
      await this.remember(branch, pull);
    }
    const [open] = await host.listOpen(repository, branchName);
    if (open) {
      // The branch is there again, if it was gone.
      if (hostRef !== null) await setHostRef(this.deps.sql, branch, null);
      return host.get(repository, open.number);
    }
    return known ? host.get(repository, known.number) : null;
  }

  private async remember(branch: WatchedBranch, pull: PullRequest): Promise<CachedPullRequest> {
    const readOnly = pull.state === "open" ? await this.whyReadOnly(branch) : null;
    return this.deps.sql.begin((tx) => putPullRequest(tx, branch, pull, readOnly));
  }

  private async whyReadOnly(branch: WatchedBranch): Promise<string | null> {
    try {
      await this.deps.documents.hostOf(branch.repository).assertWritable(locationOf(branch));
      return null;
    } catch (error) {
      if (error instanceof UserError && !(error instanceof HostBusy)) return error.message;
      throw error;
    }
  }

  /** Shows on an open pull request what is pending here. */
  private async reviewOpen(
    scene: Scene,
    comments: () => Promise<PullRequestComment[]>,
    assertHeld: () => void,
  ): Promise<void> {
    const { sql } = this.deps;
    const { rfc, branch, pull } = scene;
    const document = await this.documentAt(branch, pull.headSha);
    // The host may tell the new head of the branch and the old one of the pull request for a moment.
    if (document.headSha !== pull.headSha) {
      throw new HeadMoved(`${branch.repository}#${pull.number}`);
    }
    const rows = await listSuggestions(sql, rfc.slug, pull.number);
    const threads = once(() => this.readThreads(scene));
    await this.noteResolved(scene, rows, threads);
    await showChanges(this.deps, scene, {
      document,
      changes: await listReviewedChanges(sql, rfc.slug, branch.branchName),
      rows,
      comments: await comments(),
      threads,
      posting: await suggestionMode(sql, branch.repository),
      assertHeld,
    });
  }

  /** Not asked of the host again, where it has just told that nothing moved. */
  private async documentAt(
    branch: WatchedBranch,
    headSha: string,
  ): Promise<Pick<CurrentDocument, "headSha" | "blobSha" | "index" | "location">> {
    if (branch.headSha !== headSha || branch.problem !== null) {
      return this.deps.currentDocument(branch.rfcSlug, branch.branchName);
    }
    const { blobSha } = branch;
    const index = await this.deps.documents.version(blobSha);
    return { headSha, blobSha, index, location: locationOf(branch) };
  }

  /** Brings what was decided to a pull request that has ended. */
  private async reviewEnded(
    { rfc, branch, host, cached }: Omit<Scene, "pull">,
    assertHeld: () => void,
  ): Promise<void> {
    const pull = await host.get(branch.repository, cached.number);
    if (pull.state === "open") return void (await this.remember(branch, pull));
    // What was applied there last is accepted, not withdrawn.
    const last = await this.followToEnd(branch, pull);
    await closeOut(this.deps, { rfc, branch: last, host, pull, cached }, assertHeld);
  }

  /** Brings the branch to the last head; where it was deleted, by the pull request's own ref. */
  private async followToEnd(branch: WatchedBranch, pull: PullRequest): Promise<WatchedBranch> {
    const { sql } = this.deps;
    const { rfcSlug, branchName } = branch;
    const follow = () =>
      this.deps.currentDocument(rfcSlug, branchName).catch((error: unknown) => {
        if (error instanceof HostBusy || !(error instanceof UserError)) throw error;
        return null;
      });
    if ((await follow()) === null && branch.hostRef === null) {
      await setHostRef(sql, branch, `refs/pull/${pull.number}/head`);
      if ((await follow()) === null) await setHostRef(sql, branch, null);
    }
    return (await findBranch(sql, rfcSlug, branchName)) ?? branch;
  }

  /** Takes in what people wrote, and gives out what was answered. */
  private async converse(
    scene: Scene,
    comments: () => Promise<PullRequestComment[]>,
    assertHeld: () => void,
  ): Promise<void> {
    const { sql, documents } = this.deps;
    const { rfc, branch, host, pull } = scene;
    const now = (await findBranch(sql, rfc.slug, branch.branchName)) ?? branch;
    const isAtHead = now.headSha === pull.headSha;
    const conversation = this.conversation(scene, assertHeld);
    await conversation.takeIn({
      comments: await comments(),
      suggestions: await listSuggestions(sql, rfc.slug, pull.number),
      names: await host.ownNames(branch.repository),
      since: toSecond(rfc.createdAt),
      document: isAtHead
        ? { path: now.path, text: (await documents.version(now.blobSha)).text }
        : null,
    });
    await conversation.giveOut(await comments());
  }

  /** None where the host does not tell them: all else goes on without. */
  private async readThreads({ branch, host, pull }: Scene): Promise<ReviewThread[]> {
    try {
      return await host.reviewThreads(branch.repository, pull.number);
    } catch (error) {
      if (error instanceof HostBusy) throw error;
      const at = { repository: branch.repository, pull: pull.number };
      this.deps.logger.warn({ ...at, err: error }, "the review's threads could not be read");
      return [];
    }
  }

  /** Threads that people settled by hand without applying the suggestion. */
  private async noteResolved(
    { rfc, branch, host, pull }: Scene,
    rows: readonly Suggestion[],
    threads: () => Promise<ReviewThread[]>,
  ): Promise<void> {
    const live = rows.filter((row) => row.state === "live" && row.form !== "conversation");
    if (live.length === 0) return;
    const threadOf = new Map((await threads()).map((thread) => [thread.commentNodeId, thread]));
    const moved = live.flatMap((row) => {
      const thread = threadOf.get(row.nodeId!);
      return thread && thread.isResolved !== (row.resolvedAt !== null) ? [{ row, thread }] : [];
    });
    if (moved.length === 0) return;
    // Applying a suggestion settles its thread too; then the head has moved.
    const now = await host.get(branch.repository, pull.number);
    if (now.headSha !== pull.headSha) throw new HeadMoved(`${branch.repository}#${pull.number}`);
    const changes = await listReviewedChanges(this.deps.sql, rfc.slug, branch.branchName);
    for (const { row, thread } of moved) {
      const found = changes.find(({ change }) => change.id === row.changeId);
      if (found?.change.state === "pending") await this.tellResolved(found, row, thread);
    }
  }

  private async tellResolved(
    { change }: ReviewedChange,
    row: Suggestion,
    thread: ReviewThread,
  ): Promise<void> {
    await transact(this.deps.sql, this.deps.relay, async (tx, emit) => {
      await lockThreads(tx, [change.threadId]);
      if (!(await setResolved(tx, row.id, thread.isResolved)) || !thread.isResolved) return;
      const who = thread.resolvedBy?.login ?? "Somebody";
      const note = `${who} resolved the suggestion for change #${change.number} on GitHub without applying it; the change is still open for a decision.`;
      const messageId = await insertSystemMessage(tx, change.threadId, note);
      await emit(change.threadId, { kind: "message", messageId, role: "system" });
    });
  }

  private conversation(
    { rfc, branch, host, pull }: Scene,
    assertHeld: () => void,
  ): ReviewConversation {
    const { sql, relay, logger, links, post, record, reopen, cancel } = this.deps;
    const { branchName, repository } = branch;
    return new ReviewConversation(
      {
        sql,
        relay,
        host,
        logger,
        post,
        record,
        reopen,
        cancel,
        assertHeld,
        answerBody: (answer) => describeAnswer(sql, links, rfc, answer),
        discussedIn: (threadId) => ({
          label: "the conversation in Redline",
          url: links.thread(rfc.slug, threadId),
        }),
      },
      { rfcSlug: rfc.slug, branchName, repository, pull },
    );
  }
}

/** Runs every stage; what one meets is thrown after all of them. */
async function runAll(stages: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const stage of stages) await stage().catch((error: unknown) => errors.push(error));
  // To look again soon is no news beside what went wrong.
  const [first] = errors.toSorted(
    (a, b) => Number(a instanceof HeadMoved) - Number(b instanceof HeadMoved),
  );
  if (errors.length > 0) throw first;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= work());
}

/** GitHub's times are whole seconds. */
function toSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
