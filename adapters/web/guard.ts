/** What stands in front of every route, known or not: who calls, how often, and by which way. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problem, type Problem } from "../../src/errors.ts";
import { isLoopback } from "../../src/loopback.ts";
import { localPath } from "../../src/sign-in/local-path.ts";
import { isAdminPath } from "./admin/admin-routes.ts";
import type { Operators } from "./admin/operators.ts";
import { WrongTries } from "./admin/wrong-tries.ts";
import { noteCaller } from "./callers.ts";
import { encodingRefusal } from "./json-body.ts";
import { TOKEN_STYLE_HASH, tokenPage } from "./page.ts";
import { formPolicy } from "./policies.ts";
import { sendProblem } from "./problem-handling.ts";
import { classOf, opensStream, type RateLimiter, sendTooMany } from "./rate-limits.ts";
import { comesToSee, isPagePath } from "./routes/console.ts";
import { OPEN_PATHS } from "./routes/health.ts";
import { STATISTICS_PATH } from "./admin/operators.ts";
import { sendSignIn, SIGN_IN_PATHS, type SignInDoor } from "./routes/sign-in.ts";
import { crossSiteRefusal, SECURITY_HEADERS, type TokenGuard } from "./security.ts";
import { SessionLookups } from "./session-lookups.ts";
import type { EventStreams } from "./sse.ts";
import { noteViewer } from "./viewers.ts";

const STREAM_WAIT_S = 5;

export interface Guarding {
  host: string;
  /** Whether whoever reaches it is let in. */
  isOpen: boolean;
  /** Of whoever runs Redline; null where there is none. */
  tokens: TokenGuard | null;
  /** What is open to everybody, by method. */
  open: Readonly<Record<"GET" | "POST", readonly string[]>>;
  /** Null where nobody is asked for the operator's token. */
  operators: Operators | null;
  rates: RateLimiter;
  streams: EventStreams;
  /** Where people sign in; null where they cannot. */
  door: SignInDoor | null;
  /** Sessions of nobody's a minute from an address, before they are looked up one by one. */
  mostUnknown: number;
  /** Where people reach the server from elsewhere, although it listens on this machine alone; else null. */
  publicUrl: string | null;
  /** Told of what is not let in. */
  noteRefused(request: FastifyRequest, why: string): Promise<void>;
}

/** A reply that was sent, or nothing where the call goes on. */
type Answered = Promise<FastifyReply | undefined>;

/** Puts the guards of `security.ts` in front of every route. */
export function guard(app: FastifyInstance, given: Guarding): void {
  const gate = new Gate(given);
  app.addHook("onRequest", (request, reply) => gate.enter(request, reply));
}

class Gate {
  readonly #given: Guarding;
  readonly #loopback: boolean;
  readonly #tokens: TokenGuard | null;
  readonly #tries = new WrongTries(Date.now);
  /** Null where nobody signs in. */
  readonly #sessions: SessionLookups | null;

  constructor(given: Guarding) {
    this.#given = given;
    this.#loopback = isLoopback(given.host);
    this.#tokens = given.isOpen ? null : given.tokens;
    this.#sessions = given.door && new SessionLookups(given.door.desk, given.mostUnknown);
  }

  async enter(request: FastifyRequest, reply: FastifyReply): Answered {
    const { open, isOpen, operators, publicUrl } = this.#given;
    reply.headers(SECURITY_HEADERS);
    noteViewer(request, { kind: "nobody" });
    const encoded = encodingRefusal(request.headers["content-encoding"]);
    if (encoded !== null) {
      reply.header("accept-encoding", "identity");
      return sendProblem(reply, problem("unsupported-media-type", encoded));
    }
    const path = request.url.split("?", 1)[0]!;
    // A platform proves who it is by its signature, and may come through any tunnel or proxy; so may people
    // whom it sends back.
    const method = request.method === "POST" || request.method === "GET" ? request.method : null;
    if (method && open[method].includes(path)) {
      noteViewer(request, { kind: "platform" });
      return undefined;
    }
    const refusal = crossSiteRefusal(request.method, request.headers, this.#loopback, publicUrl);
    if (refusal) return this.#refuse(request, reply, refusal, problem("forbidden", refusal));
    if (path.startsWith("/api/")) reply.header("cache-control", "no-store");
    // With or without a token of the console: what is there has a token of its own.
    if (isAdminPath(path)) return undefined;
    const isOperator = path === STATISTICS_PATH && operators?.isSignedIn(request);
    if (isOperator || isOpen || OPEN_PATHS.has(path)) {
      noteViewer(request, { kind: "operator" });
      return undefined;
    }
    return this.#enterClosed(request, reply, path);
  }

  /** Where others can reach the server. */
  async #enterClosed(request: FastifyRequest, reply: FastifyReply, path: string): Answered {
    const { rates, streams, door } = this.#given;
    if (door && request.method === "GET" && SIGN_IN_PATHS.includes(path)) {
      const waitS = await rates(request, "write");
      return waitS > 0 ? sendTooMany(reply, waitS) : undefined;
    }
    const { token: given } = request.query as { token?: unknown };
    const isGiven = request.method === "GET" && typeof given === "string";
    const isProgram = request.headers.authorization !== undefined;
    const isTry = isGiven || isProgram;
    const tryAgainS = isTry ? this.#tries.waitS(request.ip) : 0;
    if (tryAgainS > 0) {
      return sendTooMany(reply, tryAgainS, "Too many wrong tokens came from your address");
    }
    // Whoever is signed in otherwise is from here on who has the token, and the address loses it.
    if (isGiven && !isProgram && this.#tokens?.matches(given)) {
      const target = isPagePath(path) ? path : "/";
      if (door) reply.header("set-cookie", door.cookies.session("", 0));
      return reply.header("set-cookie", this.#tokens.cookie()).redirect(target, 303);
    }
    const hasToken = this.#tokens?.admits(request.headers) ?? false;
    // Before anything is waited for: what comes at the same moment counts as well.
    if (isTry && !hasToken) this.#tries.add(request.ip);
    if (!(await this.#admits(request, hasToken))) {
      return this.#askIn(request, reply, path, isGiven);
    }
    const { url: route } = request.routeOptions;
    const waitS = await rates(request, classOf(request.method, route));
    if (waitS > 0) return sendTooMany(reply, waitS);
    if (!opensStream(route) || !streams.isFull(request)) return undefined;
    return sendTooMany(reply, STREAM_WAIT_S, "You have too many event streams open");
  }

  /** Notes who comes in: a program by its token, a person by their session, and whoever runs Redline. */
  async #admits(request: FastifyRequest, hasToken: boolean): Promise<boolean> {
    const { headers, ip } = request;
    const isProgram = headers.authorization !== undefined;
    const session = isProgram ? null : (this.#given.door?.cookies.sessionIn(headers) ?? null);
    const signedIn = session === null ? null : await this.#sessions!.find(session, ip);
    if (signedIn !== null) {
      noteViewer(request, { kind: "person", signedIn, token: session! });
      noteCaller(request, signedIn.user.id);
      return true;
    }
    if (!hasToken) return false;
    noteViewer(request, { kind: "operator" });
    return true;
  }

  /** @param isWrong whether they gave a token, which is none */
  async #askIn(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    isWrong: boolean,
  ): Answered {
    const { door } = this.#given;
    if (isPagePath(path) || comesToSee(request)) {
      if (door) {
        const to = localPath(isWrong ? path : request.url);
        const said = isWrong ? "That is not the token." : null;
        return sendSignIn(reply.code(401), door, { to, problem: said });
      }
      reply.header("content-security-policy", formPolicy(TOKEN_STYLE_HASH));
      return reply.code(401).type("text/html; charset=utf-8").send(tokenPage(isWrong));
    }
    reply.header("www-authenticate", "Bearer");
    const detail = door
      ? "You are not signed in, or not any more: sign in at /sign-in; programs send the access token as `Authorization: Bearer …`."
      : "An access token is needed: send it as `Authorization: Bearer …`.";
    return this.#refuse(request, reply, "no access token", problem("unauthorized", detail));
  }

  /** What is not let in costs little, and is written down only so often. */
  async #refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    why: string,
    body: Problem,
  ): Promise<FastifyReply> {
    const { isOpen, rates, noteRefused } = this.#given;
    const waitS = isOpen ? 0 : await rates(request, "refused");
    if (waitS > 0) return sendTooMany(reply, waitS);
    await noteRefused(request, why);
    return sendProblem(reply, body);
  }
}
