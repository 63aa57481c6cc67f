/**
 * Every route of the server, whoever calls, about whatever: what is not theirs is answered like what is not there, and
 * nothing of it is in any answer. The routes are the server's own: one without a line here fails.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ruleOf } from "../../adapters/web/access-rules.ts";
import { createWebServer } from "../../adapters/web/server.ts";
import type { User } from "../../src/engine.ts";
import { noMetrics } from "../../src/metrics.ts";
import { insertRfcMaintainer } from "../../src/store/rfc-maintainers.ts";
import { insertChatLink } from "../../src/store/thread-links.ts";
import { SignInApp, TOKEN } from "../support/sign-in-app.ts";

const VIEWERS = {
  nobody: "without anything",
  token: "with the operator's token",
  reader: "octo-reader",
  writer: "octo-writer",
  maintainer: "octo-named",
  stranger: "octo-stranger",
  /** Reads the repository, and is in another workspace than the open place. */
  outsider: "octo-outsider",
} as const;
type Viewer = keyof typeof VIEWERS;
const PEOPLE = ["reader", "writer", "maintainer", "stranger", "outsider"] as const;

/** What a call can be about; each has a text that is nowhere else. */
const TARGETS = ["console", "open", "closed", "private", "local", "elsewhere", "unknown"] as const;
type Target = (typeof TARGETS)[number];

/** Who sees what; whoever runs Redline sees all. */
const SEEN: Readonly<Record<(typeof PEOPLE)[number], readonly Target[]>> = {
  reader: ["console", "open"],
  writer: ["console", "open"],
  maintainer: ["console"],
  stranger: [],
  outsider: ["console"],
};
/** What each is tried on; nobody is told anything about anything. */
const TRIED: Readonly<Record<Viewer, readonly Target[]>> = {
  nobody: ["console"],
  token: ["console", "closed"],
  reader: ["console", "open", "closed", "local", "elsewhere"],
  writer: ["console", "closed", "elsewhere"],
  maintainer: ["console", "open", "local"],
  stranger: ["console", "closed"],
  outsider: ["open", "private"],
};
const MARK: Readonly<Record<Target, string>> = {
  console: "marmoset",
  open: "ocelot",
  closed: "caracal",
  private: "pangolin",
  local: "lemur",
  elsewhere: "echidna",
  unknown: "unicorn",
};

interface Stage {
  slug: string;
  thread: string;
  change: string;
  turn: string;
  block: string;
  concern: string;
  proposal: string;
  blobSha: string;
}

let app: SignInApp;
const stages = {} as Record<Target, Stage>;
const headers = {} as Record<Viewer, Record<string, string>>;
const someone = randomUUID();

beforeAll(async () => {
  app = await SignInApp.start();
  const { github, redline } = app;
  const document = `# Elsewhere\n\nIt speaks of the ${MARK.elsewhere}.\n`;
  await github.createRepository("acme/elsewhere", { private: true, files: { "a.md": document } });
  github.addUser("redline-bot", { permission: "write" });
  for (const [login, permission] of [
    ["octo-reader", "read"],
    ["octo-outsider", "read"],
    ["octo-writer", "write"],
  ] as const) {
    github.addUser(login, { permission, repositories: ["acme/rfcs"] });
  }
  github.addUser("octo-named");
  github.addUser("octo-stranger");
  const at = { path: "a.md", branch: "main", title: `All on the ${MARK.elsewhere}` };
  await redline.engine.rfcs.register({ slug: "elsewhere", repository: "acme/elsewhere", ...at });

  headers.nobody = {};
  headers.token = { authorization: `Bearer ${TOKEN}` };
  for (const viewer of PEOPLE) headers[viewer] = await app.signIn(VIEWERS[viewer]);
  for (const viewer of ["reader", "writer"] as const) {
    await app.joinWorkspace(VIEWERS[viewer], "TACME");
  }
  await app.joinWorkspace("octo-outsider", "TOTHER");
  const named = await app.userOf("octo-named");
  // What lies on the machine's disk is nobody's who signs in, also where they are named for it.
  for (const slug of ["retries", "rfc"]) await insertRfcMaintainer(app.sql, slug, named, named);

  for (const [target, slug] of [
    ["console", "retries"],
    ["open", "retries"],
    ["closed", "retries"],
    ["private", "retries"],
    ["local", "rfc"],
    ["elsewhere", "elsewhere"],
  ] as const) {
    stages[target] = await stage(target, slug);
  }
  await hold("open", "workspace", null);
  await hold("closed", "channel", null);
  await hold("private", "channel", redline.user.id);
  const id = randomUUID();
  const unknown = { thread: id, change: id, turn: id, block: id, concern: id, proposal: id };
  stages.unknown = { ...unknown, slug: "unknown", blobSha: "0".repeat(40) };
  await tellEverybody();
});
afterAll(() => app[Symbol.asyncDispose]());

/** A thread about the RFC with one of everything, all of which has the target's mark in it. */
async function stage(target: Target, slug: string): Promise<Stage> {
  const { engine, user: by } = app.redline;
  const { sql } = app;
  const mark = MARK[target];
  const view = await engine.rfcs.view(slug);
  const branchName = view.branch;
  const kind = "discussion" as const;
  const thread = await engine.threads.create(
    { rfcSlug: slug, branchName, kind, title: `On the ${mark}` },
    by,
  );
  const author = await friend(mark);
  await engine.threads.record(thread.id, { text: `The ${mark} is asleep.` }, author);
  const { messageId, turnId } = await engine.threads.post(
    thread.id,
    { text: `Where is the ${mark}?` },
    author,
  );
  const line = view.document!.body.split("\n").find((one) => one !== "" && !one.startsWith("#"))!;
  const edit = { original: line, proposed: `The ${mark}.`, reason: `So says the ${mark}.` };
  const change = await engine.changes.propose(thread.id, edit, author);
  const concern = { text: `What of the ${mark}?`, passage: null };
  const { id: concernId } = await engine.concerns.raise(thread.id, concern, author);
  await sql`update merge_proposals set state = 'withdrawn', settled_at = now() where state = 'open'`;
  const { id: proposal } = await engine.merges.propose(thread.id, {}, author);
  const [block] = await sql<{ id: string }[]>`
    insert into loose_blocks (thread_id, message_id, turn_id, attempt, ordinal, text_offset, kind, fields)
    values (${thread.id}, ${messageId}, ${turnId}, 1, 0, 0, 'fenced',
      ${sql.json({ original: line, proposed: mark })})
    returning id`;
  return {
    slug,
    thread: thread.id,
    change: change.id,
    turn: turnId,
    block: block!.id,
    concern: concernId,
    proposal,
    blobSha: view.document!.blobSha,
  };
}

/** Somebody who is only known from there. */
async function friend(mark: string): Promise<User> {
  const [user] = await app.sql<User[]>`
    insert into users (display_name) values (${`Friend of the ${mark}`})
    returning id, display_name, email`;
  await app.sql`
    insert into identities (user_id, platform, workspace_id, platform_user_id, display_name)
    values (${user!.id}, 'slack', ${`T-${mark}`}, ${`U-${mark}`}, ${`Friend of the ${mark}`})`;
  return user!;
}

async function hold(
  target: Target,
  reach: "workspace" | "channel",
  privateTo: string | null,
): Promise<void> {
  const { thread: threadId } = stages[target];
  const at = { platform: "slack" as const, workspaceId: "TACME", place: `C-${target}/1` };
  const link = { threadId, at, url: null, privateTo, reach, reachKnown: true, isAgreed: false };
  await insertChatLink(app.sql, link);
}

/** As if everybody had been told of everything, and watched it. */
async function tellEverybody(): Promise<void> {
  const { sql } = app;
  for (const viewer of PEOPLE) {
    const userId = await app.userOf(VIEWERS[viewer]);
    for (const target of TARGETS) {
      if (target === "unknown") continue;
      const { slug, thread, change } = stages[target];
      await sql`
        insert into notifications (user_id, kind, category, subject, rfc_slug, thread_id, change_id)
        values (${userId}, 'decision_requested', 'churn', ${change}, ${slug}, ${thread}, ${change})
        on conflict do nothing`;
      await sql`insert into thread_watches values (${userId}, ${thread}) on conflict do nothing`;
      await sql`insert into watches (user_id, rfc_slug) values (${userId}, ${slug}) on conflict do nothing`;
    }
  }
}

interface Call {
  path: string;
  body?: unknown;
}
interface Line {
  /** Null: it is about nothing in particular. */
  call(stage: Stage): Call;
  /** What has to be seen for it; nothing where the answer is only narrowed. */
  needs?: "rfc" | "thread";
  /** Only who decides may, besides. */
  decides?: boolean;
  /** Only who may write to the repository, besides. */
  writes?: boolean;
  /** Only whoever runs Redline. */
  operator?: boolean;
  /** Nobody is asked who they are. */
  anybody?: boolean;
}

const about = (call: Line["call"], rest: Partial<Line> = {}): Line => ({ call, ...rest });
const plain = (path: string, rest: Partial<Line> = {}): Line => about(() => ({ path }), rest);
const ofRfc = (end: string, rest: Partial<Line> = {}, body?: unknown): Line =>
  about(({ slug }) => ({ path: `/api/rfcs/${slug}${end}`, body }), { needs: "rfc", ...rest });
const ofThread = (end: string, body?: unknown, rest: Partial<Line> = {}): Line =>
  about(({ thread }) => ({ path: `/api/threads/${thread}${end}`, body }), {
    needs: "thread",
    ...rest,
  });
const of = (kind: "change" | "turn" | "block" | "concern" | "proposal", what: string) => {
  return (end: string, body?: unknown, rest: Partial<Line> = {}): Line =>
    about((given) => ({ path: `/api/${what}/${given[kind]}${end}`, body }), {
      needs: "thread",
      ...rest,
    });
};
const [ofChange, ofTurn, ofBlock, ofConcern, ofProposal] = [
  of("change", "changes"),
  of("turn", "turns"),
  of("block", "blocks"),
  of("concern", "concerns"),
  of("proposal", "merge-proposals"),
];
const PAGE = plain("/");

const LINES: Readonly<Record<string, Line>> = {
  "GET /healthz": plain("/healthz", { anybody: true }),
  "GET /readyz": plain("/readyz", { anybody: true }),
  "GET /metrics": plain("/metrics", { operator: true }),
  "GET /sign-in": plain("/sign-in", { anybody: true }),
  "GET /sign-in/github": plain("/sign-in/github", { anybody: true }),
  "GET /sign-in/github/callback": plain("/sign-in/github/callback?code=x&state=y", {
    anybody: true,
  }),
  "GET /": PAGE,
  "GET /you": plain("/you"),
  "GET /overview": plain("/overview"),
  "GET /search": plain("/search"),
  "GET /notifications": plain("/notifications"),
  "GET /people": plain("/people"),
  "GET /rfcs/:slug": about(({ slug }) => ({ path: `/rfcs/${slug}` })),
  "GET /rfcs/:slug/threads/:id": about(({ slug, thread }) => ({
    path: `/rfcs/${slug}/threads/${thread}`,
  })),
  "GET /rfcs/:slug/history": about(({ slug }) => ({ path: `/rfcs/${slug}/history` })),
  "GET /rfcs/:slug/commits/:sha": about(({ slug }) => ({ path: `/rfcs/${slug}/commits/1234567` })),
  "GET /rfcs/:slug/record": about(({ slug }) => ({ path: `/rfcs/${slug}/record` })),
  "GET /rfcs/:slug/people": about(({ slug }) => ({ path: `/rfcs/${slug}/people` })),
  "GET /assets/:file": plain("/assets/none.js"),

  "GET /api/session": plain("/api/session"),
  "GET /api/models": plain("/api/models"),
  "GET /api/overview": plain("/api/overview"),
  "GET /api/search": plain(`/api/search?q=${encodeURIComponent(Object.values(MARK).join(" OR "))}`),
  "GET /api/statistics": plain("/api/statistics?hours=24", { operator: true }),
  "GET /api/spending": plain("/api/spending", { operator: true }),
  "GET /api/people": plain("/api/people"),
  "GET /api/notifications": plain("/api/notifications"),
  "POST /api/notifications/read": about(() => ({
    path: "/api/notifications/read",
    body: { ids: [] },
  })),
  "GET /api/notifications/settings": plain("/api/notifications/settings"),
  "PATCH /api/notifications/settings": about(() => ({
    path: "/api/notifications/settings",
    body: { digest: "off" },
  })),
  "GET /api/watching": plain("/api/watching"),
  "PATCH /api/watching": about(
    ({ slug, thread }) => ({
      path: "/api/watching",
      body: { rfc_slug: slug, thread_id: thread, watched: true },
    }),
    { needs: "thread" },
  ),

  "GET /api/rfcs": plain("/api/rfcs"),
  "POST /api/rfcs": about(
    ({ slug }) => ({
      path: "/api/rfcs",
      body: {
        repository:
          slug === "retries" ? "acme/rfcs" : slug === "elsewhere" ? "acme/elsewhere" : "a/b",
        path: "none.md",
        branch: "main",
      },
    }),
    { needs: "rfc", writes: true },
  ),
  "GET /api/rfcs/:slug": ofRfc(""),
  "PATCH /api/rfcs/:slug": ofRfc("", { writes: true }, { suggestions: "on_request" }),
  "GET /api/rfcs/:slug/history": ofRfc("/history?state=pending"),
  "GET /api/rfcs/:slug/why": about(
    ({ slug, blobSha }) => ({ path: `/api/rfcs/${slug}/why?start=0&end=5&blob_sha=${blobSha}` }),
    { needs: "rfc" },
  ),
  "GET /api/rfcs/:slug/pulse": ofRfc("/pulse"),
  "GET /api/rfcs/:slug/commits/:sha": ofRfc("/commits/none"),
  "POST /api/rfcs/:slug/record": ofRfc("/record", {}, {}),
  "GET /api/rfcs/:slug/record": ofRfc("/record"),
  "GET /api/rfcs/:slug/record.md": ofRfc("/record.md"),
  "GET /api/rfcs/:slug/record.json": ofRfc("/record.json"),
  "GET /api/rfcs/:slug/maintainers": ofRfc("/maintainers"),
  "PUT /api/rfcs/:slug/maintainers/:id": ofRfc(`/maintainers/${someone}`, { decides: true }, {}),
  "DELETE /api/rfcs/:slug/maintainers/:id": ofRfc(`/maintainers/${someone}`, { decides: true }, {}),

  "POST /api/threads": about(
    ({ slug }) => ({
      path: "/api/threads",
      body: { rfc_slug: slug, branch_name: "main", thread_kind: "discussion" },
    }),
    { needs: "rfc" },
  ),
  "GET /api/threads/:id": ofThread(""),
  "PATCH /api/threads/:id": ofThread("", { model: null }),
  "POST /api/threads/:id/read": ofThread("/read", { seq: 1 }),
  "GET /api/threads/:id/stream": ofThread("/stream?last_event_id=0"),
  "POST /api/threads/:id/messages": ofThread("/messages", { text: "Hello." }),
  "POST /api/threads/:id/changes": ofThread("/changes", { original: "none", proposed: "some" }),
  "POST /api/threads/:id/concerns": ofThread("/concerns", { text: "And this?" }),
  "POST /api/threads/:id/merge-proposals": ofThread("/merge-proposals", {}, { decides: true }),
  "GET /api/changes/:id": ofChange(""),
  "POST /api/changes/:id/suggest": ofChange("/suggest", {}),
  "POST /api/changes/:id/place": ofChange(
    "/place",
    { start: 0, end: 3, blob_sha: "0".repeat(40) },
    { decides: true },
  ),
  "POST /api/blocks/:id/promote": ofBlock("/promote", {}),
  "POST /api/blocks/:id/repair": ofBlock("/repair", {}),
  "POST /api/turns/:id/retry": ofTurn("/retry", {}),
  "POST /api/turns/:id/cancel": ofTurn("/cancel", {}),
  "POST /api/concerns/:id/withdraw": ofConcern("/withdraw", {}),
  "POST /api/concerns/:id/resolve": ofConcern("/resolve", {}, { decides: true }),
  "POST /api/merge-proposals/:id/word": ofProposal("/word", { word: "agree" }),
  "POST /api/merge-proposals/:id/withdraw": ofProposal("/withdraw", {}, { decides: true }),
  "POST /api/changes/:id/decline": ofChange("/decline", {}, { decides: true }),
  "POST /api/changes/:id/accept": ofChange("/accept", {}, { decides: true }),
  "POST /api/threads/:id/close": ofThread("/close", {}),
  "POST /api/threads/:id/reopen": ofThread("/reopen", {}),
  "DELETE /api/sessions": plain("/api/sessions"),
  "DELETE /api/session": plain("/api/session"),
};
const DECIDES: readonly Viewer[] = ["token", "writer", "maintainer"];
const WRITES: readonly Viewer[] = ["token", "writer"];

interface Answer {
  status: number;
  text: string;
}

/** An event stream is left after what comes at once. */
async function send(viewer: Viewer, route: string, stage_: Stage): Promise<Answer> {
  const { path, body } = LINES[route]!.call(stage_);
  const method = route.split(" ", 1)[0]!;
  // Whoever signs out is signed in anew.
  const isOut = route.startsWith("DELETE /api/session") && viewer in SEEN;
  const answer = await app.send(path, {
    method,
    headers: {
      ...(isOut ? await app.signIn(VIEWERS[viewer]) : headers[viewer]),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) {
    return { status: answer.status, text: await answer.text() };
  }
  const reader = answer.body!.getReader();
  await reader.cancel();
  return { status: answer.status, text: "" };
}

const sees = (viewer: Viewer, target: Target, needs: Line["needs"]): boolean => {
  if (viewer === "token") return target !== "unknown";
  if (viewer === "nobody") return false;
  const isOfRetries = ["console", "open", "closed", "private"].includes(target);
  if (needs === "rfc") return isOfRetries && SEEN[viewer].length > 0;
  return SEEN[viewer].includes(target);
};

/** Platforms prove by themselves who they are. */
const PLATFORMS = [
  "POST /webhooks/github",
  "POST /slack/events",
  "GET /slack/install",
  "GET /slack/oauth_redirect",
];

it("every route has a line here, and a rule", async () => {
  const engine = app.redline.engine;
  const nothing = async () => ({ status: 200 });
  const web = await createWebServer({
    engine,
    host: "127.0.0.1",
    port: 0,
    token: null,
    logger: { error: () => {} },
    metrics: { ...noMetrics, contentType: "text/plain", render: async () => "" },
    signIn: { desk: {} as never, access: {} as never, publicUrl: "http://127.0.0.1" },
    webhooks: { "/webhooks/github": nothing, "/slack/events": nothing },
    platformPages: {
      "/slack/install": async () => {},
      "/slack/oauth_redirect": async () => {},
    },
  });
  await web.close(0);
  const routes = web.routes.filter((route) => !PLATFORMS.includes(route));
  expect(routes.toSorted()).toEqual(Object.keys(LINES).toSorted());
  for (const route of web.routes) {
    const [method = "", url = ""] = route.split(" ", 2);
    expect(ruleOf(method, url), route).not.toBeNull();
  }
});

// Signing out comes last, so that all others are tried by who is signed in.
describe.each(Object.keys(VIEWERS) as Viewer[])("%s", (viewer) => {
  it.each(Object.keys(LINES))("%s", async (route) => {
    const line = LINES[route]!;
    const targets = line.needs ? TRIED[viewer] : (["console"] as const);
    const texts: string[] = [];
    for (const target of targets) {
      const answer = await send(viewer, route, stages[target]);
      texts.push(answer.text);
      const said = `${target}: ${answer.status} ${answer.text.slice(0, 300)}`;
      if (line.anybody) expect(answer.status, said).not.toBe(404);
      else if (viewer === "nobody") expect(answer.status, said).toBe(401);
      else if (line.operator && viewer !== "token") expect(answer.status, said).toBe(404);
      else if (line.needs && !sees(viewer, target, line.needs)) {
        expect(answer.status, said).toBe(404);
        // In an RFC that they see, what is not theirs is like what is not there.
        const seesRfc = line.needs === "thread" && sees(viewer, target, "rfc");
        const slug = seesRfc ? stages[target].slug : stages.unknown.slug;
        expect(answer).toEqual(await send(viewer, route, { ...stages.unknown, slug }));
      } else if (line.decides && !DECIDES.includes(viewer)) {
        expect(answer.status, said).toBe(403);
      } else if (line.writes && !WRITES.includes(viewer)) {
        expect([403, 404], said).toContain(answer.status);
      } else {
        expect(answer.status, said).not.toBe(401);
        if (line.decides || line.writes) expect(answer.status, said).not.toBe(403);
        expect(answer.text).not.toMatch(/not yours to see/);
        expect(answer.status, said).toBeLessThan(500);
      }
    }
    if (viewer === "token") return;
    const seen = viewer === "nobody" ? [] : SEEN[viewer];
    for (const target of TARGETS) {
      if (seen.includes(target)) continue;
      expect(texts.join("\n"), `what is only in ${target}`).not.toContain(MARK[target]);
    }
  });
});

it("nobody listens to others without a way to keep them out", async () => {
  const engine = app.redline.engine;
  const logger = { error: () => {} };
  await expect(
    createWebServer({ engine, host: "0.0.0.0", port: 0, token: null, logger }),
  ).rejects.toThrow(/REDLINE_TOKEN/);
});
