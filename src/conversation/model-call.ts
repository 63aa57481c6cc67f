import type { COUNTERS, LabelsOf, Metrics } from "../metrics.ts";
import { secondsSince } from "../metrics.ts";
import type { ModelUsage } from "../ports.ts";
import type { Span, Tracing } from "../tracing.ts";

/** Tells of one request to a model: how long, how much, and how it ended. */
export class ModelCall {
  private readonly metrics: Metrics;
  private readonly model: string;
  private readonly span: Span;
  private readonly begun = performance.now();
  private hasText = false;

  constructor({ metrics, tracing }: { metrics: Metrics; tracing: Tracing }, model: string) {
    this.metrics = metrics;
    this.model = model;
    this.span = tracing.begin("model request", { kind: "client", attributes: { model } });
  }

  textCame(): void {
    if (this.hasText) return;
    this.hasText = true;
    this.metrics.observe(
      "model_first_text_seconds",
      { model: this.model },
      secondsSince(this.begun),
    );
    this.span.note("first text");
  }

  used({ input, output, cacheRead, cacheWrite }: ModelUsage): void {
    this.span.set({ input, output, cacheRead, cacheWrite });
  }

  end(result: LabelsOf<typeof COUNTERS.model_requests_total>["result"], error?: unknown): void {
    this.metrics.count("model_requests_total", { model: this.model, result });
    this.span.set({ result });
    this.span.end(error);
  }
}
