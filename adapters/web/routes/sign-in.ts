import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import { UserError } from "../../../src/errors.ts";
import { localPath } from "../../../src/sign-in/local-path.ts";
import { CALLBACK_PATH, FLOW_MS, SESSION_MS } from "../../../src/sign-in/sign-in.ts";
import type { SignInDesk } from "../../../src/sign-in/session.ts";
import type { WebLogger } from "../options.ts";
import { formPolicy } from "../policies.ts";
import { describeError, requestContext } from "../problem-handling.ts";
import type { SessionCookies } from "../session-cookies.ts";
import { signInPage, SIGN_IN_STYLE_HASH } from "../sign-in-page.ts";
import type { SignInPage } from "../sign-in-page.ts";
import { queryText, viewerOf, type Viewers } from "../viewers.ts";
import { sessionView } from "../views/session-view.ts";

/** Open to whoever wants to sign in. */
export const SIGN_IN_PATHS: readonly string[] = ["/sign-in", "/sign-in/github", CALLBACK_PATH];

export interface SignInDoor {
  desk: SignInDesk;
  cookies: SessionCookies;
  takesToken: boolean;
  logger: WebLogger;
  /** Ends what the token of whoever runs Redline was kept by. */
  tokenFarewell: string;
}

export function signInRoutes(app: FastifyInstance, door: SignInDoor): void {
  const { desk, cookies, logger } = door;

  app.get("/sign-in", (request, reply) => {
    const to = localPath(queryText(request, "to") ?? "/");
    const isOut = queryText(request, "out") !== null;
    return sendSignIn(reply, door, { to, news: isOut ? "You are signed out." : null });
  });

  app.get("/sign-in/github", (request, reply) => {
    const { url, flow } = desk.begin(queryText(request, "to") ?? "/");
    return reply
      .headers({ "cache-control": "no-store", "set-cookie": cookies.flow(flow, FLOW_MS / 1_000) })
      .redirect(url, 303);
  });

  app.get(CALLBACK_PATH, async (request, reply) => {
    const flow = cookies.flowIn(request.headers);
    // It serves once, whatever comes of it.
    reply.header("set-cookie", cookies.flow("", 0));
    try {
      const { token, to } = await desk.finish(flow, returned(request));
      reply.header("set-cookie", cookies.session(token, SESSION_MS / 1_000));
      reply.header("set-cookie", door.tokenFarewell);
      return await reply.header("cache-control", "no-store").redirect(to, 303);
    } catch (error) {
      const { status, detail } = describeError(error, logger, requestContext(request));
      return sendSignIn(reply.code(status), door, { to: desk.targetOf(flow), problem: detail });
    }
  });
}

function returned(request: FastifyRequest) {
  return {
    code: queryText(request, "code"),
    state: queryText(request, "state"),
    error: queryText(request, "error"),
    agent: request.headers["user-agent"] ?? "",
  };
}

export function sendSignIn(
  reply: FastifyReply,
  { takesToken }: Pick<SignInDoor, "takesToken">,
  page: Pick<SignInPage, "to"> & Partial<SignInPage>,
): FastifyReply {
  return reply
    .headers({
      "content-security-policy": formPolicy(SIGN_IN_STYLE_HASH),
      "cache-control": "no-store",
    })
    .type("text/html; charset=utf-8")
    .send(signInPage({ problem: null, news: null, takesToken, ...page }));
}

/** Who somebody is in the console, and where else they are signed in. */
export function sessionRoutes(
  app: FastifyInstance,
  engine: Engine,
  viewers: Viewers,
  door: SignInDoor | null,
  /** Ends what the token of whoever runs Redline was kept by; null where none is asked for. */
  tokenFarewell: string | null,
): void {
  app.get("/api/session", async (request) => {
    const viewer = viewerOf(request);
    const { id, displayName } = await viewers.person(request);
    if (viewer.kind !== "person" || !door) {
      const kind = tokenFarewell === null ? "local" : "token";
      return sessionView({ kind, name: displayName, login: null }, [], []);
    }
    const { login } = viewer.signedIn;
    const [sessions, person] = await Promise.all([
      door.desk.sessions(viewer.signedIn),
      engine.people.find(id),
    ]);
    const who = { kind: "person" as const, name: displayName, login };
    return sessionView(who, sessions, person?.accounts ?? []);
  });

  app.delete("/api/session", async (request, reply) => {
    const viewer = viewerOf(request);
    if (viewer.kind === "person" && door) {
      await door.desk.signOut(viewer.signedIn);
      reply.header("set-cookie", door.cookies.session("", 0));
    } else if (tokenFarewell === null) {
      throw new UserError("invalid-request", "Nobody is signed in: this machine's user is let in.");
    }
    if (tokenFarewell !== null) reply.header("set-cookie", tokenFarewell);
    return reply.code(204).send();
  });

  app.delete("/api/sessions", async (request, reply) => {
    const viewer = viewerOf(request);
    if (viewer.kind !== "person" || !door) {
      throw new UserError("invalid-request", "Only who has signed in with GitHub has sessions.");
    }
    await door.desk.signOutEverywhere(viewer.signedIn);
    reply.header("set-cookie", door.cookies.session("", 0));
    return reply.code(204).send();
  });
}
