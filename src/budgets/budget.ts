import type { Scope, SpentIn, Standing } from "./limit.ts";
import type { Stop } from "./rules.ts";

/** A workspace or a person, with what they used today and in this month (UTC). */
export interface Budget {
  scope: Scope;
  /** A workspace's share, or a person's id. */
  scopeId: string;
  name: string;
  spent: SpentIn;
  limits: readonly Standing["limit"][];
  /** Of a workspace: patterns of the models that it may use; null for all. */
  models: readonly string[] | null;
}

export interface BudgetOverview {
  /** Null while answers are given. */
  stop: Stop | null;
  /** Those with the most dollars of the month first, then those that only have rules of their own. */
  budgets: readonly Budget[];
}

export interface BudgetDesk {
  overview(): Promise<BudgetOverview>;
  /** One workspace. */
  ofWorkspace(share: string): Promise<Budget>;
}
