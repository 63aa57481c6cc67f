/** Who may make which call: one rule for every route. A route without one is for whoever runs Redline alone. */
import type { FastifyRequest } from "fastify";
import { record, text } from "../../src/json.ts";
import type { Subject } from "../../src/sign-in/access.ts";
import type { SubjectKind } from "../../src/store/sight.ts";

export type Rule =
  /** There is nothing to hide, or whoever calls proves by other means who they are. */
  | { for: "anybody" }
  /** Whoever has been let in: it answers with what is theirs to see. */
  | { for: "people"; about(request: FastifyRequest): Subject[] }
  /** Who may write to a repository. */
  | { for: "writers"; act: string; about(request: FastifyRequest): Subject[] }
  /** Whoever runs Redline: uses this machine, or has the token. */
  | { for: "operator" };

const ANYBODY: Rule = { for: "anybody" };
const OPERATOR: Rule = { for: "operator" };
const PEOPLE: Rule = { for: "people", about: () => [] };

/** Whoever sees what the address names. */
function seeing(kind: SubjectKind): Rule {
  return { for: "people", about: (request) => [{ kind, id: parameter(request, kind) }] };
}

/** Whoever sees what the body names; a body that names nothing is refused by its own schema. */
function seeingInBody(fields: Readonly<Record<string, SubjectKind>>): Rule {
  const about = ({ body }: FastifyRequest): Subject[] =>
    Object.entries(fields).flatMap(([field, kind]) => {
      const id = text(record(body)[field]);
      return id === null ? [] : [{ kind, id }];
    });
  return { for: "people", about };
}

const parameter = (request: FastifyRequest, kind: SubjectKind): string =>
  String(record(request.params)[kind === "rfc" ? "slug" : "id"]);

const RULES: Readonly<Record<string, Rule>> = {
  "GET /healthz": ANYBODY,
  "GET /readyz": ANYBODY,
  "GET /metrics": OPERATOR,
  "POST /webhooks/github": ANYBODY,
  "POST /slack/events": ANYBODY,
  "GET /slack/install": ANYBODY,
  "GET /slack/oauth_redirect": ANYBODY,
  "GET /sign-in": ANYBODY,
  "GET /sign-in/github": ANYBODY,
  "GET /sign-in/github/callback": ANYBODY,

  // They hold no data.
  "GET /": PEOPLE,
  "GET /you": PEOPLE,
  "GET /search": PEOPLE,
  "GET /notifications": PEOPLE,
  "GET /people": PEOPLE,
  "GET /overview": PEOPLE,
  "GET /rfcs/:slug": PEOPLE,
  "GET /rfcs/:slug/threads/:id": PEOPLE,
  "GET /rfcs/:slug/history": PEOPLE,
  "GET /rfcs/:slug/commits/:sha": PEOPLE,
  "GET /rfcs/:slug/record": PEOPLE,
  "GET /rfcs/:slug/people": PEOPLE,
  "GET /assets/:file": PEOPLE,

  "GET /api/session": PEOPLE,
  "DELETE /api/session": PEOPLE,
  "DELETE /api/sessions": PEOPLE,
  "GET /api/models": PEOPLE,
  "GET /api/overview": PEOPLE,
  // What all of it costs.
  "GET /api/statistics": OPERATOR,
  "GET /api/spending": OPERATOR,
  "GET /api/search": PEOPLE,
  "GET /api/people": PEOPLE,
  "GET /api/notifications": PEOPLE,
  "POST /api/notifications/read": PEOPLE,
  "GET /api/notifications/settings": PEOPLE,
  "PATCH /api/notifications/settings": PEOPLE,
  "GET /api/watching": PEOPLE,
  "PATCH /api/watching": seeingInBody({ rfc_slug: "rfc", thread_id: "thread" }),

  "GET /api/rfcs": PEOPLE,
  // Whose repository it is, is in the body: `assertMayRegister`.
  "POST /api/rfcs": { for: "writers", act: "register", about: () => [] },
  "GET /api/rfcs/:slug": seeing("rfc"),
  "PATCH /api/rfcs/:slug": {
    for: "writers",
    act: "suggestion_mode",
    about: (request) => [{ kind: "rfc", id: parameter(request, "rfc") }],
  },
  "GET /api/rfcs/:slug/history": seeing("rfc"),
  "GET /api/rfcs/:slug/why": seeing("rfc"),
  "GET /api/rfcs/:slug/pulse": seeing("rfc"),
  "GET /api/rfcs/:slug/commits/:sha": seeing("rfc"),
  "GET /api/rfcs/:slug/record": seeing("rfc"),
  "POST /api/rfcs/:slug/record": seeing("rfc"),
  "GET /api/rfcs/:slug/record.md": seeing("rfc"),
  "GET /api/rfcs/:slug/record.json": seeing("rfc"),
  "GET /api/rfcs/:slug/maintainers": seeing("rfc"),
  // From here on whoever decides is asked for by the call itself (`src/rfcs/permissions.ts`).
  "PUT /api/rfcs/:slug/maintainers/:id": seeing("rfc"),
  "DELETE /api/rfcs/:slug/maintainers/:id": seeing("rfc"),

  "POST /api/threads": seeingInBody({ rfc_slug: "rfc" }),
  "GET /api/threads/:id": seeing("thread"),
  "PATCH /api/threads/:id": seeing("thread"),
  "POST /api/threads/:id/close": seeing("thread"),
  "POST /api/threads/:id/reopen": seeing("thread"),
  "POST /api/threads/:id/changes": seeing("thread"),
  "POST /api/threads/:id/messages": seeing("thread"),
  "GET /api/threads/:id/stream": seeing("thread"),
  "POST /api/threads/:id/read": seeing("thread"),
  "POST /api/threads/:id/concerns": seeing("thread"),
  "POST /api/threads/:id/merge-proposals": seeing("thread"),

  "GET /api/changes/:id": seeing("change"),
  "POST /api/changes/:id/accept": seeing("change"),
  "POST /api/changes/:id/decline": seeing("change"),
  "POST /api/changes/:id/place": seeing("change"),
  "POST /api/changes/:id/suggest": seeing("change"),
  "POST /api/blocks/:id/promote": seeing("block"),
  "POST /api/blocks/:id/repair": seeing("block"),
  "POST /api/turns/:id/cancel": seeing("turn"),
  "POST /api/turns/:id/retry": seeing("turn"),
  "POST /api/concerns/:id/resolve": seeing("concern"),
  "POST /api/concerns/:id/withdraw": seeing("concern"),
  "POST /api/merge-proposals/:id/word": seeing("merge proposal"),
  "POST /api/merge-proposals/:id/withdraw": seeing("merge proposal"),
};

/** Null where nobody wrote one. @param url the route's pattern */
export function ruleOf(method: string, url: string): Rule | null {
  return RULES[`${method} ${url}`] ?? null;
}

export const NO_RULE = OPERATOR;
