import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { maintainerView, personView } from "../views/people-view.ts";

interface ByPerson {
  Params: { slug: string; id: string };
}

/** Everybody that Redline has heard of, and who may decide on one RFC. */
export function peopleRoutes(app: FastifyInstance, engine: Engine): void {
  const { people } = engine;
  const maintainers = async (slug: string) => (await people.maintainers(slug)).map(maintainerView);
  const name = async ({ slug, id }: ByPerson["Params"], isOne: boolean) => {
    const by = await people.localMaintainer();
    const act = isOne ? "add_maintainer" : "remove_maintainer";
    await people.assertMayDecide(by.id, "http", { rfcSlug: slug, act, subject: id });
    await people.setMaintainer(slug, id, isOne, by.id);
    return maintainers(slug);
  };

  app.get("/api/people", async () => (await people.list()).map(personView));

  app.get<{ Params: { slug: string } }>("/api/rfcs/:slug/maintainers", async (request) =>
    maintainers(request.params.slug),
  );

  app.put<ByPerson>("/api/rfcs/:slug/maintainers/:id", async (request) =>
    name(request.params, true),
  );

  app.delete<ByPerson>("/api/rfcs/:slug/maintainers/:id", async (request) =>
    name(request.params, false),
  );
}
