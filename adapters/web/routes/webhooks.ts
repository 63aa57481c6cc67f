import type { FastifyInstance } from "fastify";
import { BodyBudget } from "../body-budget.ts";
import type { PlatformPage, WebhookHandler } from "../options.ts";

/** All bodies that are being read at once may have so many of the largest one's size. */
const LARGEST_AT_ONCE = 4;

/** Platforms post here. The body is handed on byte for byte: its signature is over those. */
export async function webhookRoutes(
  app: FastifyInstance,
  webhooks: Readonly<Record<string, WebhookHandler>>,
  mostBytes: number,
): Promise<void> {
  const budget = new BodyBudget(LARGEST_AT_ONCE * mostBytes);
  await app.register(async (scope) => {
    scope.addHook("preParsing", (_request, reply, payload, next) => {
      const { body, done } = budget.take(payload);
      reply.raw.once("close", done);
      next(null, body);
    });
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
      done(null, body);
    });
    for (const [path, handle] of Object.entries(webhooks)) {
      const bodyLimit = Math.min(handle.maxBytes ?? mostBytes, mostBytes);
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
