import type { FastifyInstance, FastifyReply } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import type { Viewers } from "../viewers.ts";
import { recordMarkView, recordView } from "../views/people-view.ts";

interface BySlug {
  Params: { slug: string };
}

/** How a text was earned: whether the chain is whole, and its files. */
export function recordRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  const { record } = engine;

  app.get<BySlug>("/api/rfcs/:slug/record", async (request) =>
    recordView(await record.view(request.params.slug)),
  );

  app.post<BySlug>("/api/rfcs/:slug/record", async (request, reply) => {
    const by = await viewers.person(request);
    return reply.code(201).send(recordMarkView(await record.write(request.params.slug, by)));
  });

  app.get<BySlug>("/api/rfcs/:slug/record.md", async (request, reply) =>
    sendFile(
      reply,
      await record.file(
        request.params.slug,
        "markdown",
        viewers.sightWithin(request, request.params.slug),
      ),
    ),
  );

  app.get<BySlug>("/api/rfcs/:slug/record.json", async (request, reply) =>
    sendFile(
      reply,
      await record.file(
        request.params.slug,
        "json",
        viewers.sightWithin(request, request.params.slug),
      ),
    ),
  );
}

/** To be kept, never shown by the browser: people's text is in it. */
function sendFile(
  reply: FastifyReply,
  { name, mediaType, body }: Awaited<ReturnType<Engine["record"]["file"]>>,
): FastifyReply {
  const file = `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
  return reply
    .header("content-disposition", file)
    .type(`${mediaType}; charset=utf-8`)
    .send(Buffer.from(body));
}
