/** Puts the engine together out of its parts and the seams that it is given. */
import { ChangeCommitter } from "./changes/commit-change.ts";
import { Decisions } from "./changes/decisions.ts";
import { noSuchChange } from "./changes/decisions.ts";
import { Proposals } from "./changes/proposals.ts";
import { Conversations } from "./conversation/conversations.ts";
import { Models } from "./conversation/models.ts";
import { ThreadStreams } from "./conversation/thread-streams.ts";
import type { TurnSettings } from "./conversation/attempt.ts";
import { TurnRunner } from "./conversation/turn-runner.ts";
import type { Engine } from "./engine.ts";
import type { Logger } from "./log.ts";
import type { DocumentHost, Jobs, ModelProvider, PullRequestHost, StreamRelay } from "./ports.ts";
import { HostEvents } from "./reviews/host-events.ts";
import { consoleLinks } from "./reviews/links.ts";
import type { PullRequestReviewDeps } from "./reviews/pull-request-review.ts";
import { PullRequestReview } from "./reviews/pull-request-review.ts";
import { requestSuggestion } from "./reviews/request-suggestion.ts";
import { ReviewLooks } from "./reviews/review-looks.ts";
import { buildInsight } from "./rfcs/build-insight.ts";
import { Documents } from "./rfcs/documents.ts";
import type { Insight } from "./rfcs/insight.ts";
import { Rfcs } from "./rfcs/rfcs.ts";
import { BranchSync } from "./rfcs/sync.ts";
import { findChange } from "./store/changes.ts";
import type { Sql } from "./store/database.ts";
import { ensureUser } from "./store/people.ts";

export interface EngineParts {
  sql: Sql;
  relay: StreamRelay;
  jobs: Jobs;
  logger: Logger;
  hosts: readonly DocumentHost[];
  pullRequestHosts: readonly PullRequestHost[];
  /** In order of preference. */
  providers: readonly ModelProvider[];
  defaultModel: string | null;
  /** Who uses the console on this machine. */
  maintainer: { name: string; email: string };
  turnSettings: TurnSettings;
  reviewSettings: ReviewSettings;
  /** Tells the console's address as people elsewhere reach it. */
  publicUrl(): string;
}

export interface ReviewSettings {
  /** Between two looks at an open pull request that no event asks for. */
  pollMs: number;
  /** How long a look stays owned without a heartbeat. */
  leaseMs: number;
}

export interface BuiltEngine {
  engine: Engine;
  runner: TurnRunner;
  committer: ChangeCommitter;
  sync: BranchSync;
  streams: ThreadStreams;
  looks: ReviewLooks;
  hostEvents: HostEvents;
  /** Makes a branch of an RFC known before a conversation about it begins. @throws UserError */
  ensureBranch(rfcSlug: string, branchName: string): Promise<void>;
}

export function buildEngine(parts: EngineParts): BuiltEngine {
  const { sql, relay, jobs, logger } = parts;
  const documents = new Documents(sql, parts.hosts);
  const models = new Models(parts.providers, parts.defaultModel);
  const sync = new BranchSync({ sql, relay, documents, logger });
  const syncBranch = (rfcSlug: string, branchName: string): Promise<void> =>
    sync.sync(rfcSlug, branchName);
  const currentDocument = sync.current.bind(sync);

  const links = consoleLinks(() => parts.publicUrl());
  const { pullRequestHosts } = parts;
  const rfcs = new Rfcs({ sql, documents, pullRequests: pullRequestHosts, syncBranch });
  const conversations = new Conversations({
    sql,
    relay,
    jobs,
    models,
    ensureBranch: rfcs.ensureBranch.bind(rfcs),
    currentDocument,
  });
  const decisions = new Decisions({ sql, relay, jobs, documents, syncBranch });
  const proposals = new Proposals({ sql, relay, currentDocument });
  const streams = new ThreadStreams(sql, relay);
  const runner = new TurnRunner({
    sql,
    relay,
    jobs,
    models,
    currentDocument,
    logger,
    settings: parts.turnSettings,
  });
  const committer = new ChangeCommitter({ sql, relay, documents, syncBranch, logger, links });
  const looks = buildLooks(parts, { documents, links, currentDocument, conversations });

  const engine = assembleEngine(parts, {
    rfcs,
    conversations,
    decisions,
    proposals,
    streams,
    models,
    insight: buildInsight(sql, documents),
  });
  const hostEvents = new HostEvents(sql);
  const ensureBranch = rfcs.ensureBranch.bind(rfcs);
  return { engine, runner, committer, sync, streams, looks, hostEvents, ensureBranch };
}

function buildLooks(
  { sql, relay, logger, pullRequestHosts, reviewSettings, publicUrl }: EngineParts,
  given: Pick<PullRequestReviewDeps, "documents" | "links" | "currentDocument"> & {
    conversations: Conversations;
  },
): ReviewLooks {
  const { conversations, ...parts } = given;
  const review = new PullRequestReview({
    ...parts,
    sql,
    relay,
    logger,
    publicUrl,
    hosts: pullRequestHosts,
    pollMs: reviewSettings.pollMs,
    post: (threadId, message, by) => conversations.post(threadId, message, by),
    reopen: (threadId) => conversations.reopen(threadId),
    cancel: (turnId) => conversations.cancel(turnId),
  });
  const { leaseMs } = reviewSettings;
  return new ReviewLooks({
    sql,
    relay,
    logger,
    review: (key, assertHeld) => review.review(key, assertHeld),
    leaseMs,
  });
}

interface Services {
  rfcs: Rfcs;
  conversations: Conversations;
  decisions: Decisions;
  proposals: Proposals;
  streams: ThreadStreams;
  models: Models;
  insight: Insight;
}

/** The services under the names that callers know. */
function assembleEngine({ sql, maintainer }: EngineParts, services: Services): Engine {
  const { rfcs, conversations, decisions, proposals, streams, models, insight } = services;
  return {
    rfcs: {
      register: (input) => rfcs.register(input),
      list: () => rfcs.list(),
      view: (slug) => rfcs.view(slug),
      chooseSuggestionMode: (slug, mode) => rfcs.chooseSuggestionMode(slug, mode),
    },
    threads: {
      create: (input, by) => conversations.create(input, by),
      view: (threadId) => conversations.view(threadId),
      close: (threadId) => conversations.close(threadId),
      reopen: (threadId) => conversations.reopen(threadId),
      chooseModel: (threadId, modelId) => conversations.chooseModel(threadId, modelId),
      post: (threadId, message, by) => conversations.post(threadId, message, by),
      record: (threadId, message, by) => conversations.record(threadId, message, by),
    },
    turns: {
      cancel: (turnId) => conversations.cancel(turnId),
      retry: (turnId) => conversations.retry(turnId),
    },
    changes: {
      async get(changeId) {
        const change = await findChange(sql, changeId);
        if (!change) throw noSuchChange();
        return change;
      },
      accept: (changeId, by) => decisions.accept(changeId, by),
      decline: (changeId, reason, by) => decisions.decline(changeId, reason, by),
      propose: (threadId, edit, by) => proposals.propose(threadId, edit, by),
      revise: (changeId, version, by) => proposals.revise(changeId, version, by),
      choosePlace: (changeId, passage) => proposals.choosePlace(changeId, passage),
      suggest: (changeId) => requestSuggestion(sql, changeId),
      promote: (blockId) => proposals.promote(blockId),
      repair: (blockId, by) => conversations.repair(blockId, by),
    },
    streams: {
      turn: (turnId, lastEventId) => streams.turn(turnId, lastEventId),
      thread: (threadId, lastEventId) => streams.thread(threadId, lastEventId),
    },
    models: { list: () => models.list() },
    insight,
    people: { localMaintainer: createLocalMaintainer(sql, maintainer) },
    health: { missing: () => missingParts(sql) },
  };
}

/** The console's user on a loopback address; the row is made on first use. */
function createLocalMaintainer(
  sql: Sql,
  maintainer: { name: string; email: string },
): Engine["people"]["localMaintainer"] {
  const identity = { platform: "console", workspaceId: "", platformUserId: "local" };
  const seen = { displayName: maintainer.name, email: maintainer.email };
  let user: ReturnType<Engine["people"]["localMaintainer"]> | null = null;
  return () => {
    user ??= ensureUser(sql, identity, seen).catch((error: unknown) => {
      user = null;
      throw error;
    });
    return user;
  };
}

const DATABASE_CHECK_MS = 2_000;

async function missingParts(sql: Sql): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), DATABASE_CHECK_MS);
  });
  try {
    await Promise.race([sql`select 1`, slow]);
    return [];
  } catch {
    return ["The database does not answer."];
  } finally {
    clearTimeout(timer);
  }
}
