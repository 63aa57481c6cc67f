/** The settings about money, as `src/config.ts` takes them. */
import { z } from "zod";

import { BUDGETS_FORM, readDefaults } from "./limit.ts";
import { readPrices } from "./price-file.ts";

/** `MODEL_PRICES` */
export const pricesSetting = z.string().transform((text, context) => {
  const read = readPrices(text);
  if (typeof read !== "string") return read;
  context.addIssue({ code: "custom", message: read });
  return z.NEVER;
});

/** `BUDGETS` */
export const budgetsSetting = z.string().transform((text, context) => {
  const limits = readDefaults(text);
  if (limits !== null) return limits;
  context.addIssue({ code: "custom", message: BUDGETS_FORM });
  return z.NEVER;
});
