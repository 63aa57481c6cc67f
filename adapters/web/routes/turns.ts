import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { turnView } from "../views/thread-view.ts";

interface ById {
  Params: { id: string };
}

export function turnRoutes(app: FastifyInstance, engine: Engine): void {
  app.post<ById>("/api/turns/:id/cancel", async (request) =>
    turnView(await engine.turns.cancel(request.params.id)),
  );

  app.post<ById>("/api/turns/:id/retry", async (request) =>
    turnView(await engine.turns.retry(request.params.id)),
  );
}
