import type { FastifyInstance } from "fastify";
import type { PlatformPage, WebhookHandler } from "../options.ts";

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
        if (typeof body === "string") {
          return reply.code(status).type("text/plain; charset=utf-8").send(body);
        }
        const type = status < 400 ? "application/json" : "application/problem+json";
        return reply
          .code(status)
          .type(type)
          .send(JSON.stringify(body ?? {}));
      });
    }
  });
}

/** The platform's own package answers, past the framework; what is set on the reply so far goes along. */
export function platformPageRoutes(
  app: FastifyInstance,
  pages: Readonly<Record<string, PlatformPage>>,
  onError: (error: unknown) => void,
): void {
  for (const [path, answer] of Object.entries(pages)) {
    app.get(path, async (request, reply) => {
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      reply.raw.setHeader("cache-control", "no-store");
      reply.hijack();
      try {
        await answer(request.raw, reply.raw);
      } catch (error) {
        onError(error);
        if (!reply.raw.headersSent) reply.raw.writeHead(500, { "content-type": "text/plain" });
        reply.raw.end("Something failed on our side; try again.\n");
      }
    });
  }
}
