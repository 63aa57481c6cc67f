import type { Logger } from "../src/log.ts";

const QUIET_MS = 10_000;

/**
 * Logs errors that come in floods while a server is away: the first of each kind at once, then at most one
 * every ten seconds, with the number of those kept back. Messages that differ in ids are of one kind.
 */
export function createErrorLog(
  logger: Logger,
  fields: object,
  message: string,
): (error: unknown) => void {
  const kinds = new Map<string, { loggedAt: number; keptBack: number }>();
  return (error) => {
    const text = error instanceof Error ? error.message : String(error);
    const kind = text.replaceAll(/[0-9a-f-]{8,}|\d+/gi, "#");
    const now = performance.now();
    const known = kinds.get(kind);
    if (known && now - known.loggedAt < QUIET_MS) {
      known.keptBack += 1;
      return;
    }
    // However different the messages, their kinds are not collected for ever.
    if (kinds.size > 50) kinds.clear();
    kinds.set(kind, { loggedAt: now, keptBack: 0 });
    logger.warn({ ...fields, err: error, keptBack: known?.keptBack ?? 0 }, message);
  };
}
