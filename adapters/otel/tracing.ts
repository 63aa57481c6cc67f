/** Spans by OpenTelemetry, sent to a collector by OTLP over HTTP. */
import { randomUUID } from "node:crypto";

import type {
  Context,
  Span as OtelSpan,
  SpanContext,
  TextMapGetter,
  TextMapPropagator,
  TextMapSetter,
  Tracer,
} from "@opentelemetry/api";
import {
  context,
  diag,
  DiagLogLevel,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Logger } from "../../src/log.ts";
import type { Attributes, Span, SpanOptions, Tracing } from "../../src/tracing.ts";
import { readTraceparent } from "../../src/tracing.ts";
import { settledWithin } from "../../src/waiting.ts";

export interface OtelOptions {
  /** Of the collector, such as `http://localhost:4318`; its path for traces is added. */
  endpoint: string;
  serviceName: string;
  logger: Logger;
}

export interface OtelTracing extends Tracing {
  /** Sends what is left, for a moment. */
  close(): Promise<void>;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};
const EXPORT_MS = { delay: 1_000, timeout: 5_000, farewell: 2_000 };
const QUIET_MS = 60_000;

/** One a process: what the queue's own spans go by is the whole process's. */
export function createOtelTracing({ endpoint, serviceName, logger }: OtelOptions): OtelTracing {
  tellTrouble(logger);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    timeoutMillis: EXPORT_MS.timeout,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": serviceName,
      "service.instance.id": randomUUID(),
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_MS.delay })],
  });
  const tracer = provider.getTracer("redline");
  trace.setGlobalTracerProvider({ getTracer: () => withoutRoots(tracer) });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new TraceparentPropagator());
  const open = new WeakMap<Span, OtelSpan>();
  return {
    begin(name, { kind = "internal", parent, attributes = {} }: SpanOptions = {}) {
      const options = { kind: KINDS[kind], attributes: known(attributes) };
      const span = tracer.startSpan(name, options, contextOf(parent));
      const own = toSpan(span);
      open.set(own, span);
      return own;
    },
    within(own, work) {
      const span = open.get(own);
      if (span === undefined) return work();
      return context.with(trace.setSpan(context.active(), span), work);
    },
    async close() {
      await settledWithin(provider.shutdown(), EXPORT_MS.farewell);
      trace.disable();
      context.disable();
      propagation.disable();
      diag.disable();
    },
  };
}

/** For the queue's own spans: it looks for jobs all the time, and what is nobody's work is no trace. */
function withoutRoots(tracer: Tracer): Tracer {
  const startSpan: Tracer["startSpan"] = (name, options, inside = context.active()) =>
    trace.getSpanContext(inside) === undefined
      ? trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
      : tracer.startSpan(name, options, inside);
  return { startSpan, startActiveSpan: tracer.startActiveSpan.bind(tracer) };
}

function contextOf(parent: string | null | undefined): Context {
  if (parent === undefined) return context.active();
  const remote = parent === null ? null : parse(parent);
  if (remote === null) return ROOT_CONTEXT;
  const isOpen = trace.getSpanContext(context.active())?.traceId === remote.traceId;
  return isOpen ? context.active() : trace.setSpanContext(ROOT_CONTEXT, remote);
}

/** Errors by name alone: their words may be somebody's text. */
function toSpan(span: OtelSpan): Span {
  return {
    traceparent: format(span.spanContext()),
    set: (attributes) => void span.setAttributes(known(attributes)),
    note: (event) => void span.addEvent(event),
    end(error) {
      if (error !== undefined) {
        const message = error instanceof Error ? error.name : typeof error;
        span.setStatus({ code: SpanStatusCode.ERROR, message });
      }
      span.end();
    },
  };
}

function known(attributes: Attributes): Record<string, string | number | boolean> {
  const given = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(given);
}

/** W3C Trace Context, section 3.2.2. */
function format({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function parse(text: string): SpanContext | null {
  if (readTraceparent(text) === null) return null;
  const [, traceId = "", spanId = "", flags = ""] = text.split("-");
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const found = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(found) ? found : null;
}

const FIELD = "traceparent";

/** What jobs of the queue carry. */
class TraceparentPropagator implements TextMapPropagator {
  inject<C>(from: Context, carrier: C, setter: TextMapSetter<C>): void {
    const spanContext = trace.getSpanContext(from);
    if (spanContext && isSpanContextValid(spanContext)) {
      setter.set(carrier, FIELD, format(spanContext));
    }
  }

  extract<C>(into: Context, carrier: C, getter: TextMapGetter<C>): Context {
    const given = getter.get(carrier, FIELD);
    const spanContext = typeof given === "string" ? parse(given) : null;
    return spanContext === null ? into : trace.setSpanContext(into, spanContext);
  }

  fields(): string[] {
    return [FIELD];
  }
}

/** A collector that is away is told of now and then. */
function tellTrouble(logger: Logger): void {
  let quietUntil = 0;
  const tell = (message: string): void => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + QUIET_MS;
    logger.warn({ says: message.slice(0, 200) }, "traces have trouble");
  };
  const ignore = (): void => {};
  diag.setLogger(
    { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
