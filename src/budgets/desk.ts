/** What was spent and what is allowed, for whoever looks after it. */
import { nameScopes, readRules } from "../store/budgets.ts";
import type { Db } from "../store/database.ts";
import { listAllSpent, listSpent } from "../store/spending.ts";
import type { ScopeSpent } from "../store/spending.ts";
import type { Budget, BudgetDesk } from "./budget.ts";
import type { DefaultLimits, Scope, SpentIn } from "./limit.ts";
import { NOTHING_SPENT } from "./limit.ts";
import type { Rules } from "./rules.ts";
import { allowedModels, limitsOf } from "./rules.ts";
import { CONSOLE_SHARE } from "./share.ts";

const MOST_LISTED = 200;

export function buildBudgetDesk(db: Db, defaults: DefaultLimits): BudgetDesk {
  return {
    async overview() {
      const [rules, spent] = await Promise.all([readRules(db), listAllSpent(db, MOST_LISTED)]);
      const known = new Set(spent.map(({ scope, scopeId }) => `${scope} ${scopeId}`));
      const ruled = [
        ...rules.limits,
        ...rules.models.map(({ share }) => ({ scope: "workspace" as const, scopeId: share })),
      ];
      const all: ScopeSpent[] = [...spent];
      for (const { scope, scopeId } of ruled) {
        const key = `${scope} ${scopeId}`;
        if (!known.has(key)) all.push({ scope, scopeId, ...NOTHING });
        known.add(key);
      }
      const names = await nameScopes(db, all);
      const budgets = all.map((one) => budgetOf(rules, defaults, one, names));
      return { stop: rules.stop, budgets };
    },

    async ofWorkspace(share) {
      const scope = { scope: "workspace" as const, scopeId: share };
      const [rules, [spent], names] = await Promise.all([
        readRules(db),
        listSpent(db, [scope]),
        nameScopes(db, [scope]),
      ]);
      return budgetOf(rules, defaults, spent ?? { ...scope, ...NOTHING }, names);
    },
  };
}

const NOTHING: SpentIn = { day: NOTHING_SPENT, month: NOTHING_SPENT };

function budgetOf(
  rules: Rules,
  defaults: DefaultLimits,
  { scope, scopeId, day, month }: ScopeSpent,
  names: ReadonlyMap<string, string>,
): Budget {
  return {
    scope,
    scopeId,
    name: names.get(scopeId) ?? nameOf(scope, scopeId),
    spent: { day, month },
    limits: limitsOf(rules, defaults, scope, scopeId),
    models: scope === "workspace" ? allowedModels(rules, scopeId) : null,
  };
}

/** For scopes that have no name of their own. Pure. */
function nameOf(scope: Scope, scopeId: string): string {
  if (scope === "person") return "Whoever asked";
  if (scopeId === CONSOLE_SHARE) return "The console";
  if (scopeId.startsWith("github/")) return scopeId.slice("github/".length);
  return scopeId.startsWith("discord/") ? "This server" : "This workspace";
}
