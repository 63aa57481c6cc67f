import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import {
  notificationsQuery,
  notificationsReadBody,
  notificationSettingsBody,
  watchingBody,
} from "../schemas.ts";
import type { Viewers } from "../viewers.ts";
import { notificationsView, settingsView, watchedView } from "../views/people-view.ts";

/** What the console's user was told, and what they want to be told. */
export function notificationRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  const { notifications } = engine;
  const personId = async (request: FastifyRequest) => (await viewers.person(request)).id;

  app.get("/api/notifications", async (request) => {
    const page = notificationsQuery.parse(request.query);
    return notificationsView(
      await notifications.list(await personId(request), page, await viewers.sight(request)),
    );
  });

  app.post("/api/notifications/read", async (request, reply) => {
    const { ids } = notificationsReadBody.parse(request.body);
    await notifications.markRead(await personId(request), ids);
    return reply.code(204).send();
  });

  app.get("/api/notifications/settings", async (request) =>
    settingsView(await notifications.settings(await personId(request))),
  );

  app.patch("/api/notifications/settings", async (request) => {
    const { digest, time_zone: timeZone, direct } = notificationSettingsBody.parse(request.body);
    const set = {
      ...(digest !== undefined && { digest }),
      ...(timeZone !== undefined && { timeZone }),
      ...(direct !== undefined && { direct }),
    };
    return settingsView(await notifications.choose(await personId(request), set));
  });

  app.get("/api/watching", async (request) =>
    (await notifications.watched(await personId(request), await viewers.sight(request))).map(
      watchedView,
    ),
  );

  app.patch("/api/watching", async (request) => {
    const body = watchingBody.parse(request.body);
    const about = { rfcSlug: body.rfc_slug, threadId: body.thread_id ?? undefined };
    const id = await personId(request);
    if (body.watched !== undefined) await notifications.watch(id, about, body.watched);
    if (body.muted !== undefined) await notifications.mute(id, about, body.muted);
    return (await notifications.watched(id, await viewers.sight(request))).map(watchedView);
  });
}
