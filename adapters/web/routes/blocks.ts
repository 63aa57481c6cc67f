import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import type { Viewers } from "../viewers.ts";
import { changeView } from "../views/change-view.ts";

interface ById {
  Params: { id: string };
}

/** Blocks that did not become changes, and the ways on from there. */
export function blockRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  app.post<ById>("/api/blocks/:id/promote", async (request, reply) =>
    reply.code(201).send(changeView(await engine.changes.promote(request.params.id))),
  );

  app.post<ById>("/api/blocks/:id/repair", async (request) => {
    const by = await viewers.person(request);
    const { turnId } = await engine.changes.repair(request.params.id, by);
    return { turn_id: turnId };
  });
}
