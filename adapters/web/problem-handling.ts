/**
 * Every error as an RFC 9457 problem document: what a person can mend in one plain sentence, anything else
 * as an id that the log has.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ZodError } from "zod";
import { problem, toProblem, UserError, type Problem } from "../../src/errors.ts";
import { isStorable } from "../../src/storable.ts";
import { explainDatabaseFailure } from "../../src/store/failures.ts";
import type { WebLogger } from "./web-logger.ts";

export const NOTHING_HERE = "There is nothing at this address.";
const TOO_LARGE = "FST_ERR_CTP_BODY_TOO_LARGE";

/** Turns whatever was thrown into a problem document; logs what is not the caller's doing. */
export function describeError(error: unknown, logger: WebLogger, context: object): Problem {
  if (error instanceof UserError) return toProblem(error, "");
  if (error instanceof ZodError) return problem("invalid-request", schemaSentence(error));
  const known = frameworkProblem(error);
  if (known) return known;
  const failure = explainDatabaseFailure(error);
  if (failure) {
    logger.error({ ...context, err: error }, "the database failed a request");
    return toProblem(failure, "");
  }
  const errorId = randomUUID();
  logger.error({ ...context, err: error, errorId }, "request failed");
  return toProblem(error, errorId);
}

/** The first thing that is wrong, with its field: "`slug` must be text." */
function schemaSentence(error: ZodError): string {
  const issue = error.issues[0];
  if (!issue) return "The request's body is not valid.";
  const field = issue.path.join(".");
  const message = issue.message.replace(/\.$/, "");
  return field ? `\`${field}\` ${message}.` : `The request's body ${message}.`;
}

/** Fastify's own refusals, in our words. */
function frameworkProblem(error: unknown): Problem | null {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  switch (code) {
    case TOO_LARGE:
      return problem("too-large", "The request's body is too large.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_EMPTY_TYPE":
      return problem(
        "unsupported-media-type",
        "The request's body must be JSON, with the content type application/json.",
      );
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return problem("invalid-request", "The request's body is not valid JSON.");
    case "FST_ERR_MAX_PARAM_LENGTH":
      return problem("not-found", NOTHING_HERE);
    case "FST_ERR_BAD_URL":
      return problem("invalid-request", "The address is not valid.");
    default:
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { ...problem("invalid-request", "The request could not be read."), status: statusCode };
  }
  return null;
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return (
    reply
      .code(body.status)
      .header("cache-control", "no-store")
      .type("application/problem+json")
      // As bytes: to text a charset would be added, which this type does not have.
      .send(Buffer.from(JSON.stringify(body)))
  );
}

/** Answers a person who came by an address that is none; null where it is a program that asks. */
export type LostPage = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply> | null;

/** Installs the handlers of errors, unknown addresses and unknown methods. */
export function installProblemHandling(
  app: FastifyInstance,
  logger: WebLogger,
  lostPage: LostPage,
): void {
  app.setErrorHandler(async (error, request, reply) => {
    if ((error as { code?: string }).code === TOO_LARGE) await discardBody(request.raw);
    return sendProblem(reply, describeError(error, logger, requestContext(request)));
  });
  // Nothing has a name that Postgres cannot hold: no statement has to be asked about it.
  app.addHook("preHandler", async (request, reply) => {
    const names = Object.values(request.params as Record<string, string>);
    if (request.is404 || names.every(isStorable)) return undefined;
    const lost = lostPage(request, reply);
    if (lost) return await lost;
    throw new UserError("not-found", NOTHING_HERE);
  });
  const routes: { method: string; pattern: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const name of [method].flat()) routes.push({ method: name, pattern: routePattern(url) });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]!;
    const allowed = routes.filter((route) => route.pattern.test(path)).map((route) => route.method);
    if (allowed.length === 0) {
      const nothing = problem("not-found", NOTHING_HERE);
      return lostPage(request, reply) ?? sendProblem(reply, nothing);
    }
    const allow = [...new Set(allowed)].sort().join(", ");
    reply.header("allow", allow);
    const detail = `This address does not take ${request.method}, only ${allow}.`;
    return sendProblem(reply, problem("method-not-allowed", detail));
  });
}

const DISCARD_BYTES = 16 * 1024 * 1024;
const DISCARD_MS = 2000;

/**
 * Reads on to the end of a body that is not wanted, within bounds: a connection that is closed with bytes
 * unread is reset, and the sender would never see the answer.
 */
function discardBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = DISCARD_BYTES;
    // Whoever it was piped to reads no more, and would hold it up.
    request.unpipe();
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, DISCARD_MS);
    request.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) done();
    });
    request.once("end", done);
    request.once("close", done);
    request.resume();
  });
}

function routePattern(url: string): RegExp {
  const escaped = url.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:[a-z_]+/gi, "[^/]+");
  return new RegExp(`^${escaped}$`);
}

export function requestContext(request: FastifyRequest): object {
  const { id: requestId, method, routeOptions } = request;
  return { requestId, method, route: routeOptions.url ?? "unknown" };
}
