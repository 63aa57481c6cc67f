import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Webhooks } from "@octokit/webhooks";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { createWebhookReceiver } from "../../../adapters/github/webhooks.ts";
import type { Logger } from "../../../src/log.ts";
import type { HostEvent } from "../../../src/reviews/host-event.ts";
import { startFakeGitHub } from "../../fakes/github/fake-github.ts";

const SECRET = "It's a Secret to Everybody";
const DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958";

const sender = { id: 7, login: "octo-cat" };
const repository = { full_name: "acme/rfcs" };
const pull = { number: 12, head: { ref: "ideas/one", sha: "a".repeat(40) } };
const push = { ref: "refs/heads/main", created: false, deleted: false, forced: false };

interface Delivery {
  name?: string;
  payload?: unknown;
  raw?: string;
  headers?: Record<string, string | undefined>;
  signature?: string;
}

function start(store?: (event: HostEvent) => Promise<"stored" | "known">) {
  const events: HostEvent[] = [];
  const logged: { level: string; fields: object }[] = [];
  const line = (level: string) => (fields: object) => void logged.push({ level, fields });
  const logger: Logger = {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
  const keep = async (event: HostEvent): Promise<"stored" | "known"> => {
    const isKnown = events.some(({ eventId }) => eventId === event.eventId);
    if (!isKnown) events.push(event);
    return isKnown ? "known" : "stored";
  };
  const receive = createWebhookReceiver({ secret: SECRET, store: store ?? keep, logger });

  async function deliver({ name = "push", payload, raw, headers, signature }: Delivery) {
    const body = raw ?? JSON.stringify(payload ?? { ...push, repository, sender });
    return await receive(
      {
        "content-type": "application/json",
        "x-github-event": name,
        "x-github-delivery": DELIVERY,
        "x-hub-signature-256": signature ?? (await sign(body)),
        ...headers,
      },
      Buffer.from(body),
    );
  }
  return { receive, deliver, events, logged };
}

const sign = async (body: string, secret = SECRET): Promise<string> =>
  body === "" ? "sha256=" : await new Webhooks({ secret }).sign(body);

describe("the receiver of GitHub's webhooks", () => {
  it("stores a signed delivery once and answers 202 both times", async () => {
    const { deliver, events } = start();
    expect(await deliver({})).toEqual({ status: 202 });
    expect(await deliver({})).toEqual({ status: 202 });
    expect(events).toEqual([
      {
        source: "github",
        eventId: DELIVERY,
        kind: "push",
        action: "pushed",
        repository: "acme/rfcs",
        branch: "main",
        pullNumber: null,
        actor: { id: "7", login: "octo-cat" },
      },
    ]);
  });

  it("verifies the example of GitHub's own documentation", async () => {
    // Source: docs.github.com, "Validating webhook deliveries", testing the validation
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const { deliver } = start();
    expect(await deliver({ raw: "Hello, World!", signature })).toMatchObject({ status: 400 });
  });

  it.each<[string, (body: string) => Promise<Delivery>]>([
    ["no signature", async () => ({ headers: { "x-hub-signature-256": undefined } })],
    ["an empty signature", async () => ({ signature: "" })],
    ["another secret's", async (body) => ({ signature: await sign(body, "another secret") })],
    ["another body's", async (body) => ({ signature: await sign(`${body} `) })],
    ["the old SHA-1 alone", async () => ({ signature: `sha1=${"0".repeat(40)}` })],
    ["an empty body", async () => ({ raw: "" })],
    [
      "one with no headers of GitHub",
      async () => ({ signature: "x", headers: { "x-github-event": undefined } }),
    ],
  ])("answers 401 and stores nothing: %s", async (_, make) => {
    const { deliver, events } = start();
    const raw = JSON.stringify({ ...push, repository, sender });
    expect(await deliver({ raw, ...(await make(raw)) })).toMatchObject({
      status: 401,
      body: { type: "urn:redline:problem:unauthorized" },
    });
    expect(events).toEqual([]);
  });

  it("verifies the bytes as they came, not what they mean", async () => {
    const { deliver } = start();
    const raw = `{ "ref":"refs/heads/wörld", "created":false,"deleted":false,"forced":false,
      "repository": {"full_name":"acme/rfcs"} }`;
    expect(await deliver({ raw })).toEqual({ status: 202 });
  });

  it("takes form-encoded payloads", async () => {
    const { deliver, events } = start();
    const payload = JSON.stringify({ ...push, ref: "refs/heads/a&b", repository, sender });
    const raw = new URLSearchParams({ payload }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    expect(await deliver({ raw, headers })).toEqual({ status: 202 });
    expect(events).toMatchObject([{ branch: "a&b" }]);
  });

  it.each<[string, Delivery]>([
    ["no JSON", { raw: "{" }],
    [
      "a form without a payload",
      { raw: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
    ],
    ["no event's name", { headers: { "x-github-event": undefined } }],
    ["no id", { headers: { "x-github-delivery": undefined } }],
    ["an id that is none", { headers: { "x-github-delivery": "a b" } }],
    ["no repository", { payload: push }],
    ["JSON that is no object", { raw: "null" }],
    ["a repository that leads out", { payload: { ...push, repository: { full_name: "../etc" } } }],
    [
      "a repository with too long a name",
      { payload: { ...push, repository: { full_name: `a/${"b".repeat(101)}` } } },
    ],
    ["a branch with a line feed", { payload: { ...push, repository, ref: "refs/heads/a\nb" } }],
    [
      "a branch with too long a name",
      { payload: { ...push, repository, ref: `refs/heads/${"b".repeat(300)}` } },
    ],
    [
      "a number that is none",
      {
        name: "pull_request",
        payload: { action: "opened", repository, pull_request: { ...pull, number: -1 } },
      },
    ],
    ["a login with markup", { payload: { ...push, repository, sender: { id: 1, login: "<b>" } } }],
  ])("answers 400 and stores nothing: %s", async (_, delivery) => {
    const { deliver, events } = start();
    expect(await deliver(delivery)).toMatchObject({
      status: 400,
      body: { type: "urn:redline:problem:invalid-request" },
    });
    expect(events).toEqual([]);
  });

  it.each<[string, Delivery]>([
    ["an event that is unknown", { name: "star", payload: { action: "created" } }],
    ["an event named like a property", { name: "constructor", payload: { action: "created" } }],
    [
      "an action that is unknown",
      { name: "pull_request", payload: { action: "labeled", repository, pull_request: pull } },
    ],
    ["a pushed tag", { payload: { ...push, repository, ref: "refs/tags/v1" } }],
    [
      "a comment on an issue",
      { name: "issue_comment", payload: { action: "created", repository, issue: { number: 3 } } },
    ],
    ["a renamed repository", { name: "repository", payload: { action: "renamed", repository } }],
  ])("answers 202 and stores nothing: %s", async (_, delivery) => {
    const { deliver, events } = start();
    expect(await deliver(delivery)).toEqual({ status: 202 });
    expect(events).toEqual([]);
  });

  it("answers a ping", async () => {
    const { deliver, events } = start();
    const payload = { zen: "Design for failure.", hook_id: 1 };
    expect(await deliver({ name: "ping", payload })).toEqual({ status: 200 });
    expect(events).toEqual([]);
  });

  const onPull = { repository: "acme/rfcs", branch: "ideas/one", pullNumber: 12 };
  const nowhere = { repository: null, branch: null, pullNumber: null };
  it.each<[string, Record<string, unknown>, Partial<HostEvent>]>([
    ["push", { ...push, created: true }, { action: "created", branch: "main" }],
    ["push", { ...push, deleted: true }, { action: "deleted", branch: "main" }],
    ["push", { ...push, forced: true }, { action: "forced", branch: "main" }],
    ["pull_request", { action: "synchronize", pull_request: pull }, onPull],
    ["pull_request", { action: "closed", pull_request: pull }, onPull],
    ["pull_request_review", { action: "submitted", pull_request: pull }, onPull],
    ["pull_request_review_comment", { action: "created", pull_request: pull }, onPull],
    ["pull_request_review_thread", { action: "resolved", pull_request: pull }, onPull],
    [
      "issue_comment",
      { action: "created", issue: { number: 12, pull_request: { url: "x" } } },
      { ...onPull, branch: null },
    ],
    ["installation", { action: "suspend", repository: undefined }, nowhere],
    ["installation_repositories", { action: "removed", repository: undefined }, nowhere],
  ])("normalises %s %j", async (kind, payload, expected) => {
    const { deliver, events } = start();
    await deliver({ name: kind, payload: { repository, sender, ...payload } });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ kind, actor: { id: "7", login: "octo-cat" }, ...expected });
    if ("action" in payload) expect(events[0]?.action).toBe(payload["action"]);
  });

  it("takes an event of nobody, and one of an App", async () => {
    const { deliver, events } = start();
    await deliver({ payload: { ...push, repository, sender: null } });
    const app = { id: 9, login: "redline[bot]" };
    const headers = { "x-github-delivery": "2" };
    await deliver({ payload: { ...push, repository, sender: app }, headers });
    expect(events.map(({ actor }) => actor)).toEqual([null, { id: "9", login: "redline[bot]" }]);
  });

  it("answers 503 when the event cannot be stored, and says so in the log", async () => {
    const { deliver, logged } = start(() => Promise.reject(new Error("no database")));
    expect(await deliver({})).toMatchObject({
      status: 503,
      body: { type: "urn:redline:problem:not-ready" },
    });
    expect(logged).toMatchObject([{ level: "error", fields: { err: { message: "no database" } } }]);
  });

  it("takes what a whole pull request sends, and its branch, comments and threads", async () => {
    await using github = await startFakeGitHub();
    const { receive, events } = start();
    const server = createServer((request, response) => {
      void buffer(request)
        .then((body) => receive(request.headers, body))
        .then(({ status }) => response.writeHead(status).end());
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    github.webhooks.to(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, SECRET);

    const made = await github.createRepository("acme/rfcs", { files: { "rfc.md": "One\n" } });
    await made.commit("idea", { "rfc.md": "Two\n" });
    const pull = await made.openPull({ head: "idea" });
    const line = { path: "rfc.md", line: 1, body: "Why?" };
    const { id } = await made.commentOnLines(pull, "maria", line);
    made.resolveThread(id, "maria");
    made.comment(pull, "maria", "Hello");
    await made.commit("idea", { "rfc.md": "Three\n" });
    await made.mergePull(pull, "maria");
    await made.deleteBranch("idea");
    github.install(github.createApp(), ["acme/rfcs"]);
    await github.webhooks.settled();

    expect(github.webhooks.deliveries.map(({ status }) => status)).not.toContainEqual(400);
    const told = events.map(({ kind, action, branch, pullNumber }) =>
      [kind, action, branch, pullNumber].join(" ").trim(),
    );
    expect(told).toEqual([
      "push created main",
      "push created idea",
      "pull_request opened idea 1",
      "pull_request_review_comment created idea 1",
      "pull_request_review_thread resolved idea 1",
      "issue_comment created  1",
      "push pushed idea",
      "pull_request synchronize idea 1",
      "push pushed main",
      "pull_request closed idea 1",
      "push deleted idea",
      "installation created",
    ]);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
  });

  it("never rejects, whatever a signed payload holds", async () => {
    const names = ["push", "pull_request", "issue_comment", "installation", "ping", "star"];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.json(), async (name, raw) => {
        const { deliver, events } = start();
        const { status } = await deliver({ name, raw });
        expect([200, 202, 400]).toContain(status);
        expect(events).toEqual([]);
      }),
    );
  });
});
