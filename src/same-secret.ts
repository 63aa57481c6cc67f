import { createHash, timingSafeEqual } from "node:crypto";

/** Compares digests, so that neither the length nor a common beginning shows in the time it takes. */
export function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
