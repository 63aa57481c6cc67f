/** Spans of a trace, without knowing who keeps them. Where the trace goes on elsewhere, rows carry its traceparent. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** `server` and `consumer`: something came in; `client` and `producer`: something is asked elsewhere. */
  kind?: "internal" | "server" | "client" | "producer" | "consumer";
  /**
   * Where it goes on: in the span that is open where that is of the same trace, such as the queue's that ran the job,
   * else below this one. Left out: in the span that is open. Null, or what is no traceparent, begins a trace.
   */
  parent?: string | null;
  attributes?: Attributes;
}

/** A span that is open. */
export interface Span {
  /** W3C; null where nothing is kept. */
  readonly traceparent: string | null;
  set(attributes: Attributes): void;
  /** Something that happened at this moment. */
  note(event: string): void;
  /** @param error what it failed with */
  end(error?: unknown): void;
}

export interface Tracing {
  begin(name: string, options?: SpanOptions): Span;
  /** Does the work inside of an open span, without ending it. */
  within<T>(span: Span, work: () => T): T;
}

const NO_SPAN: Span = { traceparent: null, set() {}, note() {}, end() {} };

/** Where tracing is off. */
export const noTracing: Tracing = { begin: () => NO_SPAN, within: (_span, work) => work() };

/** Does the work in a span of its own, which ends with it. */
export async function traced<T>(
  tracing: Tracing,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracing.begin(name, options);
  try {
    const result = await tracing.within(span, () => work(span));
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Null for what is none; headers and rows may hold anything. */
export function readTraceparent(text: unknown): string | null {
  return typeof text === "string" && TRACEPARENT.test(text) ? text : null;
}
