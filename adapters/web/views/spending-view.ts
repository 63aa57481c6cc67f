import type { Budget, BudgetOverview } from "../../../src/budgets/budget.ts";

export type SpendingJson = ReturnType<typeof spendingView>;

/** Amounts of money are in US dollars; days and months are those of UTC. */
export function spendingView({ stop, budgets }: BudgetOverview) {
  return {
    stop: stop && { reason: stop.reason, since: stop.since.toISOString() },
    budgets: budgets.map(({ scope, scopeId, name, spent, limits, models }) => ({
      scope,
      id: scopeId,
      name,
      day: spentView(spent.day),
      month: spentView(spent.month),
      limits: limits.map(({ unit, period, amount }) => ({
        unit,
        period,
        amount: unit === "usd" ? amount / 1_000_000 : amount,
      })),
      /** Null: all. */
      models: models && [...models],
    })),
  };
}

function spentView(spent: Budget["spent"]["day"]) {
  return {
    turns: spent.turns,
    tokens: spent.tokens,
    usd: spent.microdollars / 1_000_000,
    /** Of the tokens, those of models without a price. */
    unpriced_tokens: spent.unpricedTokens,
  };
}
