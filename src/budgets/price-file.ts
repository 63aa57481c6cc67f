/** Reads the setting `MODEL_PRICES`. */
import { readFileSync } from "node:fs";
import { z } from "zod";

import type { Price, PriceList, Rates } from "./prices.ts";
import { BUILT_IN_PRICES } from "./prices.ts";

const dollars = z.number().min(0).max(1_000_000);

const rates = z.object({
  input: dollars,
  output: dollars,
  cache_read: dollars.optional(),
  cache_write: dollars.optional(),
});

const list = z.record(
  z.string().regex(/^[^*\s]+\*?$/, "an id, or its beginning with “*” behind it"),
  rates
    .extend({
      long: rates
        .extend({ over: z.int().min(1) })
        .strict()
        .optional(),
    })
    .strict(),
);

const FORM =
  'JSON, or the path of a file with JSON, like {"model-id": {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75}}';

/**
 * A JSON object, or the path of a file that holds one: model id, or prefix with `*`, to dollars per million
 * tokens. Without prices of its own, what is read from or written to a cache costs what input does. Ids that
 * are not named keep their built-in price. Answers with a text about what is wrong, as after “must be”.
 */
export function readPrices(text: string): PriceList | string {
  let json: unknown;
  try {
    json = JSON.parse(text.startsWith("{") ? text : readFileSync(text, "utf8"));
  } catch {
    return FORM;
  }
  const parsed = list.safeParse(json);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join(".");
    return at ? `${FORM}; “${at}” is not` : FORM;
  }
  const own = Object.entries(parsed.data).map(([id, { long, ...price }]): [string, Price] => {
    const base = ratesOf(price);
    return [id, long ? { ...base, long: { ...ratesOf(long), over: long.over } } : base];
  });
  return { ...BUILT_IN_PRICES, ...Object.fromEntries(own) };
}

function ratesOf({ input, output, cache_read, cache_write }: z.output<typeof rates>): Rates {
  return { input, output, cacheRead: cache_read ?? input, cacheWrite: cache_write ?? input };
}
