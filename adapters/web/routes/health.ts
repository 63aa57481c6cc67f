import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { problem } from "../../../src/errors.ts";
import type { Metrics } from "../metrics.ts";
import { sendProblem } from "../problem-handling.ts";

/** Paths that need no token: whoever starts and watches the process asks them. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

export function healthRoutes(app: FastifyInstance, engine: Engine, metrics: Metrics): void {
  app.get("/healthz", async () => ({ status: "ok" }));

  app.get("/readyz", async (_request, reply) => {
    const missing = await engine.health.missing();
    if (missing.length === 0) return { status: "ready", missing };
    const body = { ...problem("not-ready", missing.join(" ")), missing };
    return sendProblem(reply, body);
  });

  app.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(metrics.render()),
  );
}
