import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { newRfcBody, rfcPatchBody } from "../schemas.ts";
import { rfcDetailView, rfcSummaryView, rfcView } from "../views/rfc-view.ts";

export function rfcRoutes(app: FastifyInstance, engine: Engine): void {
  const detail = async (slug: string) => {
    const view = await engine.rfcs.view(slug);
    const [concerns, merge, person] = await Promise.all([
      engine.concerns.list(slug),
      engine.merges.current(slug, view.branch),
      engine.people.localMaintainer(),
    ]);
    return rfcDetailView(view, { concerns, merge }, person.id);
  };

  app.post("/api/rfcs", async (request, reply) => {
    const rfc = await engine.rfcs.register(newRfcBody.parse(request.body));
    return reply.code(201).send(rfcView(rfc));
  });

  app.get("/api/rfcs", async () => (await engine.rfcs.list()).map(rfcSummaryView));

  app.get<{ Params: { slug: string } }>("/api/rfcs/:slug", async (request) =>
    detail(request.params.slug),
  );

  app.patch<{ Params: { slug: string } }>("/api/rfcs/:slug", async (request) => {
    const { slug } = request.params;
    await engine.rfcs.chooseSuggestionMode(slug, rfcPatchBody.parse(request.body).suggestions);
    return detail(slug);
  });
}
