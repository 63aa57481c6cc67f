/** What people are told of budgets, models and the stop. Pure. */
import { oneLine } from "../one-line.ts";
import type { Budget } from "./budget.ts";
import type { Period, SpentIn, Standing } from "./limit.ts";
import { describeAmount, endOf, spentOf } from "./limit.ts";
import type { Stop } from "./rules.ts";

const BY_HAND = "Changes can still be proposed, accepted and declined by hand.";

const NOW: Record<Period, string> = { day: "today", month: "this month" };

/** @param how `in use`: running answers are likely to use what is left */
export function describeReached(
  { scope, name, limit }: Pick<Standing, "scope" | "name" | "limit">,
  now: Date,
  how: "used" | "in use" = "used",
): string {
  const budget = `budget of ${describeAmount(limit.unit, limit.amount)} for ${NOW[limit.period]}`;
  const who = oneLine(name);
  if (how === "in use") {
    return `What is left of the ${budget} of ${who} is in use by answers that are being written. The message is kept; ask again in a few minutes. ${BY_HAND}`;
  }
  return `${who} has used ${scope === "person" ? "their" : "its"} ${budget}. The message is kept; answers resume ${describeEnd(limit.period, now)}, ask again then. ${BY_HAND}`;
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

export function describeWarning({ name, limit, spent }: Standing, now: Date): string {
  const used = describeAmount(limit.unit, spentOf(limit, spent));
  const all = describeAmount(limit.unit, limit.amount);
  return `For the maintainers: ${oneLine(name)} has used ${used} of its budget of ${all} for ${NOW[limit.period]}. When it is used up, there are no answers until a new one begins ${describeEnd(limit.period, now)}.`;
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
