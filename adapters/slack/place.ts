/**
 * The names of places in Slack. A thread is `<channel>/<thread_ts>`; what is said to Redline directly, outside
 * of any thread, is one place of its own: `<channel>/dm`.
 */

export interface SlackPlace {
  channel: string;
  /** `thread_ts`; null for the messages of a direct conversation that stand in no thread. */
  thread: string | null;
}

const DIRECT = "dm";

export function formatPlace({ channel, thread }: SlackPlace): string {
  return `${channel}/${thread ?? DIRECT}`;
}

/** Null for what is no name of a place. */
export function parsePlace(place: string): SlackPlace | null {
  const [channel, thread, ...rest] = place.split("/");
  if (!channel || !thread || rest.length > 0) return null;
  return { channel, thread: thread === DIRECT ? null : thread };
}
