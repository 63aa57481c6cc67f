/** How a notification is shown. Pure. */
import { parsePath } from "../router.ts";

/** Where a notification leads: inside the console, or elsewhere; null for an address that leads nowhere. */
export type Target = { inside: string } | { outside: string } | null;

/** @param origin of the page; Redline may be known to others by another address, and leads here all the same */
export function targetOf(url: string, origin: string): Target {
  let address: URL;
  try {
    address = new URL(url, origin);
  } catch {
    return null;
  }
  const { pathname, search, hash } = address;
  const { page } = parsePath(pathname);
  const isOurs = address.origin === origin || ["rfc", "history", "commit", "record"].includes(page);
  if (isOurs && page !== "unknown") return { inside: pathname + search + hash };
  return /^https?:$/.test(address.protocol) ? { outside: address.href } : null;
}
