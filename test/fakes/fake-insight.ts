import type { Insight } from "../../src/rfcs/insight.ts";
import { UserError } from "../../src/errors.ts";
import type { SeenStatistics, TurnFigures } from "../../src/rfcs/statistics.ts";
import { BACKLOGS } from "../../src/rfcs/statistics.ts";

/** An insight into nothing: no versions, no history, nothing found; a test replaces what it is about. */
export function fakeInsight(): Insight {
  return {
    why: async () => ({
      text: "",
      steps: [],
      isFromBeginning: true,
      knownSince: new Date("2026-03-01T08:00:00Z"),
    }),
    commit: async () => {
      throw new UserError("not-found", "Redline knows no such commit of this document.");
    },
    history: async () => ({ entries: [], total: 0, next: null, people: [], sections: [] }),
    overview: async () => ({ rfcs: [], activity: [], waiting: [], waitingTotal: 0 }),
    search: async () => ({
      hits: [],
      totals: { document: 0, message: 0, change: 0 },
      page: 1,
      pages: 0,
    }),
    statistics: async (hours) => emptyStatistics(hours),
    pulse: async () => "",
    markRead: async () => {},
  };
}

const NOTHING: TurnFigures & { events: number; messages: number } = {
  events: 0,
  messages: 0,
  turns: 0,
  failed: 0,
  firstTextMs: null,
  turnMs: null,
  tokens: 0,
  costMicrodollars: 0,
};

/** Hours in which nothing happened, up to a fixed one. */
export function emptyStatistics(hours: number): SeenStatistics {
  const last = Date.parse("2026-03-02T09:00:00Z");
  const times = Array.from({ length: hours }, (_, at) => last - (hours - 1 - at) * 3_600_000);
  return {
    from: new Date(times[0]!),
    at: new Date(last + 20 * 60_000),
    hours: times.map((time) => ({ at: new Date(time), ...NOTHING })),
    total: NOTHING,
    models: [],
    rfcs: [],
    rfcsLeftOut: 0,
    backlog: BACKLOGS.map((what) => ({ what, count: 0, oldestS: null })),
  };
}
