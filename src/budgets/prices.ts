/**
 * What tokens cost. Pure.
 *
 * The built-in list: Anthropic's published prices, https://platform.claude.com/docs/en/about-claude/pricing
 * and the overview page of each model, as of 2026-10-24 (Haiku 5.5 and the lower price of Sonnet 5.5's cache
 * reads came on 2026-10-07). Cache writes are those of the five-minute cache, which is the one in use. Other
 * models, discounts and surcharges (batches, regions, other clouds) are set with `MODEL_PRICES`.
 */
import type { ModelUsage } from "../ports.ts";

/** Dollars per million tokens, which is millionths of a dollar per token. */
export interface Rates {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

export interface Price extends Rates {
  /** What applies to the whole of a request whose prompt has more than `over` tokens. */
  long?: Rates & { over: number };
}

/** Prices by model id, or by the beginning of ids with a `*` behind it; the longest that fits applies. */
export type PriceList = Readonly<Record<string, Price>>;

const rates = (input: number, output: number, cacheRead: number, cacheWrite: number): Rates => {
  return { input, output, cacheRead, cacheWrite };
};

const OPUS_4_5 = rates(5, 25, 0.5, 6.25);
const OPUS_4 = rates(15, 75, 1.5, 18.75);
const SONNET_4 = rates(3, 15, 0.3, 3.75);

export const BUILT_IN_PRICES: PriceList = {
  "claude-fable-5-1": rates(10, 50, 0.25, 12.5),
  "claude-fable-5": rates(10, 50, 1, 12.5),
  "claude-opus-5-5": rates(4, 20, 0.2, 5),
  "claude-opus-5": OPUS_4_5,
  "claude-opus-4-8*": OPUS_4_5,
  "claude-opus-4-7*": OPUS_4_5,
  "claude-opus-4-6*": OPUS_4_5,
  "claude-opus-4-5*": OPUS_4_5,
  "claude-opus-4-1*": OPUS_4,
  "claude-opus-4-0": OPUS_4,
  // Ids of the older models end with a date.
  "claude-opus-4-20*": OPUS_4,
  "claude-sonnet-5-5": rates(2, 10, 0.1, 2.5),
  "claude-sonnet-5": rates(2, 10, 0.2, 2.5),
  "claude-sonnet-4-6*": SONNET_4,
  "claude-sonnet-4-5*": SONNET_4,
  "claude-sonnet-4-0": SONNET_4,
  "claude-sonnet-4-20*": SONNET_4,
  "claude-haiku-5-5": {
    ...rates(0.1, 0.5, 0.01, 0.125),
    long: { ...rates(0.5, 2.5, 0.05, 0.625), over: 100_000 },
  },
  "claude-haiku-4-5*": rates(1, 5, 0.1, 1.25),
};

/** The price of a model; null where none is known, which is not the same as free. */
function priceOf(modelId: string, prices: PriceList): Price | null {
  const exact = Object.hasOwn(prices, modelId) ? prices[modelId] : undefined;
  if (exact) return exact;
  const [longest] = Object.keys(prices)
    .filter((key) => key.endsWith("*") && modelId.startsWith(key.slice(0, -1)))
    .toSorted((a, b) => b.length - a.length);
  return longest === undefined ? null : prices[longest]!;
}

/**
 * Millionths of a US dollar for one request, rounded up; null where the model has no price.
 * @param prices by default the built-in list
 */
export function costOf(
  modelId: string,
  usage: ModelUsage,
  prices: PriceList = BUILT_IN_PRICES,
): number | null {
  const price = priceOf(modelId, prices);
  if (price === null) return null;
  const { input, output, cacheRead, cacheWrite } = usage;
  const isLong = price.long && input + cacheRead + cacheWrite > price.long.over;
  const per = isLong ? price.long! : price;
  const cost =
    input * per.input +
    output * per.output +
    cacheRead * per.cacheRead +
    cacheWrite * per.cacheWrite;
  // Products of decimal fractions come out a hair off.
  return Math.ceil(Number(cost.toFixed(6)));
}

/** All tokens of a request, of whatever kind. */
export function tokensOf({ input, output, cacheRead, cacheWrite }: ModelUsage): number {
  return input + output + cacheRead + cacheWrite;
}
