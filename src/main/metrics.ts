/** Puts together who keeps the numbers. Part of the composition root. */
import type { JobBackend } from "../../jobs/backend.ts";
import { countJobs } from "../../jobs/queue-counts.ts";
import type { Config } from "../config.ts";
import type { Metrics, MetricsPage, Reading } from "../metrics.ts";
import type { Sql } from "../store/database.ts";
import { readGauges } from "../store/readings.ts";
import { within } from "../waiting.ts";

/** Whoever asks is answered in this time, with what is known by then. */
const READ_MS = 2_000;

/** Null where nobody could ask this process. */
export async function createMetrics(
  { roles, web }: Config,
  { sql, backend }: { sql: Sql; backend: JobBackend },
): Promise<(Metrics & MetricsPage) | null> {
  if (!roles.has("ingest") && !roles.has("web") && web.healthPort === null) return null;
  const { createPrometheusMetrics } = await import("../../adapters/metrics/prometheus.ts");
  const readJobs = async (): Promise<Reading[]> =>
    (await countJobs(backend)).map(({ queue, state, count }) => ({
      name: "jobs",
      labels: { queue, state },
      value: count,
    }));
  const answered = <T>(reading: Promise<T>, who: string): Promise<T> =>
    within(reading, READ_MS, who);
  return createPrometheusMetrics({
    sources: [
      () => answered(readGauges(sql), "the database"),
      () => answered(readJobs(), "the job queue"),
    ],
  });
}
