/** A number of tokens as a provider says it; the other where that is none, as servers of all kinds send it. */
export function tokenCount(said: unknown, otherwise: number): number {
  return typeof said === "number" && said >= 0 && said <= MOST ? Math.round(said) : otherwise;
}

/** More than any answer has; what is counted is kept in 64 bits, and multiplied with a price. */
const MOST = 1_000_000_000;
