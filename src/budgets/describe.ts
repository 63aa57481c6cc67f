/** What people are told of budgets, models and the stop. Pure. */
import { oneLine } from "../one-line.ts";
import type { Budget } from "./budget.ts";
import type { Period, SpentIn, Standing } from "./limit.ts";
import { describeAmount, endOf, spentOf } from "./limit.ts";
import type { Stop } from "./rules.ts";
import { CONSOLE_SHARE } from "./share.ts";

const BY_HAND = "Changes can still be proposed, accepted and declined by hand.";

const NOW: Record<Period, string> = { day: "today", month: "this month" };

/**
 * Without names and figures: a thread may be shown in other workspaces too, to whom neither is told.
 *
 * @param how `in use`: running answers are likely to use what is left
 */
export function describeReached(
  { scope, scopeId, limit }: Pick<Standing, "scope" | "scopeId" | "limit">,
  now: Date,
  how: "used" | "in use" = "used",
): string {
  const who = whoIs(scope, scopeId);
  const budget = `${scope === "person" ? "their" : "its"} budget for ${NOW[limit.period]}`;
  if (how === "in use") {
    return `${who} has ${budget} in use by answers that are being written. The message is kept; ask again in a few minutes. ${BY_HAND}`;
  }
  if (limit.amount === 0) {
    return `${who} has no budget for answers. The message is kept; ask again once there is one. ${BY_HAND}`;
  }
  return `${who} has used ${budget}. The message is kept; answers resume ${describeEnd(limit.period, now)}, ask again then. ${BY_HAND}`;
}

function whoIs(scope: Standing["scope"], scopeId: string): string {
  if (scope === "person") return "Whoever asked";
  return scopeId === CONSOLE_SHARE ? "The console" : "The workspace where this was asked";
}

/** `at 00:00 UTC (in 5 hours)`, `on 1 December, 00:00 UTC (in 8 days)`: a wait reads the same in every time zone. */
export function describeEnd(period: Period, now: Date): string {
  const end = endOf(period, now);
  const hours = Math.ceil((end.getTime() - now.getTime()) / 3_600_000);
  const wait =
    hours > 48 ? `${Math.ceil(hours / 24)} days` : hours <= 1 ? "an hour" : `${hours} hours`;
  const within = hours <= 1 ? "within" : "in";
  if (period === "day") return `at 00:00 UTC (${within} ${wait})`;
  const month = end.toLocaleString("en", { month: "long", timeZone: "UTC" });
  return `on 1 ${month}, 00:00 UTC (${within} ${wait})`;
}

/** As `describeReached`, without names and figures. */
export function describeWarning({ scope, scopeId, limit }: Standing, now: Date): string {
  return `For the maintainers: ${whoIs(scope, scopeId)} has used at least 80 % of its budget for ${NOW[limit.period]}. When it is used up, there are no answers until a new one begins ${describeEnd(limit.period, now)}.`;
}

export function describeStopped({ reason }: Stop): string {
  const why = reason === null ? "" : ` (${oneLine(reason)})`;
  return `Whoever runs Redline has stopped all answers for now${why}. The message is kept; ask again once answers go on. ${BY_HAND}`;
}

export function describeNotAllowed(modelId: string, allowed: readonly string[]): string {
  return `The model “${oneLine(modelId)}” may not be used here; choose one of ${describePatterns(allowed)}.`;
}

/** `claude-opus-5-5, or any whose name begins with claude-haiku-` */
export function describePatterns(allowed: readonly string[]): string {
  return allowed
    .map((pattern) =>
      pattern.endsWith("*") ? `any whose name begins with “${pattern.slice(0, -1)}”` : pattern,
    )
    .join(", ");
}

/** For those who run a workspace. */
export function describeBudget({ spent, limits, models }: Omit<Budget, "scope">): string[] {
  return [
    ...describeSpending(spent, limits).map((line) => `Used ${line}`),
    ...(models === null ? [] : [`Models that may be used: ${describePatterns(models)}`]),
  ];
}

/** Lines such as `today: $1.20 of $20, 34,000 tokens`. */
export function describeSpending(spent: SpentIn, limits: readonly Standing["limit"][]): string[] {
  return (["day", "month"] as const).map((period) => {
    const used = spent[period];
    const parts = (["usd", "tokens"] as const).map((unit) => {
      const limit = limits.find((one) => one.unit === unit && one.period === period);
      const amount = describeAmount(unit, spentOf({ unit }, used));
      return limit ? `${amount} of ${describeAmount(unit, limit.amount)}` : amount;
    });
    const unpriced =
      used.unpricedTokens > 0
        ? ` (${describeAmount("tokens", used.unpricedTokens)} of models without a known price)`
        : "";
    return `${NOW[period]}: ${parts.join(", ")}${unpriced}`;
  });
}
