/** What an operator has set while Redline runs, as every process knows it within a second. */
import type { DefaultLimits, Limit, Scope, SetLimit } from "./limit.ts";
import { limitsFor } from "./limit.ts";

/** A limit in place of a default one. */
export interface OwnLimit extends Limit {
  scope: Scope;
  /** A workspace's share, or a person's id. */
  scopeId: string;
}

/** A model that a workspace may use: an id, or its beginning with a `*` behind it. */
export interface AllowedModel {
  share: string;
  pattern: string;
}

/** No answer is given anywhere while there is one. */
export interface Stop {
  reason: string | null;
  since: Date;
}

export interface Rules {
  limits: readonly OwnLimit[];
  models: readonly AllowedModel[];
  stop: Stop | null;
}

const NO_RULES: Rules = { limits: [], models: [], stop: null };

/** Milliseconds that what was read counts: an operator's word holds everywhere within a second. */
const FRESH_MS = 1_000;

/** Reads the rules as often as they are needed, and at most once in `freshMs`. */
export class KnownRules {
  private readonly read: () => Promise<Rules>;
  private readonly freshMs: number;
  private readonly now: () => number;
  private known: Rules = NO_RULES;
  private until = -Infinity;
  private reading: Promise<Rules> | null = null;

  constructor(
    read: () => Promise<Rules>,
    freshMs = FRESH_MS,
    now: () => number = () => performance.now(),
  ) {
    this.read = read;
    this.freshMs = freshMs;
    this.now = now;
  }

  /** @throws what reading throws */
  current(): Promise<Rules> {
    if (this.now() < this.until) return Promise.resolve(this.known);
    this.reading ??= this.read()
      .then((rules) => {
        this.known = rules;
        this.until = this.now() + this.freshMs;
        return rules;
      })
      .finally(() => {
        this.reading = null;
      });
    return this.reading;
  }
}

/** The limits that hold for a scope. */
export function limitsOf(
  rules: Pick<Rules, "limits">,
  defaults: DefaultLimits,
  scope: Scope,
  scopeId: string,
): SetLimit[] {
  const own = rules.limits
    .filter((one) => one.scope === scope && one.scopeId === scopeId)
    .map(({ unit, period, amount }) => ({ unit, period, amount }));
  return limitsFor(defaults[scope], own);
}

/** The patterns of a workspace; null where every model may be used. */
export function allowedModels(rules: Pick<Rules, "models">, share: string): string[] | null {
  const patterns = rules.models.filter((one) => one.share === share).map(({ pattern }) => pattern);
  return patterns.length === 0 ? null : patterns;
}

export function isAllowed(patterns: readonly string[] | null, modelId: string): boolean {
  if (patterns === null) return true;
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? modelId.startsWith(pattern.slice(0, -1)) : modelId === pattern,
  );
}
