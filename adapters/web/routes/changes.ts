import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { declineBody, placeBody } from "../schemas.ts";
import { changeView } from "../views/change-view.ts";

interface ById {
  Params: { id: string };
}

export function changeRoutes(app: FastifyInstance, engine: Engine): void {
  const person = () => engine.people.localMaintainer();

  app.get<ById>("/api/changes/:id", async (request) =>
    changeView(await engine.changes.get(request.params.id)),
  );

  app.post<ById>("/api/changes/:id/accept", async (request) =>
    changeView(await engine.changes.accept(request.params.id, await person())),
  );

  app.post<ById>("/api/changes/:id/decline", async (request) => {
    const reason = declineBody.parse(request.body).reason ?? undefined;
    return changeView(await engine.changes.decline(request.params.id, reason, await person()));
  });

  app.post<ById>("/api/changes/:id/place", async (request) => {
    const { start, end, blob_sha: blobSha } = placeBody.parse(request.body);
    const place = { start, end, blobSha };
    return changeView(await engine.changes.choosePlace(request.params.id, place));
  });

  app.post<ById>("/api/changes/:id/suggest", async (request) =>
    changeView(await engine.changes.suggest(request.params.id)),
  );
}
