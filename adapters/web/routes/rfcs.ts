import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { newRfcBody, rfcPatchBody } from "../schemas.ts";
import { rfcDetailView, rfcSummaryView, rfcView } from "../views/rfc-view.ts";

export function rfcRoutes(app: FastifyInstance, engine: Engine): void {
  app.post("/api/rfcs", async (request, reply) => {
    const rfc = await engine.rfcs.register(newRfcBody.parse(request.body));
    return reply.code(201).send(rfcView(rfc));
  });

  app.get("/api/rfcs", async () => (await engine.rfcs.list()).map(rfcSummaryView));

  app.get<{ Params: { slug: string } }>("/api/rfcs/:slug", async (request) =>
    rfcDetailView(await engine.rfcs.view(request.params.slug)),
  );

  app.patch<{ Params: { slug: string } }>("/api/rfcs/:slug", async (request) => {
    const { slug } = request.params;
    await engine.rfcs.chooseSuggestionMode(slug, rfcPatchBody.parse(request.body).suggestions);
    return rfcDetailView(await engine.rfcs.view(slug));
  });
}
