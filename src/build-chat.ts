/** Puts together what chat needs, out of the engine and the platforms that are on. */
import type { BuiltEngine } from "./build-engine.ts";
import type { ChatEvent, ChatPlatformName } from "./chat/chat-event.ts";
import type { ChatPlatform } from "./chat/chat-platform.ts";
import { Connecting } from "./chat/connecting.ts";
import { ChatDesk } from "./chat/desk.ts";
import type { Asker } from "./chat/given-up.ts";
import { tellGivenUp } from "./chat/given-up.ts";
import { InboxIntake } from "./chat/inbox-intake.ts";
import type { InboxItem } from "./chat/inbox-worker.ts";
import { InboxWorker } from "./chat/inbox-worker.ts";
import { PlaceLooks } from "./deliveries/place-looks.ts";
import { showPlace } from "./deliveries/place-show.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Tracing } from "./tracing.ts";
import { NotificationDelivery } from "./notifications/delivering.ts";
import type { Jobs, PullRequestHost, StreamRelay } from "./ports.ts";
import type { ConnectedAccounts } from "./rfcs/connected-accounts.ts";
import { consoleLinks } from "./reviews/links.ts";
import type { Sql } from "./store/database.ts";

/** A platform that is on. */
export interface ChatSource {
  platform: ChatPlatform;
  /** Whether its workspaces may talk about every RFC. */
  isOpen: boolean;
  /** Works off one stored event; null where a test has no events. */
  dispatch: ((handle: Handle) => Dispatch) | null;
  /** Who waits for an answer to what is in a stored event. */
  askerOf?(payload: unknown): Asker | null;
}

type Handle = (event: ChatEvent, item: InboxItem) => Promise<void>;
type Dispatch = (item: InboxItem) => Promise<void>;

export interface ChatParts {
  sql: Sql;
  relay: StreamRelay;
  jobs: Jobs;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  built: BuiltEngine;
  pullRequestHosts: readonly PullRequestHost[];
  /** Null where people cannot connect accounts. */
  accounts: ConnectedAccounts | null;
  sources: readonly ChatSource[];
  /** Whether this process works off what comes in. */
  works: boolean;
  /** Tells the console's address as people elsewhere reach it. */
  publicUrl(): string;
  /** How long a place stays owned without a heartbeat. */
  leaseMs: number;
}

export interface BuiltChat {
  places: PlaceLooks;
  notifications: NotificationDelivery;
  desk: ChatDesk;
  /** Null where people cannot connect accounts. */
  connecting: Connecting | null;
  /** Works off what came in, by platform. */
  inboxes: ReadonlyMap<string, InboxWorker>;
  /** Takes in what a platform sends. */
  intakeOf(platform: ChatPlatformName): InboxIntake;
  /** Has what came in from a platform worked off, here or elsewhere. */
  wakeFor(platform: ChatPlatformName): () => void;
}

/** Places that one process keeps up to date at the same time; a running answer keeps its place busy. */
const PLACE_CONCURRENCY = 64;
const LANE_CONCURRENCY = 16;
/** How long an event stays owned without a heartbeat. */
export const EVENT_LEASE_MS = 15_000;

export function buildChat(parts: ChatParts): BuiltChat {
  const { sql, relay, logger, metrics, tracing, built, sources, leaseMs, jobs } = parts;
  const platforms = new Map(sources.map(({ platform }) => [platform.name, platform]));
  const links = consoleLinks(() => parts.publicUrl());
  const { accounts } = parts;
  const connecting =
    accounts && new Connecting({ sql, logger, accounts, platforms, leaseMs: EVENT_LEASE_MS });
  const desk = new ChatDesk({
    sql,
    relay,
    logger,
    engine: built.engine,
    summaries: built.summaries,
    ensureBranch: built.ensureBranch,
    pullRequestHosts: parts.pullRequestHosts,
    permissions: built.permissions,
    connecting,
    platforms,
    openPlatforms: new Set(
      sources.flatMap(({ isOpen, platform }) => (isOpen ? platform.name : [])),
    ),
    links,
    publicUrl: () => parts.publicUrl(),
  });
  const inboxes = buildInboxes(parts, desk);
  const wakeFor = (source: ChatPlatformName): (() => void) => {
    const inbox = inboxes.get(source);
    // Worked off in this process without a way over the queue, where it works at all.
    return inbox ? () => void inbox.wake().catch(() => {}) : () => jobs.wakeEvents(source);
  };
  return {
    places: buildPlaces(parts, platforms, leaseMs),
    notifications: new NotificationDelivery({
      sql,
      logger,
      metrics,
      platforms,
      links,
      leaseMs,
      publicUrl: () => parts.publicUrl(),
    }),
    desk,
    connecting,
    inboxes,
    intakeOf: (source) =>
      new InboxIntake({ sql, source, wake: wakeFor(source), logger, metrics, tracing }),
    wakeFor,
  };
}

function buildInboxes(
  { sql, logger, metrics, tracing, sources, works }: ChatParts,
  desk: ChatDesk,
): Map<string, InboxWorker> {
  const inboxes = new Map<string, InboxWorker>();
  for (const { platform, dispatch, askerOf = () => null } of works ? sources : []) {
    if (!dispatch) continue;
    const handle = dispatch((event, { eventId, workspaceId, isRepeat, receivedAt, traceparent }) =>
      desk
        .about(
          { platform: platform.name, workspaceId, eventId },
          { since: receivedAt, traceparent },
        )
        .handle(event, isRepeat ? receivedAt : null),
    );
    const onGiveUp = (item: InboxItem, errorId: string) =>
      tellGivenUp({ sql, logger, platform, askerOf }, item, errorId);
    const about = { sql, source: platform.name, logger, metrics, tracing };
    const lanes = { leaseMs: EVENT_LEASE_MS, concurrency: LANE_CONCURRENCY };
    inboxes.set(platform.name, new InboxWorker({ ...about, ...lanes, handle, onGiveUp }));
  }
  return inboxes;
}

function buildPlaces(
  { sql, relay, logger, metrics, tracing, built, publicUrl, sources }: ChatParts,
  platforms: ReadonlyMap<string, ChatPlatform>,
  leaseMs: number,
): PlaceLooks {
  const showing = {
    sql,
    relay,
    logger,
    metrics,
    tracing,
    links: consoleLinks(publicUrl),
    streams: built.streams,
    platformOf: (name: string) => platforms.get(name) ?? null,
    isOpenPlatform: (name: string) =>
      sources.some(({ isOpen, platform }) => isOpen && platform.name === name),
    cancel: (turnId: string) => built.engine.turns.cancel(turnId),
  };
  return new PlaceLooks({
    sql,
    relay,
    logger,
    metrics,
    leaseMs,
    concurrency: PLACE_CONCURRENCY,
    show: (look, control) => showPlace(showing, look, control),
  });
}
