import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { changeView } from "../views/change-view.ts";

interface ById {
  Params: { id: string };
}

/** Blocks that did not become changes, and the ways on from there. */
export function blockRoutes(app: FastifyInstance, engine: Engine): void {
  app.post<ById>("/api/blocks/:id/promote", async (request, reply) =>
    reply.code(201).send(changeView(await engine.changes.promote(request.params.id))),
  );

  app.post<ById>("/api/blocks/:id/repair", async (request) => {
    const by = await engine.people.localMaintainer();
    const { turnId } = await engine.changes.repair(request.params.id, by);
    return { turn_id: turnId };
  });
}
