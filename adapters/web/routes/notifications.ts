import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import {
  notificationsQuery,
  notificationsReadBody,
  notificationSettingsBody,
  watchingBody,
} from "../schemas.ts";
import { notificationsView, settingsView, watchedView } from "../views/people-view.ts";

/** What the console's user was told, and what they want to be told. */
export function notificationRoutes(app: FastifyInstance, engine: Engine): void {
  const { notifications } = engine;
  const personId = async () => (await engine.people.localMaintainer()).id;

  app.get("/api/notifications", async (request) => {
    const page = notificationsQuery.parse(request.query);
    return notificationsView(await notifications.list(await personId(), page));
  });

  app.post("/api/notifications/read", async (request, reply) => {
    const { ids } = notificationsReadBody.parse(request.body);
    await notifications.markRead(await personId(), ids);
    return reply.code(204).send();
  });

  app.get("/api/notifications/settings", async () =>
    settingsView(await notifications.settings(await personId())),
  );

  app.patch("/api/notifications/settings", async (request) => {
    const { digest, time_zone: timeZone, direct } = notificationSettingsBody.parse(request.body);
    const set = {
      ...(digest !== undefined && { digest }),
      ...(timeZone !== undefined && { timeZone }),
      ...(direct !== undefined && { direct }),
    };
    return settingsView(await notifications.choose(await personId(), set));
  });

  app.get("/api/watching", async () =>
    (await notifications.watched(await personId())).map(watchedView),
  );

  app.patch("/api/watching", async (request) => {
    const body = watchingBody.parse(request.body);
    const about = { rfcSlug: body.rfc_slug, threadId: body.thread_id ?? undefined };
    const id = await personId();
    if (body.watched !== undefined) await notifications.watch(id, about, body.watched);
    if (body.muted !== undefined) await notifications.mute(id, about, body.muted);
    return (await notifications.watched(id)).map(watchedView);
  });
}
