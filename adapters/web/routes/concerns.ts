import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { idempotencyKey } from "../idempotency-key.ts";
import { newConcernBody, resolveBody } from "../schemas.ts";
import type { Viewers } from "../viewers.ts";
import { concernView } from "../views/people-view.ts";

interface ById {
  Params: { id: string };
}

const DOOR = "http";

/** What people hold against an RFC. */
export function concernRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  const { people, concerns } = engine;

  app.post<ById>("/api/threads/:id/concerns", async (request, reply) => {
    const { text, passage } = newConcernBody.parse(request.body);
    const by = await viewers.person(request);
    const place = passage && {
      start: passage.start,
      end: passage.end,
      blobSha: passage.blob_sha,
    };
    const dedupKey = idempotencyKey(request.headers);
    const concern = { text, passage: place ?? null, dedupKey };
    const raised = await concerns.raise(request.params.id, concern, by);
    return reply.code(201).send(concernView(raised, by.id));
  });

  app.post<ById>("/api/concerns/:id/resolve", async (request) => {
    const why = resolveBody.parse(request.body).why ?? undefined;
    const [by, concern] = await Promise.all([
      viewers.person(request),
      concerns.get(request.params.id),
    ]);
    const { id: subject, authorId, rfcSlug } = concern;
    if (authorId !== by.id) {
      await people.assertMayDecide(by.id, DOOR, { rfcSlug, act: "resolve_concern", subject });
    }
    return concernView(await concerns.resolve(subject, why, by), by.id);
  });

  app.post<ById>("/api/concerns/:id/withdraw", async (request) => {
    const [by, { id: subject, rfcSlug }] = await Promise.all([
      viewers.person(request),
      concerns.get(request.params.id),
    ]);
    const about = { rfcSlug, act: "withdraw_concern", subject, why: "not its author" };
    const work = () => concerns.withdraw(subject, by);
    return concernView(await people.noting(by.id, DOOR, about, work), by.id);
  });
}
