import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { problem } from "../../../src/errors.ts";
import type { MetricsPage } from "../../../src/metrics.ts";
import { sendProblem } from "../problem-handling.ts";

/** Paths that need no token: whoever starts and watches the process asks them. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

export function healthRoutes(
  app: FastifyInstance,
  engine: Engine,
  metrics: MetricsPage | null,
): void {
  app.get("/healthz", async () => ({ status: "ok" }));

  const look = shared(async () => {
    const missing = await engine.health.missing();
    const notes = missing.length === 0 ? await engine.health.notes().catch(() => []) : [];
    return { missing, notes };
  });
  app.get("/readyz", async (_request, reply) => {
    const { missing, notes } = await look();
    if (missing.length === 0) {
      return { status: "ready", missing, ...(notes.length > 0 && { notes }) };
    }
    const body = { ...problem("not-ready", missing.join(" ")), missing };
    return sendProblem(reply, body);
  });

  if (metrics === null) return;
  app.get("/metrics", async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
}

/** Whoever comes while it is at work waits for the same: anybody may ask, as often as they like. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | null = null;
  return () => (underWay ??= work().finally(() => (underWay = null)));
}
