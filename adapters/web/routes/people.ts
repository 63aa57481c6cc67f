import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import type { Viewers } from "../viewers.ts";
import { maintainerView, personView } from "../views/people-view.ts";

interface ByPerson {
  Params: { slug: string; id: string };
}

/** Everybody that Redline has heard of, and who may decide on one RFC. */
export function peopleRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  const { people } = engine;
  const maintainers = async (slug: string) => (await people.maintainers(slug)).map(maintainerView);
  const name = async (request: FastifyRequest<ByPerson>, isOne: boolean) => {
    const { slug, id } = request.params;
    const by = await viewers.person(request);
    const act = isOne ? "add_maintainer" : "remove_maintainer";
    await people.assertMayDecide(by.id, "http", { rfcSlug: slug, act, subject: id });
    await people.setMaintainer(slug, id, isOne, by.id, await viewers.sight(request));
    return maintainers(slug);
  };

  app.get("/api/people", async (request) =>
    (await people.list(await viewers.sight(request))).map(personView),
  );

  app.get<{ Params: { slug: string } }>("/api/rfcs/:slug/maintainers", async (request) =>
    maintainers(request.params.slug),
  );

  app.put<ByPerson>("/api/rfcs/:slug/maintainers/:id", async (request) => name(request, true));

  app.delete<ByPerson>("/api/rfcs/:slug/maintainers/:id", async (request) => name(request, false));
}
