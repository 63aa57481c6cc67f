/** What is at `/admin/`, for operators alone. */
import Fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problem } from "../../../src/errors.ts";
import type { AdminOptions } from "../options.ts";
import { operatorPage, TOKEN_STYLE_HASH } from "../page.ts";
import { formPolicy } from "../policies.ts";
import { sendProblem } from "../problem-handling.ts";
import { comesToSee } from "../routes/console.ts";
import { sendTooMany } from "../rate-limits.ts";
import { SECURITY_HEADERS } from "../security.ts";
import type { Entry, Operators } from "./operators.ts";

const QUEUES_PATH = "/admin/queues";

const TOO_MANY = "Too many wrong tokens came from your address";

/** Whether the guards for people leave this address to the one for operators. */
export function isAdminPath(path: string): boolean {
  return path === "/admin" || path.startsWith("/admin/");
}

/** Styles that Bull Board's script puts into its page: in the picture of Redis, and of its editor for JSON. */
const BOARD_STYLES = [
  "'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='",
  "'sha256-CNWOdxiJSJ+FWufP7iCptJbPN9jIAIu+yamp1kzPj3w='",
];

/** Its own files, and those styles; nothing else, and nothing from anywhere else. */
const BOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${BOARD_STYLES.join(" ")}`,
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'self'",
].join("; ");

export function adminRoutes(
  app: FastifyInstance,
  operators: Operators,
  { queues, publicUrl }: AdminOptions,
): void {
  const board = boardOnDemand(queues);
  app.addHook("onClose", () => board.close());
  const isSecure = (request: FastifyRequest): boolean => {
    const url = publicUrl();
    return url.startsWith("https:") && new URL(url).host === request.headers.host?.toLowerCase();
  };

  app.register(async (scope) => {
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: 4_096 },
      (_request, body, done) => done(null, new URLSearchParams(body as string)),
    );
    scope.get("/admin", (_request, reply) => reply.redirect(QUEUES_PATH, 303));
    scope.post("/admin/sign-in", (request, reply) => {
      const given = request.body instanceof URLSearchParams ? request.body.get("token") : null;
      const entry = operators.tryToken(given?.trim() ?? "", request.ip);
      if (entry.kind !== "in") return refuse(request, reply, entry);
      return reply
        .header("set-cookie", operators.cookies(isSecure(request)))
        .redirect(QUEUES_PATH, 303);
    });
    scope.get("/admin/sign-out", (request, reply) =>
      reply.header("set-cookie", operators.farewell(isSecure(request))).redirect(QUEUES_PATH, 303),
    );
    for (const url of [QUEUES_PATH, `${QUEUES_PATH}/*`]) {
      scope.route({
        method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
        url,
        // Before the body is read: the board reads it itself.
        onRequest: async (request, reply) => {
          const entry = operators.enter(request);
          if (entry.kind !== "in") return refuse(request, reply, entry);
          const { routing } = await board.open();
          reply.hijack();
          routing(request.raw, reply.raw);
        },
        handler: () => {},
      });
    }
  });
}

/** The board is loaded by who visits it first: most processes are never visited. */
function boardOnDemand(queues: AdminOptions["queues"]): {
  open(): Promise<FastifyInstance>;
  close(): Promise<void>;
} {
  let opened: Promise<FastifyInstance> | null = null;
  const make = async (): Promise<FastifyInstance> => {
    const inner = Fastify();
    inner.addHook("onRequest", async (_request, reply) => {
      reply.headers({
        ...SECURITY_HEADERS,
        "content-security-policy": BOARD_POLICY,
        "cache-control": "no-store",
      });
    });
    await inner.register(await queues(QUEUES_PATH), { prefix: QUEUES_PATH });
    await inner.ready();
    return inner;
  };
  return {
    open: () =>
      (opened ??= make().catch((error: unknown) => {
        opened = null;
        throw error;
      })),
    close: async () => {
      await (await opened?.catch(() => null))?.close();
    },
  };
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  entry: Exclude<Entry, { kind: "in" }>,
): FastifyReply {
  const isPerson = comesToSee(request) || request.url === "/admin/sign-in";
  if (entry.kind === "wait") {
    const { retryAfterS } = entry;
    if (!isPerson) return sendTooMany(reply, retryAfterS, TOO_MANY);
    reply.code(429).header("retry-after", String(retryAfterS));
    return sendSignIn(reply, `${TOO_MANY}: try again in ${retryAfterS} seconds.`);
  }
  const said = entry.isWrong
    ? "That is not the token. It is ADMIN_TOKEN where Redline runs."
    : null;
  if (isPerson) return sendSignIn(reply.code(401), said);
  reply.header("www-authenticate", "Bearer");
  const detail = "The operator's token is needed: send it as `Authorization: Bearer …`.";
  return sendProblem(reply, problem("unauthorized", said ?? detail));
}

function sendSignIn(reply: FastifyReply, said: string | null): FastifyReply {
  return reply
    .headers({
      "content-security-policy": formPolicy(TOKEN_STYLE_HASH),
      // With none at all the browser would send the form as from nowhere, which is refused.
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    })
    .type("text/html; charset=utf-8")
    .send(operatorPage(said));
}
