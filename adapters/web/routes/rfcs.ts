import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { assertMayName } from "../local-repositories.ts";
import { newRfcBody, rfcPatchBody } from "../schemas.ts";
import type { Viewers } from "../viewers.ts";
import { rfcDetailView, rfcSummaryView, rfcView } from "../views/rfc-view.ts";

/** @param isHere whether nobody but the person at this machine can call */
export function rfcRoutes(
  app: FastifyInstance,
  engine: Engine,
  viewers: Viewers,
  isHere: boolean,
): void {
  const detail = async (request: FastifyRequest, slug: string) => {
    const sight = viewers.sightWithin(request, slug);
    const view = await engine.rfcs.view(slug, sight);
    const [concerns, merge, person] = await Promise.all([
      engine.concerns.list(slug, sight),
      engine.merges.current(slug, view.branch, sight),
      viewers.person(request),
    ]);
    return rfcDetailView(view, { concerns, merge }, person.id);
  };

  app.post("/api/rfcs", async (request, reply) => {
    const body = newRfcBody.parse(request.body);
    await viewers.assertMayRegister(request, body.repository);
    await assertMayName(engine, body.repository, isHere);
    const rfc = await engine.rfcs.register(body);
    return reply.code(201).send(rfcView(rfc));
  });

  app.get("/api/rfcs", async (request) =>
    (await engine.rfcs.list(await viewers.sight(request))).map(rfcSummaryView),
  );

  app.get<{ Params: { slug: string } }>("/api/rfcs/:slug", async (request) =>
    detail(request, request.params.slug),
  );

  app.patch<{ Params: { slug: string } }>("/api/rfcs/:slug", async (request) => {
    const { slug } = request.params;
    await engine.rfcs.chooseSuggestionMode(slug, rfcPatchBody.parse(request.body).suggestions);
    return detail(request, slug);
  });
}
