/** Puts together who keeps traces. Part of the composition root. */
import type { QueueTelemetry } from "../../jobs/telemetry.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { Teardown } from "../teardown.ts";
import type { Tracing } from "../tracing.ts";
import { noTracing } from "../tracing.ts";

export interface BuiltTracing {
  tracing: Tracing;
  /** Null where nothing is traced. */
  telemetry: QueueTelemetry | null;
}

/** Its packages are loaded only where they are used. */
export async function createTracing(
  { tracing: settings }: Config,
  logger: Logger,
  teardown: Teardown,
): Promise<BuiltTracing> {
  if (settings === null) return { tracing: noTracing, telemetry: null };
  const [{ createOtelTracing }, { createQueueTelemetry }] = await Promise.all([
    import("../../adapters/otel/tracing.ts"),
    import("../../jobs/telemetry.ts"),
  ]);
  const tracing = createOtelTracing({ ...settings, logger });
  teardown.add("traces", () => tracing.close());
  return { tracing, telemetry: await createQueueTelemetry() };
}
