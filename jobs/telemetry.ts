/** Spans of the queue's own: what adds a job, and its run. */
import type { Telemetry } from "bullmq";

/** Its contexts are handed through. */
export type QueueTelemetry = Telemetry<object>;

/** Loaded where tracing is on; it uses what that has set up for the whole process. */
export async function createQueueTelemetry(): Promise<QueueTelemetry> {
  const { BullMQOtel } = await import("bullmq-otel");
  return new BullMQOtel({ tracerName: "redline" });
}

/** What a job carries, so that its run goes on with the trace. */
export function metadataOf(traceparent: string): string {
  return JSON.stringify({ traceparent });
}
