/** Marks places with how far their discussion is, where the platform has such marks. */
import type { ChatPlatform } from "../chat/chat-platform.ts";
import { PlaceRefused } from "../chat/chat-platform.ts";
import type { Logger } from "../log.ts";
import type { Sql } from "../store/database.ts";
import type { HeldPlace } from "../store/deliveries.ts";
import { findPlaceMark, noteMarkFailure, putPlaceMark } from "../store/place-marks.ts";

interface MarkDeps {
  sql: Sql;
  platform: Pick<ChatPlatform, "markState">;
  logger: Logger;
}

/** What a busy platform did not take is tried again so often, after these times and twice as long each. */
const MOST_TRIES = 5;
const RETRY_MS = 60_000;

/**
 * Sets the mark when it is another one than the last. A failure is logged and keeps nothing up; what the
 * platform refuses is not tried again for the same state. Answers with the milliseconds until it is to be
 * tried again, null when it is not.
 */
export async function markPlace(
  { sql, platform, logger }: MarkDeps,
  place: HeldPlace,
): Promise<number | null> {
  if (!platform.markState) return null;
  const mark = await findPlaceMark(sql, place);
  if (!mark || mark.due === mark.marked) return null;
  if (mark.waitMs > 0) return mark.waitMs;
  try {
    await platform.markState(place, mark.due);
  } catch (error) {
    const tries = mark.failures + 1;
    const isFinal = error instanceof PlaceRefused || tries >= MOST_TRIES;
    const about = { err: error, link: place.linkId, state: mark.due };
    logger.warn(about, isFinal ? "a place is not marked" : "a place could not be marked yet");
    if (!isFinal) {
      const waitMs = RETRY_MS * 2 ** (tries - 1);
      await noteMarkFailure(sql, place.linkId, waitMs);
      return waitMs;
    }
  }
  await putPlaceMark(sql, place.linkId, mark.due);
  return null;
}
