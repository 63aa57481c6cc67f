/** Who calls, and whether the call is theirs to make: every route's rule is applied here, and nowhere else. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Engine, User } from "../../src/engine.ts";
import { UserError } from "../../src/errors.ts";
import { record, text } from "../../src/json.ts";
import type { AccessDesk } from "../../src/sign-in/access.ts";
import type { SignedIn } from "../../src/sign-in/session.ts";
import type { Sight } from "../../src/store/sight.ts";
import { NO_RULE, ruleOf, type Rule } from "./access-rules.ts";
import { isAdminPath } from "./admin/admin-routes.ts";
import { NOTHING_HERE } from "./problem-handling.ts";
import { decisionIn } from "./decisions.ts";
import type { SignInOptions } from "./options.ts";

/** By which way somebody came in. */
export type Viewer =
  /** Uses this machine, or has the token: acts as the local maintainer. */
  | { kind: "operator" }
  | { kind: "person"; signedIn: SignedIn; token: string }
  /** Proves by its signature who it is. */
  | { kind: "platform" }
  /** Said nothing of who they are. */
  | { kind: "nobody" };

const viewers = new WeakMap<FastifyRequest, Viewer>();

/** Told by the guard, before anything else of the call is looked at. */
export function noteViewer(request: FastifyRequest, viewer: Viewer): void {
  viewers.set(request, viewer);
}

/** @throws Error where no guard looked at the call: nobody is let in by default */
export function viewerOf(request: FastifyRequest): Viewer {
  const viewer = viewers.get(request);
  if (!viewer) throw new Error("a call came past the guard");
  return viewer;
}

export class Viewers {
  readonly #engine: Engine;
  readonly #signIn: SignInOptions | null;

  constructor(engine: Engine, signIn: SignInOptions | null) {
    this.#engine = engine;
    this.#signIn = signIn;
  }

  /** Who acts. */
  async person(request: FastifyRequest): Promise<User> {
    const viewer = viewerOf(request);
    if (viewer.kind === "person") return viewer.signedIn.user;
    if (viewer.kind !== "operator") throw new Error("a platform or nobody acts as a person");
    return this.#engine.people.localMaintainer();
  }

  /** What is theirs to see. @throws UserError; HostBusy */
  async sight(request: FastifyRequest): Promise<Sight> {
    const viewer = viewerOf(request);
    return viewer.kind === "person" ? this.#access.sightOf(viewer.signedIn) : null;
  }

  /** The same within one RFC, which the route's rule has found to be theirs to see. */
  sightWithin(request: FastifyRequest, rfcSlug: string): Sight {
    const viewer = viewerOf(request);
    if (viewer.kind !== "person") return null;
    return { userId: viewer.signedIn.user.id, rfcSlugs: [rfcSlug] };
  }

  /** @param repository as it was named for a new RFC @throws UserError; HostBusy */
  async assertMayRegister(request: FastifyRequest, repository: string): Promise<void> {
    const viewer = viewerOf(request);
    if (viewer.kind !== "person") return;
    const tried = { act: "register", subject: null };
    await this.#access.assertMayWrite(viewer.signedIn, repository, tried);
  }

  /** Whether an open event stream is still its reader's to read. */
  async stillMay(request: FastifyRequest): Promise<boolean> {
    const viewer = viewerOf(request);
    if (viewer.kind !== "person") return true;
    const found = await this.#signIn!.desk.find(viewer.token);
    if (found === null) return false;
    try {
      await this.#authorize(request, found);
      return true;
    } catch (error) {
      if (error instanceof UserError && error.type === "host-busy") return true;
      if (error instanceof UserError) return false;
      throw error;
    }
  }

  /** Puts each route's rule in front of its handler. */
  guard(app: FastifyInstance): void {
    app.addHook("preHandler", async (request) => {
      if (request.is404) return;
      const viewer = viewerOf(request);
      if (viewer.kind === "person") await this.#authorize(request, viewer.signedIn);
      if (viewer.kind === "nobody" && ruleFor(request).for !== "anybody") {
        throw new UserError("unauthorized", "Nobody said who they are.");
      }
    });
  }

  /** @throws UserError not-found | forbidden | unauthorized; HostBusy */
  async #authorize(request: FastifyRequest, who: SignedIn): Promise<void> {
    const rule = ruleFor(request);
    if (rule.for === "anybody") return;
    if (rule.for === "operator") {
      throw new UserError("not-found", NOTHING_HERE);
    }
    for (const about of rule.about(request)) {
      try {
        const { repository } = await this.#access.assertMaySee(who, about);
        if (rule.for === "people") continue;
        const tried = { act: rule.act, subject: about.id };
        await this.#access.assertMayWrite(who, repository, tried);
      } catch (error) {
        await this.#noteUnseen(request, who, error);
        throw error;
      }
    }
  }

  /** That somebody wanted to decide on what is not theirs to see is kept, as any other refusal. */
  async #noteUnseen(request: FastifyRequest, who: SignedIn, error: unknown): Promise<void> {
    if (!(error instanceof UserError) || error.type !== "not-found") return;
    const tried = decisionIn(request.method, request.url.split("?", 1)[0]!);
    if (tried) await this.#access.noteRefusal(who, tried, `not ${who.login}'s to see`);
  }

  get #access(): AccessDesk {
    if (!this.#signIn) throw new Error("nobody signs in here");
    return this.#signIn.access;
  }
}

function ruleFor({ method, routeOptions }: FastifyRequest): Rule {
  const url = routeOptions.url ?? "";
  // What is there has a guard of its own.
  if (isAdminPath(url)) return { for: "anybody" };
  return ruleOf(method, url) ?? NO_RULE;
}

/** What the query of an address has under a name; null where it is no text, or there more than once. */
export function queryText(request: FastifyRequest, name: string): string | null {
  return text(record(request.query)[name]);
}
