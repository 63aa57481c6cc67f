/**
 * What the engine tells of itself in numbers, without knowing who keeps them. Every instrument stands in the
 * tables below, with its labels: their values are few, and never an id, a name or a text of somebody. Names are
 * shown with `redline_` in front; units are seconds unless the name says otherwise.
 */

/** By label, all the values that it can have; null where platforms, models or routes say which there are. */
export type LabelValues = Readonly<Record<string, readonly string[] | null>>;

interface Instrument<L extends LabelValues = LabelValues> {
  help: string;
  labels: L;
}

const instrument = <const L extends LabelValues>(help: string, labels: L): Instrument<L> => ({
  help,
  labels,
});

/** What only grows. */
export const COUNTERS = {
  events_total: instrument(
    "Events that platforms sent, by what came of taking them in: new, known (or of no concern), or not_stored.",
    { source: null, kind: null, result: ["new", "known", "not_stored"] },
  ),
  events_handled_total: instrument(
    "Stored events that were worked off, by outcome: done, refused, again or failed.",
    { source: null, kind: null, outcome: ["done", "refused", "again", "failed"] },
  ),
  turns_total: instrument(
    "Attempts at answers that ended: done, failed, cancelled, refused (a budget, or the stop), handed_over (to another worker) or later.",
    { outcome: ["done", "failed", "cancelled", "refused", "handed_over", "later"] },
  ),
  model_requests_total: instrument(
    "Requests to a model, by result: complete, max_tokens, too_long, refusal, aborted or failed.",
    { model: null, result: ["complete", "max_tokens", "too_long", "refusal", "aborted", "failed"] },
  ),
  model_retries_total: instrument("Repeated requests to a model's provider.", { provider: null }),
  model_tokens_total: instrument(
    "Tokens as providers count them: input (without cache), output, cache_read and cache_write.",
    { model: null, kind: ["input", "output", "cache_read", "cache_write"] },
  ),
  model_cost_dollars_total: instrument(
    "US dollars that the counted tokens cost by the known prices; nothing where a price is not known.",
    { model: null },
  ),
  changes_total: instrument(
    "Changes that came into a state: pending, accepting, accepted, declined, withdrawn or stale; returned is accepting back to pending.",
    { state: ["pending", "accepting", "accepted", "declined", "withdrawn", "stale", "returned"] },
  ),
  decisions_total: instrument("Decisions that people took, by verdict: accept or decline.", {
    verdict: ["accept", "decline"],
  }),
  commits_total: instrument(
    "Tries to commit an accepted change: committed, found (made before), returned (to pending), failed or given_up.",
    { result: ["committed", "found", "returned", "failed", "given_up"] },
  ),
  branch_moves_total: instrument(
    "Looks at a branch's tip, by result: moved (with all that waits on it), none, or problem.",
    { result: ["moved", "none", "problem"] },
  ),
  suggestions_total: instrument(
    "Comments for changes on pull requests: posted, edited, removed, resolved, minimized, rejected or failed.",
    { outcome: ["posted", "edited", "removed", "resolved", "minimized", "rejected", "failed"] },
  ),
  private_messages_total: instrument(
    "Private messages to people, by result: sent, again or failed.",
    { kind: null, result: ["sent", "again", "failed"] },
  ),
  platform_calls_total: instrument(
    "Calls to a platform, by result: ok, an HTTP status, an error's name, or unreachable.",
    { platform: null, method: null, result: null },
  ),
  platform_limited_total: instrument("Calls that a platform put off (429).", { platform: null }),
  platform_limited_seconds_total: instrument("Time that platforms asked to wait.", {
    platform: null,
  }),
  retries_total: instrument(
    "What is tried again after a failure: event, turn, commit, place, pull_request or private_message.",
    { what: ["event", "turn", "commit", "place", "pull_request", "private_message"] },
  ),
  http_requests_total: instrument("Answered requests.", {
    method: null,
    route: null,
    status: null,
  }),
} as const;

/** What is measured each time, in seconds. */
export const HISTOGRAMS = {
  acknowledgement_seconds: instrument(
    "From an event's arrival until it is stored, which is when its platform is told so.",
    { source: null },
  ),
  event_seconds: instrument("From an event's arrival until it was worked off.", { source: null }),
  first_text_seconds: instrument(
    "From the event that asks for an answer until its first text can be seen.",
    { platform: null },
  ),
  last_text_seconds: instrument(
    "From the event that asks for an answer until all of it can be seen.",
    { platform: null },
  ),
  turn_wait_seconds: instrument("From when a turn is queued until it first runs.", {}),
  turn_seconds: instrument("From a turn's first run until it ended, by outcome.", {
    outcome: ["done", "failed", "cancelled"],
  }),
  model_first_text_seconds: instrument("From a request to a model to its first text.", {
    model: null,
  }),
  commit_seconds: instrument("From an accept until its commit is on the branch.", {}),
  platform_call_seconds: instrument("Calls to a platform.", { platform: null }),
  http_request_seconds: instrument("Answered requests, without event streams.", {
    method: null,
    route: null,
  }),
} as const;

/** What is read when somebody asks. */
export const GAUGES = {
  open_streams: instrument("Event streams being sent by this process.", {}),
  running_turns: instrument("Turns that run in this process.", {}),
  queue_depth: instrument(
    "What waits in the database and is due: inbox, outbox, ready_threads, places, pull_requests or private_messages.",
    { queue: null },
  ),
  queue_oldest_seconds: instrument("How long the oldest of these has been due.", { queue: null }),
  changes: instrument("Changes that wait for something: pending, stale or accepting.", {
    state: null,
  }),
  jobs: instrument("Jobs of the queue server.", { queue: null, state: null }),
} as const;

export type CounterName = keyof typeof COUNTERS;
export type HistogramName = keyof typeof HISTOGRAMS;
export type GaugeName = keyof typeof GAUGES;

/** What one of an instrument's series is told by. */
export type LabelsOf<I extends Instrument> = {
  readonly [L in keyof I["labels"]]: I["labels"][L] extends readonly (infer V extends string)[]
    ? V
    : string;
};

/** Told from anywhere; cheap, and never throws. */
export interface Metrics {
  /** @param by how much it grows; 1 when left out */
  count<N extends CounterName>(name: N, labels: LabelsOf<(typeof COUNTERS)[N]>, by?: number): void;
  observe<N extends HistogramName>(
    name: N,
    labels: LabelsOf<(typeof HISTOGRAMS)[N]>,
    seconds: number,
  ): void;
  /** Has a number of this process read when somebody asks; several of a name are added. Returns its end. */
  watch<N extends GaugeName>(
    name: N,
    labels: LabelsOf<(typeof GAUGES)[N]>,
    read: () => number,
  ): () => void;
}

/** A gauge that is read from what all processes share. */
export interface Reading {
  name: GaugeName;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** All of it as a text for whoever collects it. */
export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** For single commands and tests, and where nobody can ask. */
export const noMetrics: Metrics = { count() {}, observe() {}, watch: () => () => {} };

/** Seconds since `begun`, which is of `performance.now()`. */
export const secondsSince = (begun: number): number => (performance.now() - begun) / 1_000;

/** Seconds since a time of the database's or a platform's clock, which may be ahead of this one. */
export const secondsAfter = (time: Date): number =>
  Math.max(0, Date.now() - time.getTime()) / 1_000;

/** Counts an event that came in, by what became of it, and how long it took to be acknowledged. */
export async function countTaken(
  metrics: Metrics,
  { source, kind }: { source: string; kind: string },
  store: () => Promise<"stored" | "known">,
): Promise<"stored" | "known"> {
  const begun = performance.now();
  try {
    const outcome = await store();
    const result = outcome === "stored" ? "new" : "known";
    metrics.count("events_total", { source, kind, result });
    metrics.observe("acknowledgement_seconds", { source }, secondsSince(begun));
    return outcome;
  } catch (error) {
    metrics.count("events_total", { source, kind, result: "not_stored" });
    throw error;
  }
}
