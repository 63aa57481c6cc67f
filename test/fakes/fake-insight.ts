import type { Insight } from "../../src/rfcs/insight.ts";
import { UserError } from "../../src/errors.ts";

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
    pulse: async () => "",
    markRead: async () => {},
  };
}
