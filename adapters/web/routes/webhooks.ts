import type { FastifyInstance } from "fastify";
import type { WebhookHandler } from "../options.ts";

/** Platforms post here. The body is handed on byte for byte: its signature is over those. */
export async function webhookRoutes(
  app: FastifyInstance,
  webhooks: Readonly<Record<string, WebhookHandler>>,
  bodyLimit: number,
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
      done(null, body);
    });
    for (const [path, handle] of Object.entries(webhooks)) {
      scope.post(path, { bodyLimit }, async (request, reply) => {
        const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const { status, body } = await handle(request.headers, rawBody);
        const type = status < 400 ? "application/json" : "application/problem+json";
        return reply
          .code(status)
          .type(type)
          .send(JSON.stringify(body ?? {}));
      });
    }
  });
}
