import type { Gate } from "../../src/budgets/gate.ts";

/** Lets every turn begin. */
export const OPEN_GATE: Gate = {
  stop: null,
  enter: async () => ({ admitted: true, reserve: { tokens: 0, microdollars: 0 }, notices: [] }),
};
