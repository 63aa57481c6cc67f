/** What `redline doctor` says of answers and their prices. Part of the composition root. */
import type { BudgetOverview } from "../budgets/budget.ts";
import { buildBudgetDesk } from "../budgets/desk.ts";
import { describeStopped } from "../budgets/describe.ts";
import type { Config } from "../config.ts";
import { oneLine } from "../one-line.ts";
import type { Sql } from "../store/database.ts";
import { schemaState } from "../store/migrate.ts";
import type { Check } from "./doctor.ts";

const MOST_NAMED = 5;

/** Whether answers are given, and whether limits in dollars see what is used. */
export function budgetChecks(config: Config, database: () => Promise<Sql>): Check[] {
  const overview = async (): Promise<BudgetOverview | null> => {
    const sql = await database();
    if ((await schemaState(sql)).pending.length > 0) return null;
    return buildBudgetDesk(sql, config.budgets).overview();
  };
  return [
    {
      name: "answers",
      run: async () => {
        const stop = (await overview())?.stop;
        if (stop) throw new Error(describeStopped(stop));
        return "not stopped";
      },
      mend: "Run “redline resume-answers” once they may go on.",
    },
    {
      name: "prices",
      run: async () => {
        const blind = ((await overview())?.budgets ?? []).filter(
          ({ limits, spent }) =>
            spent.month.unpricedTokens > 0 && limits.some(({ unit }) => unit === "usd"),
        );
        if (blind.length === 0) return "known wherever a limit is in dollars";
        const names = blind.slice(0, MOST_NAMED).map(({ name }) => oneLine(name));
        throw new Error(
          `models without a price were used this month, which limits in dollars do not see: ${names.join(", ")}`,
        );
      },
      mend: "Set MODEL_PRICES for the models in use, or limit tokens.",
    },
  ];
}
