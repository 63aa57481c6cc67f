/** What Redline's own messages carry, by which they are known again. */
import { record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";

const EVENT_TYPE = "redline";

export function metadataOf(key: string): { event_type: string; event_payload: { key: string } } {
  return { event_type: EVENT_TYPE, event_payload: { key } };
}

/** Null for a message of anybody else's, and for streams, which take none. */
export function keyOf(message: Json): string | null {
  const metadata = record(message["metadata"]);
  if (metadata["event_type"] !== EVENT_TYPE) return null;
  return text(record(metadata["event_payload"])["key"]);
}
