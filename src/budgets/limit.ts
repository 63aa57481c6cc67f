/**
 * The glossary of budgets, and how limits are written. Pure. Days and months are those of UTC.
 */
/** Who is limited: everybody in a workspace together, or one person wherever they ask. */
export type Scope = "workspace" | "person";
export type Unit = "tokens" | "usd";
export type Period = "day" | "month";

/** `amount` is in tokens, or in millionths of a US dollar; null: explicitly none. */
export interface Limit {
  unit: Unit;
  period: Period;
  amount: number | null;
}

export interface SetLimit extends Limit {
  amount: number;
}

/** What applies where nothing else is set; by scope. */
export type DefaultLimits = Readonly<Record<Scope, readonly Limit[]>>;

export const NO_LIMITS: DefaultLimits = { workspace: [], person: [] };

/** What was used in a period. */
export interface Spent {
  turns: number;
  tokens: number;
  microdollars: number;
  /** Of the tokens, those of models without a price, which no limit in dollars sees. */
  unpricedTokens: number;
}

/** Today and in this month. */
export interface SpentIn {
  day: Spent;
  month: Spent;
}

export const NOTHING_SPENT: Spent = { turns: 0, tokens: 0, microdollars: 0, unpricedTokens: 0 };

/** A limit with what counts against it. */
export interface Standing {
  scope: Scope;
  scopeId: string;
  limit: SetLimit;
  spent: Spent;
  /** Of turns that run now, as the limit's unit counts: what they are likely to use. */
  reserved: number;
}

const LIMIT = /^(tokens|usd)\/(day|month)=(none|(\d+(?:\.\d{1,6})?)([kM]?))$/;
const TIMES: Record<string, number> = { "": 1, k: 1_000, M: 1_000_000 };

/** Reads `usd/day=20`, `tokens/month=5M` or `usd/month=none`; null for anything else. */
export function readLimit(text: string): Limit | null {
  const found = LIMIT.exec(text);
  if (!found) return null;
  const [, unit, period, , number, times] = found;
  const limit = { unit: unit as Unit, period: period as Period };
  if (number === undefined) return { ...limit, amount: null };
  const count = Number(number) * TIMES[times!]!;
  return { ...limit, amount: Math.round(unit === "usd" ? count * 1_000_000 : count) };
}

export const BUDGETS_FORM =
  "limits of scopes with “;” between, such as “workspace usd/day=50 tokens/month=100M; person usd/day=5”";

/** Reads what `BUDGETS_FORM` shows; null for anything else. */
export function readDefaults(text: string): DefaultLimits | null {
  const limits: Record<Scope, readonly Limit[]> = { workspace: [], person: [] };
  for (const part of text.split(";")) {
    const [scope, ...words] = part.trim().split(/\s+/);
    if ((scope !== "workspace" && scope !== "person") || limits[scope].length > 0) return null;
    const read = words.map(readLimit).filter((limit) => limit !== null);
    if (words.length === 0 || read.length < words.length) return null;
    limits[scope] = read;
  }
  return limits;
}

/** The limits that hold for somebody: what is set for them in place of the defaults. */
export function limitsFor(defaults: readonly Limit[], own: readonly Limit[]): SetLimit[] {
  const isSame = (a: Limit, b: Limit): boolean => a.unit === b.unit && a.period === b.period;
  const rest = defaults.filter((limit) => !own.some((other) => isSame(limit, other)));
  return [...own, ...rest].filter((one): one is SetLimit => one.amount !== null);
}

export function spentOf(limit: Pick<Limit, "unit">, spent: Spent): number {
  return limit.unit === "usd" ? spent.microdollars : spent.tokens;
}

/** `$20`, `$0.35`, `2,000,000 tokens` */
export function describeAmount(unit: Unit, amount: number): string {
  if (unit === "tokens") return `${Math.round(amount).toLocaleString("en")} tokens`;
  const dollars = amount / 1_000_000;
  const digits = Number.isInteger(dollars) ? 0 : 2;
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: Math.max(digits, dollars < 0.01 && dollars > 0 ? 6 : digits) })}`;
}

/** As `readLimit` takes it. */
export function writeLimit({ unit, period, amount }: Limit): string {
  const shown = amount === null ? "none" : unit === "usd" ? amount / 1_000_000 : amount;
  return `${unit}/${period}=${shown}`;
}

/** When the period that `now` is in began, as `YYYY-MM-DD`. */
export function beginOf(period: Period, now: Date): string {
  const day = now.toISOString().slice(0, 10);
  return period === "day" ? day : `${day.slice(0, 7)}-01`;
}

/** When the next one begins. */
export function endOf(period: Period, now: Date): Date {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  return new Date(period === "day" ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1));
}
