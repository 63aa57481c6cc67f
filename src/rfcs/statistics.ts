/** What operators are shown of the last hours or days: how much, how fast, at what cost, to what end. */
import type { Sight } from "../store/sight.ts";

/** Milliseconds that half, and 95 of 100, needed at most. */
export interface Spread {
  median: number;
  p95: number;
}

/** How answers that ended came to be. */
export interface TurnFigures {
  /** Answers that ended, however they did. */
  turns: number;
  failed: number;
  /** From the question to the first that could be seen, of those that were done; null where there are none. */
  firstTextMs: Spread | null;
  /** From the question to the end, of the same. */
  turnMs: Spread | null;
  /** All tokens, read and written. */
  tokens: number;
  /** Millionths of a US dollar, of models whose price is known. */
  costMicrodollars: number;
}

/** What happened in one hour (UTC). */
export interface HourFigures extends TurnFigures {
  at: Date;
  /** That platforms sent. */
  events: number;
  /** That people wrote. */
  messages: number;
}

export interface ModelFigures {
  modelId: string;
  turns: number;
  /** Tokens that were read anew, that a cache had, that were put into one, and that were written. */
  input: number;
  cacheRead: number;
  cacheWrite: number;
  output: number;
  /** Millionths of a US dollar; null where the price is not known. */
  costMicrodollars: number | null;
}

export interface RfcFigures {
  slug: string;
  title: string;
  /** In these hours. */
  accepted: number;
  declined: number;
  /** As it stands now; stale ones are not counted as pending. */
  pending: number;
  stale: number;
}

export const BACKLOGS = [
  "answers",
  "running",
  "events",
  "commits",
  "jobs",
  "looks",
  "private_messages",
] as const;

/** What is to be done and is not done yet. */
export interface Backlog {
  what: (typeof BACKLOGS)[number];
  count: number;
  /** Seconds that the oldest has waited; null where nothing waits. */
  oldestS: number | null;
}

export interface Statistics {
  /** The beginning of the first hour. */
  from: Date;
  /** When it was summed up: the last hour is not over. */
  at: Date;
  hours: HourFigures[];
  total: TurnFigures & { events: number; messages: number };
  /** What cost most first, then what was used most. */
  models: ModelFigures[];
  /** Most decisions first, then most pending; those alone with any. */
  rfcs: RfcFigures[];
  backlog: Backlog[];
}

/** With the RFCs that somebody may see, as many as fit an overview. */
export interface SeenStatistics extends Statistics {
  rfcsLeftOut: number;
}

const MOST_RFCS = 50;

/** Figures over everything, and by name only the RFCs that are to be seen. Pure. */
export function inSight(statistics: Statistics, sight: Sight): SeenStatistics {
  const seen = statistics.rfcs.filter(
    ({ slug }) => sight === null || sight.rfcSlugs.includes(slug),
  );
  const rfcs = seen.slice(0, MOST_RFCS);
  return { ...statistics, rfcs, rfcsLeftOut: seen.length - rfcs.length };
}
