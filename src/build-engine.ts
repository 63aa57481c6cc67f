/** Puts the engine together out of its parts and the seams that it is given. */
import { describeStopped } from "./budgets/describe.ts";
import type { BudgetDesk } from "./budgets/budget.ts";
import { buildBudgetDesk } from "./budgets/desk.ts";
import { Budgets } from "./budgets/gate.ts";
import type { DefaultLimits } from "./budgets/limit.ts";
import type { PriceList } from "./budgets/prices.ts";
import { costOf } from "./budgets/prices.ts";
import { KnownRules } from "./budgets/rules.ts";
import type { CommitDeps } from "./changes/commit-change.ts";
import { ChangeCommitter } from "./changes/commit-change.ts";
import { Decisions } from "./changes/decisions.ts";
import { noSuchChange } from "./changes/decisions.ts";
import { Proposals } from "./changes/proposals.ts";
import type { ConcernDeps } from "./concerns/concerns.ts";
import { Concerns } from "./concerns/concerns.ts";
import { Merges } from "./concerns/merges.ts";
import type { ConversationDeps } from "./conversation/conversations.ts";
import { Conversations } from "./conversation/conversations.ts";
import type { FollowDeps } from "./conversation/followed-messages.ts";
import { Summaries } from "./conversation/summaries.ts";
import { Models } from "./conversation/models.ts";
import { ThreadStreams } from "./conversation/thread-streams.ts";
import type { TurnRunnerDeps, TurnSettings } from "./conversation/attempt.ts";
import { TurnRunner } from "./conversation/turn-runner.ts";
import type { Engine } from "./engine.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Tracing } from "./tracing.ts";
import { buildNotificationDesk } from "./notifications/desk.ts";
import type { NotificationDesk } from "./notifications/notification.ts";
import type {
  DocumentHost,
  Jobs,
  ModelProvider,
  ModelUsage,
  PullRequestHost,
  StreamRelay,
} from "./ports.ts";
import { recordEnd } from "./record/record-end.ts";
import { Recorder } from "./record/recorder.ts";
import { HostEvents } from "./reviews/host-events.ts";
import { consoleLinks } from "./reviews/links.ts";
import type { PullRequestReviewDeps } from "./reviews/pull-request-review.ts";
import { PullRequestReview } from "./reviews/pull-request-review.ts";
import { requestSuggestion } from "./reviews/request-suggestion.ts";
import { ReviewLooks } from "./reviews/review-looks.ts";
import { buildInsight } from "./rfcs/build-insight.ts";
import { Documents } from "./rfcs/documents.ts";
import type { Insight } from "./rfcs/insight.ts";
import type { ConnectedAccounts } from "./rfcs/connected-accounts.ts";
import { buildPeopleDesk } from "./rfcs/people.ts";
import { Permissions } from "./rfcs/permissions.ts";
import type { PeopleDesk } from "./rfcs/person.ts";
import { Rfcs } from "./rfcs/rfcs.ts";
import { BranchSync } from "./rfcs/sync.ts";
import { findStop, readRules } from "./store/budgets.ts";
import { findChange } from "./store/changes.ts";
import type { Sql } from "./store/database.ts";

export interface EngineParts {
  sql: Sql;
  relay: StreamRelay;
  jobs: Jobs;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  hosts: readonly DocumentHost[];
  pullRequestHosts: readonly PullRequestHost[];
  /** Null where people cannot connect accounts. */
  accounts: ConnectedAccounts | null;
  /** In order of preference. */
  providers: readonly ModelProvider[];
  defaultModel: string | null;
  /** Who uses the console on this machine. */
  maintainer: { name: string; email: string };
  turnSettings: TurnSettings;
  /** What workspaces and people may use where nothing else is set for them. */
  defaultLimits: DefaultLimits;
  prices: PriceList;
  /** Milliseconds that what an operator has set may be out of date here. */
  rulesFreshMs?: number | undefined;
  reviewSettings: ReviewSettings;
  /** Days that a proposal to merge waits where none are given. */
  mergeWaitDays: number;
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
  merges: Merges;
  summaries: Summaries;
  permissions: Permissions;
  budgets: Budgets;
  /** For whoever takes out what was said. */
  follow: FollowDeps;
  /** Makes a branch of an RFC known before a conversation about it begins. @throws UserError */
  ensureBranch(rfcSlug: string, branchName: string): Promise<void>;
}

export function buildEngine(parts: EngineParts): BuiltEngine {
  const { sql, relay, logger, metrics } = parts;
  const documents = new Documents(sql, parts.hosts);
  const models = new Models(parts.providers, parts.defaultModel);
  const sync = new BranchSync({ sql, relay, documents, logger, metrics });
  const syncBranch = sync.sync.bind(sync);
  const currentDocument = sync.current.bind(sync);
  const links = consoleLinks(() => parts.publicUrl());
  const { pullRequestHosts } = parts;
  const rfcs = new Rfcs({ sql, documents, pullRequests: pullRequestHosts, syncBranch });
  const ensureBranch = rfcs.ensureBranch.bind(rfcs);

  const costOfRequest = (modelId: string, usage: ModelUsage): number | null =>
    costOf(modelId, usage, parts.prices);
  const budgets = new Budgets({
    rules: new KnownRules(() => readRules(sql), parts.rulesFreshMs),
    defaults: parts.defaultLimits,
    costOf: costOfRequest,
  });
  const { runner, summaries, ...talk } = buildTalk(parts, {
    models,
    budgets,
    costOf: costOfRequest,
    currentDocument,
    ensureBranch,
  });
  const { conversations, streams } = talk;
  const { committer, permissions, ...deciding } = buildDeciding(parts, {
    documents,
    syncBranch,
    currentDocument,
    links,
  });
  const follow = { sql, relay, cancel: conversations.cancel.bind(conversations) };
  const engine = assembleEngine(parts, {
    ...talk,
    ...deciding,
    record: new Recorder(follow),
    rfcs,
    models,
    insight: buildInsight(sql, documents),
    notifications: buildNotificationDesk(sql, links),
    people: buildPeopleDesk({ sql, permissions, maintainer: parts.maintainer }),
    budgets: buildBudgetDesk(sql, parts.defaultLimits),
  });
  return {
    engine,
    runner,
    committer,
    sync,
    streams,
    summaries,
    looks: buildLooks(parts, { documents, links, currentDocument, conversations }),
    hostEvents: new HostEvents(sql),
    merges: deciding.merges,
    permissions,
    budgets,
    follow,
    ensureBranch,
  };
}

/** What people and the model say. */
function buildTalk(
  { sql, relay, jobs, logger, metrics, tracing, turnSettings: settings }: EngineParts,
  given: Pick<ConversationDeps, "models" | "currentDocument" | "ensureBranch"> & {
    budgets: Budgets;
    costOf: TurnRunnerDeps["costOf"];
  },
) {
  const { models, currentDocument, ensureBranch, budgets, costOf: cost } = given;
  const allowedIn = budgets.allowedIn.bind(budgets);
  return {
    conversations: new Conversations({
      sql,
      relay,
      jobs,
      models,
      currentDocument,
      ensureBranch,
      allowedIn,
    }),
    streams: new ThreadStreams(sql, relay),
    summaries: new Summaries({ sql, models, budgets, metrics, tracing, costOf: cost }),
    runner: new TurnRunner({
      sql,
      relay,
      jobs,
      models,
      currentDocument,
      logger,
      metrics,
      tracing,
      budgets,
      costOf: cost,
      settings,
    }),
  };
}

/** What people change, and hold against it, and who may. */
function buildDeciding(
  { sql, relay, jobs, logger, metrics, accounts, mergeWaitDays: waitDays }: EngineParts,
  given: Pick<ConcernDeps, "documents" | "currentDocument"> &
    Pick<CommitDeps, "syncBranch" | "links">,
) {
  const { documents, syncBranch, currentDocument, links } = given;
  return {
    decisions: new Decisions({ sql, relay, jobs, metrics, documents, syncBranch }),
    proposals: new Proposals({ sql, relay, metrics, currentDocument }),
    committer: new ChangeCommitter({ sql, relay, documents, syncBranch, logger, metrics, links }),
    concerns: new Concerns({ sql, relay, documents, currentDocument }),
    merges: new Merges({ sql, relay, logger, waitDays }),
    permissions: new Permissions({ sql, accounts }),
  };
}

function buildLooks(
  { sql, relay, logger, metrics, pullRequestHosts, reviewSettings, publicUrl }: EngineParts,
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
    metrics,
    publicUrl,
    hosts: pullRequestHosts,
    pollMs: reviewSettings.pollMs,
    post: (threadId, message, by) => conversations.post(threadId, message, by),
    record: (threadId, message, by) => conversations.record(threadId, message, by),
    reopen: (threadId) => conversations.reopen(threadId),
    cancel: (turnId) => conversations.cancel(turnId),
    recordEnd: (scene) => recordEnd({ sql, logger, documents: given.documents }, scene),
  });
  const { leaseMs } = reviewSettings;
  return new ReviewLooks({
    sql,
    relay,
    logger,
    metrics,
    review: (key, assertHeld) => review.review(key, assertHeld),
    leaseMs,
  });
}

interface Services {
  record: Recorder;
  concerns: Concerns;
  merges: Merges;
  rfcs: Rfcs;
  conversations: Conversations;
  decisions: Decisions;
  proposals: Proposals;
  streams: ThreadStreams;
  models: Models;
  insight: Insight;
  notifications: NotificationDesk;
  people: PeopleDesk;
  budgets: BudgetDesk;
}

/** The services under the names that callers know. */
function assembleEngine({ sql }: EngineParts, services: Services): Engine {
  const { rfcs, conversations, decisions, proposals, streams, models, insight } = services;
  return {
    rfcs: {
      register: (input) => rfcs.register(input),
      list: (sight) => rfcs.list(sight),
      view: (slug, sight) => rfcs.view(slug, sight),
      chooseSuggestionMode: (slug, mode) => rfcs.chooseSuggestionMode(slug, mode),
    },
    threads: {
      create: (input, by) => conversations.create(input, by),
      view: (threadId) => conversations.view(threadId),
      close: (threadId) => conversations.close(threadId),
      reopen: (threadId) => conversations.reopen(threadId),
      chooseModel: (threadId, modelId, share) =>
        conversations.chooseModel(threadId, modelId, share),
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
    concerns: services.concerns,
    merges: services.merges,
    record: services.record,
    insight,
    notifications: services.notifications,
    people: services.people,
    budgets: services.budgets,
    health: { missing: () => missingParts(sql), notes: () => stopNotes(sql) },
  };
}

async function stopNotes(sql: Sql): Promise<string[]> {
  const stop = await findStop(sql);
  return stop === null ? [] : [describeStopped(stop)];
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
