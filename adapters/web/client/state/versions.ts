import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";

/**
 * Whether a change tells of a newer document than the one that is shown, in which it has a place: it was
 * committed, or another one was and moved it. It waits for that document; in the old one its redline would
 * be gone for a moment. Pure.
 */
export function isAhead(change: ChangeJson, { document, changes }: RfcDetailJson): boolean {
  const shown = changes.find((one) => one.id === change.id);
  if (!document || !shown || !isOpen(shown)) return false;
  if (!shown.passage || shown.base_blob_sha !== document.blob_sha) return false;
  if (change.state === "accepted") return true;
  return isOpen(change) && change.base_blob_sha !== document.blob_sha;
}

function isOpen({ state }: ChangeJson): boolean {
  return state === "pending" || state === "accepting";
}
