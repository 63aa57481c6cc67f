/** Lets turns begin, or not: reads what is known, has `admit` decide, and reserves what is likely to be used. */
import type { ProblemType } from "../errors.ts";
import { UserError } from "../errors.ts";
import type { ModelUsage } from "../ports.ts";
import { lockBudgets, putWarning, sumReserved } from "../store/budgets.ts";
import type { Sql, Tx } from "../store/database.ts";
import type { Charge, ScopeSpent } from "../store/spending.ts";
import { charge, listSpent } from "../store/spending.ts";
import { lastUsage } from "../store/usage.ts";
import type { Admission, Notice } from "./admit.ts";
import { admit } from "./admit.ts";
import type { DefaultLimits, Scope, SetLimit, Standing } from "./limit.ts";
import { beginOf, NOTHING_SPENT } from "./limit.ts";
import { tokensOf } from "./prices.ts";
import type { KnownRules, Rules, Stop } from "./rules.ts";
import { allowedModels, limitsOf } from "./rules.ts";

/** Who is to be charged, and for what. */
export interface Asked {
  /** Null for what belongs to no thread. */
  threadId: string | null;
  share: string;
  /** Null where whoever asked is not known any more. */
  userId: string | null;
  modelId: string;
}

/** Tokens, and millionths of a US dollar. */
export interface Reserve {
  tokens: number;
  microdollars: number;
}

export type Entrance =
  | { admitted: true; reserve: Reserve; notices: readonly Notice[] }
  | { admitted: false; type: ProblemType; notice: Notice };

/** Decides inside of the transaction in which the turn begins. */
export interface Gate {
  readonly stop: Stop | null;
  enter(tx: Tx, asked: Asked): Promise<Entrance>;
}

export interface BudgetDeps {
  rules: Pick<KnownRules, "current">;
  defaults: DefaultLimits;
  costOf(modelId: string, usage: ModelUsage): number | null;
}

const NOTHING: Reserve = { tokens: 0, microdollars: 0 };

/** Of a first turn, where nothing is known to go by. */
const FIRST_TURN: ModelUsage = { input: 8_000, output: 1_000, cacheRead: 0, cacheWrite: 0 };

interface ScopeKey {
  scope: Scope;
  scopeId: string;
}

interface Standings {
  now: Date;
  standings: Standing[];
  spent: ScopeSpent[];
}

export class Budgets {
  private readonly deps: BudgetDeps;

  constructor(deps: BudgetDeps) {
    this.deps = deps;
  }

  /** The gate as it stands now, for one turn: the rules are read before its transaction begins. */
  async open(): Promise<Gate> {
    const rules = await this.deps.rules.current();
    return { stop: rules.stop, enter: (tx, asked) => this.enter(tx, rules, asked) };
  }

  /** Patterns of the models that a workspace may use; null: all. */
  async allowedIn(share: string): Promise<string[] | null> {
    return allowedModels(await this.deps.rules.current(), share);
  }

  /**
   * For what is asked of a model outside of turns, which have a row to keep a reserve in: charges what it is likely
   * to use, and answers with that; whoever asked charges the difference. @throws UserError
   */
  async chargeAhead(sql: Sql, asked: Asked, likely: ModelUsage): Promise<Charge> {
    const rules = await this.deps.rules.current();
    return sql.begin(async (tx) => {
      const { admission, standings } = await this.decide(tx, rules, asked);
      if (!admission.admitted) throw new UserError(admission.type, admission.notice.text);
      if (standings.length === 0) return { turns: 0, ...NOTHING };
      const microdollars = this.deps.costOf(asked.modelId, likely);
      const ahead = { turns: 0, tokens: tokensOf(likely), microdollars };
      await charge(tx, asked, ahead);
      return ahead;
    });
  }

  private async enter(tx: Tx, rules: Rules, asked: Asked): Promise<Entrance> {
    const { admission, now, standings, spent } = await this.decide(tx, rules, asked);
    if (!admission.admitted) return admission;
    const notices: Notice[] = [];
    for (const { standing, text } of admission.warnings) {
      const { scope, scopeId, limit } = standing;
      const begins = beginOf(limit.period, now);
      if (await putWarning(tx, { scope, scopeId, ...limit }, begins)) {
        const about = `${limit.unit}/${limit.period}:${begins}:${limit.amount}`;
        notices.push({ key: `warning:${scopeId}:${about}`, text });
      }
    }
    const reserve = standings.length === 0 ? NOTHING : await this.estimate(tx, asked, spent);
    return { admitted: true, reserve, notices };
  }

  /** Whoever else asks for the same scopes waits until the transaction is over. */
  private async decide(
    tx: Tx,
    rules: Rules,
    asked: Asked,
  ): Promise<Standings & { admission: Admission }> {
    const scopes = this.limited(rules, asked);
    await lockBudgets(tx, scopes);
    const gathered = await this.gather(tx, rules, asked, scopes);
    const { now, standings } = gathered;
    const { stop } = rules;
    const allowed = allowedModels(rules, asked.share);
    return {
      ...gathered,
      admission: admit({ now, stop, modelId: asked.modelId, allowed, standings }),
    };
  }

  private limits(rules: Rules, scope: Scope, scopeId: string): SetLimit[] {
    return limitsOf(rules, this.deps.defaults, scope, scopeId);
  }

  /** Those scopes of a turn that have limits: where there are none, the database is not asked. */
  private limited(rules: Rules, { share, userId }: Asked): ScopeKey[] {
    const scopes: ScopeKey[] = [{ scope: "workspace", scopeId: share }];
    if (userId !== null) scopes.push({ scope: "person", scopeId: userId });
    return scopes.filter(({ scope, scopeId }) => this.limits(rules, scope, scopeId).length > 0);
  }

  private async gather(
    tx: Tx,
    rules: Rules,
    asked: Asked,
    scopes: readonly ScopeKey[],
  ): Promise<Standings> {
    if (scopes.length === 0) return { now: new Date(), standings: [], spent: [] };
    // One after the other on one connection. A turn that ends between them is counted twice: were its
    // charge read before its reserve, it would be in neither.
    const [[clock], reserved, spent] = await Promise.all([
      tx<{ now: Date }[]>`select now()`,
      sumReserved(tx, asked),
      listSpent(tx, scopes),
    ]);
    const standings = scopes.flatMap(({ scope, scopeId }) => {
      const used = spent.find((one) => one.scope === scope && one.scopeId === scopeId);
      return this.limits(rules, scope, scopeId).map((limit) => ({
        scope,
        scopeId,
        limit,
        spent: used?.[limit.period] ?? NOTHING_SPENT,
        reserved: reserved[scope][limit.unit === "usd" ? "microdollars" : "tokens"],
      }));
    });
    return { now: clock!.now, standings, spent };
  }

  /** By the thread's last turn, else by the mean of the month. */
  private async estimate(
    tx: Tx,
    { threadId, share, modelId }: Asked,
    spent: readonly ScopeSpent[],
  ): Promise<Reserve> {
    const last = threadId === null ? null : await lastUsage(tx, threadId);
    if (last) {
      const microdollars = this.deps.costOf(modelId, last.usage) ?? 0;
      return { tokens: tokensOf(last.usage), microdollars };
    }
    const known = spent.find(({ scopeId }) => scopeId === share) ?? spent[0];
    if (known && known.month.turns > 0) {
      const { turns, tokens, microdollars } = known.month;
      return {
        tokens: Math.ceil(tokens / turns),
        microdollars: Math.ceil(microdollars / turns),
      };
    }
    const microdollars = this.deps.costOf(modelId, FIRST_TURN) ?? 0;
    return { tokens: tokensOf(FIRST_TURN), microdollars };
  }
}
