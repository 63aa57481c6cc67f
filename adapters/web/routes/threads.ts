import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { Engine, NewThread } from "../../../src/engine.ts";
import { traceparentOf } from "../following.ts";
import { idempotencyKey } from "../idempotency-key.ts";
import { newEditBody, newMessageBody, newThreadBody, threadPatchBody } from "../schemas.ts";
import { lastEventId, type EventStreams } from "../sse.ts";
import type { Viewers } from "../viewers.ts";
import { changeView } from "../views/change-view.ts";
import { threadDetailView, threadView } from "../views/thread-view.ts";

interface ById {
  Params: { id: string };
}

type AnchorBody = z.output<typeof newThreadBody>["anchor"];

function readAnchor(anchor: AnchorBody): NewThread["anchor"] {
  if (!anchor || "text" in anchor) return anchor ?? undefined;
  const { start, end, blob_sha: blobSha } = anchor;
  return { start, end, ...(blobSha !== undefined && { blobSha }) };
}

export function threadRoutes(
  app: FastifyInstance,
  engine: Engine,
  viewers: Viewers,
  streams: EventStreams,
): void {
  app.post("/api/threads", async (request, reply) => {
    const body = newThreadBody.parse(request.body);
    const thread = await engine.threads.create(
      {
        rfcSlug: body.rfc_slug,
        branchName: body.branch_name,
        kind: body.thread_kind,
        title: body.title ?? undefined,
        anchor: readAnchor(body.anchor),
      },
      await viewers.person(request),
    );
    return reply.code(201).send(threadView(thread));
  });

  app.get<ById>("/api/threads/:id", async (request) =>
    threadDetailView(await engine.threads.view(request.params.id)),
  );

  app.patch<ById>("/api/threads/:id", async (request) => {
    const { model } = threadPatchBody.parse(request.body);
    return threadView(await engine.threads.chooseModel(request.params.id, model));
  });

  app.post<ById>("/api/threads/:id/close", async (request) =>
    threadView(await engine.threads.close(request.params.id, await viewers.person(request))),
  );

  app.post<ById>("/api/threads/:id/reopen", async (request) =>
    threadView(await engine.threads.reopen(request.params.id, await viewers.person(request))),
  );

  sayingRoutes(app, engine, viewers, streams);
}

/** What is said in a thread, and read of it as it comes. */
function sayingRoutes(
  app: FastifyInstance,
  engine: Engine,
  viewers: Viewers,
  streams: EventStreams,
): void {
  app.post<ById>("/api/threads/:id/changes", async (request, reply) => {
    const body = newEditBody.parse(request.body);
    const edit = {
      original: body.original,
      proposed: body.proposed,
      reason: body.reason ?? undefined,
      after: body.after ?? undefined,
      before: body.before ?? undefined,
    };
    const change = await engine.changes.propose(
      request.params.id,
      edit,
      await viewers.person(request),
    );
    return reply.code(201).send(changeView(change));
  });

  app.post<ById>("/api/threads/:id/messages", async (request, reply) => {
    const body = newMessageBody.parse(request.body);
    const message = {
      text: body.text,
      quote: body.quote ?? undefined,
      model: body.model ?? undefined,
      dedupKey: idempotencyKey(request.headers),
      origin: { since: null, traceparent: traceparentOf(request) },
    };
    const { turnId } = await engine.threads.post(
      request.params.id,
      message,
      await viewers.person(request),
    );
    await streams.send(request, reply, await engine.streams.turn(turnId));
  });

  app.get<ById>("/api/threads/:id/stream", async (request, reply) => {
    const source = await engine.streams.thread(request.params.id, lastEventId(request));
    await streams.send(request, reply, source);
  });
}
