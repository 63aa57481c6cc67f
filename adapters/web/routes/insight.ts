import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { historyQuery, readBody, searchQuery, statisticsQuery, whyQuery } from "../schemas.ts";
import type { Viewers } from "../viewers.ts";
import {
  commitView,
  historyView,
  overviewView,
  searchView,
  whyView,
} from "../views/insight-view.ts";
import { statisticsView } from "../views/statistics-view.ts";

interface BySlug {
  Params: { slug: string };
}

/** Looking back at one document, and over all of them. */
export function insightRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  const { insight } = engine;
  const sight = (request: FastifyRequest) => viewers.sight(request);
  const within = (request: FastifyRequest<BySlug>) =>
    viewers.sightWithin(request, request.params.slug);

  app.get("/api/overview", async (request) =>
    overviewView(await insight.overview(await viewers.person(request), await sight(request))),
  );

  app.get("/api/statistics", async (request) => {
    const { hours } = statisticsQuery.parse(request.query);
    return statisticsView(await insight.statistics(hours, await sight(request)));
  });

  app.get("/api/search", async (request) => {
    const { q, kind, rfc, page } = searchQuery.parse(request.query);
    return searchView(
      await insight.search({ text: q, kind, rfcSlug: rfc, page }, await sight(request)),
    );
  });

  app.get<BySlug>("/api/rfcs/:slug/history", async (request) => {
    const { q, ...filter } = historyQuery.parse(request.query);
    return historyView(
      await insight.history(request.params.slug, { ...filter, text: q }, within(request)),
    );
  });

  app.get<BySlug>("/api/rfcs/:slug/why", async (request) => {
    const { start, end, blob_sha: blobSha } = whyQuery.parse(request.query);
    return whyView(
      await insight.why(request.params.slug, { start, end, blobSha }, within(request)),
    );
  });

  app.get<BySlug>("/api/rfcs/:slug/pulse", async (request) => ({
    pulse: await insight.pulse(request.params.slug),
  }));

  app.get<{ Params: { slug: string; sha: string } }>(
    "/api/rfcs/:slug/commits/:sha",
    async (request) =>
      commitView(await insight.commit(request.params.slug, request.params.sha, within(request))),
  );

  app.post<{ Params: { id: string } }>("/api/threads/:id/read", async (request, reply) => {
    const { seq } = readBody.parse(request.body);
    await insight.markRead(request.params.id, seq, await viewers.person(request));
    return reply.code(204).send();
  });
}
