import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { declineBody, placeBody } from "../schemas.ts";
import type { Viewers } from "../viewers.ts";
import { changeView } from "../views/change-view.ts";

interface ById {
  Params: { id: string };
}

export function changeRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  /** Who decides. @throws UserError where they may not */
  const decider = async (request: FastifyRequest, subject: string, act: string) => {
    const [by, { rfcSlug }] = await Promise.all([
      viewers.person(request),
      engine.changes.get(subject),
    ]);
    await engine.people.assertMayDecide(by.id, "http", { rfcSlug, act, subject });
    return by;
  };

  app.get<ById>("/api/changes/:id", async (request) =>
    changeView(await engine.changes.get(request.params.id)),
  );

  app.post<ById>("/api/changes/:id/accept", async (request) => {
    const { id } = request.params;
    const by = await decider(request, id, "accept");
    return changeView(await engine.changes.accept(id, by));
  });

  app.post<ById>("/api/changes/:id/decline", async (request) => {
    const { id } = request.params;
    const reason = declineBody.parse(request.body).reason ?? undefined;
    const by = await decider(request, id, "decline");
    return changeView(await engine.changes.decline(id, reason, by));
  });

  app.post<ById>("/api/changes/:id/place", async (request) => {
    const { start, end, blob_sha: blobSha } = placeBody.parse(request.body);
    const place = { start, end, blobSha };
    const { id } = request.params;
    await decider(request, id, "place");
    return changeView(await engine.changes.choosePlace(id, place));
  });

  app.post<ById>("/api/changes/:id/suggest", async (request) =>
    changeView(await engine.changes.suggest(request.params.id)),
  );
}
