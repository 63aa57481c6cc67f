import type { IncomingHttpHeaders } from "node:http";
import { UserError } from "../../src/errors.ts";

/** The sender's own key of a request that must not take effect twice. @throws UserError */
export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers["idempotency-key"];
  if (header === undefined) return undefined;
  if (typeof header === "string" && /^[\x21-\x7e]{1,200}$/.test(header)) return header;
  throw new UserError(
    "invalid-request",
    "The Idempotency-Key header must be 1 to 200 visible characters without spaces.",
  );
}
