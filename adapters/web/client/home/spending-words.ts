import type { SpendingJson } from "../../views/spending-view.ts";

type Budget = SpendingJson["budgets"][number];

/** `today $1.20 of $20, 34,000 tokens` */
export function spentWords(
  when: string,
  spent: Budget["day"],
  limits: Budget["limits"],
  period: Budget["limits"][number]["period"],
): string {
  const of = (unit: "usd" | "tokens"): string => {
    const limit = limits.find((one) => one.unit === unit && one.period === period);
    return limit ? ` of ${amount(unit, limit.amount)}` : "";
  };
  const dollars = `${amount("usd", spent.usd)}${of("usd")}`;
  return `${when} ${dollars}, ${amount("tokens", spent.tokens)}${of("tokens")} tokens`;
}

function amount(unit: "usd" | "tokens", value: number): string {
  if (unit === "tokens") return value.toLocaleString("en");
  return value.toLocaleString("en", { style: "currency", currency: "USD" });
}
