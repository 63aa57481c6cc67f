import { describe, expect, it } from "vitest";
import { createWebServer } from "../../../adapters/web/server.ts";
import { createPrometheusMetrics } from "../../../adapters/metrics/prometheus.ts";
import { UserError } from "../../../src/errors.ts";
import { startServer } from "./running-server.ts";

const JSON_TYPE = { "content-type": "application/json" };

describe("problem documents", () => {
  it("name the field that is wrong, in one sentence", async () => {
    const { json } = await startServer();
    const cases: [string, string, unknown, string][] = [
      ["POST", "/api/rfcs", {}, "`repository` must be text."],
      ["POST", "/api/rfcs", { repository: " " }, "`repository` must not be empty."],
      ["POST", "/api/rfcs", [], "The request's body must be a JSON object."],
      ["POST", "/api/rfcs", undefined, "`repository` must be text."],
      ["POST", "/api/threads/x/messages", { text: 1 }, "`text` must be text."],
      ["POST", "/api/changes/x/place", { start: 0.5, end: 2 }, "`start` must be a whole number."],
      ["POST", "/api/changes/x/place", { start: 1, end: -1 }, "`end` must not be negative."],
      ["PATCH", "/api/threads/x", {}, "`model` must be a model's id, or null for the default."],
      [
        "POST",
        "/api/threads",
        { rfc_slug: "a", branch_name: "main", thread_kind: "chat" },
        "`thread_kind` must be one of discussion, range, paragraph, review.",
      ],
      [
        "POST",
        "/api/threads",
        { rfc_slug: "a", branch_name: "main", thread_kind: "range", anchor: 3 },
        "`anchor` must be {text, before?, after?} or {start, end, blob_sha?}.",
      ],
    ];
    for (const [method, path, body, detail] of cases) {
      expect(await json(method, path, body)).toEqual({
        status: 400,
        body: {
          type: "urn:redline:problem:invalid-request",
          title: "Invalid request",
          status: 400,
          detail,
        },
      });
    }
  });

  it("answer unknown addresses, methods, types and bodies", async () => {
    const { send } = await startServer();
    const cases = [
      { call: () => send("GET", "/api/nothing"), status: 404 },
      { call: () => send("GET", "/assets/nothing.js"), status: 404 },
      { call: () => send("GET", "/%E0%A4%A"), status: 400 },
      { call: () => send("DELETE", "/api/rfcs"), status: 405, allow: "GET, POST" },
      { call: () => send("GET", "/api/changes/x/accept"), status: 405, allow: "POST" },
      { call: () => send("POST", "/api/rfcs", { headers: JSON_TYPE, body: "{" }), status: 400 },
      {
        call: () =>
          send("POST", "/api/rfcs", { headers: { "content-type": "text/plain" }, body: "{}" }),
        status: 415,
      },
      { call: () => send("POST", "/api/rfcs", { body: "slug=x" }), status: 415 },
      {
        call: () =>
          send("POST", "/api/rfcs", { headers: JSON_TYPE, body: `"${"x".repeat(1 << 20)}"` }),
        status: 413,
      },
    ];
    for (const { call, status, allow } of cases) {
      const answer = await call();
      expect(answer.status).toBe(status);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
      const problem = JSON.parse(answer.text) as Record<string, unknown>;
      expect(problem).toMatchObject({
        type: expect.stringMatching(/^urn:redline:problem:/),
        status,
        title: expect.any(String),
        detail: expect.stringMatching(/\.$/),
      });
      expect(answer.headers["allow"]).toBe(allow);
    }
  });

  it("carry the engine's sentence and status", async () => {
    const { json } = await startServer();
    expect(await json("GET", "/api/rfcs/none")).toMatchObject({
      status: 404,
      body: { type: "urn:redline:problem:not-found", detail: "There is no such RFC." },
    });
  });

  it("keep what went wrong inside, and log it under the id that is told", async () => {
    const { json, engine, errors } = await startServer();
    engine.rfcs.list = () => Promise.reject(new Error("password=hunter2 at /srv/secret.ts:3"));
    const { status, body } = await json("GET", "/api/rfcs");
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|secret/);
    expect(body["type"]).toBe("urn:redline:problem:internal");
    expect(errors).toMatchObject([{ errorId: body["error_id"], route: "/api/rfcs" }]);
  });
});

describe("the server", () => {
  it("says in words that its port is taken", async () => {
    const { url, engine } = await startServer();
    const port = Number(new URL(url).port);
    const logger = { error: () => {} };
    const second = createWebServer({ engine, host: "127.0.0.1", port, token: null, logger });
    await expect(second).rejects.toThrow(UserError);
    await expect(second).rejects.toThrow(
      `Port ${port} is taken by another program: stop it, or set PORT to another number.`,
    );
  });

  it("does not open itself to other machines without a token", async () => {
    await expect(startServer({ host: "0.0.0.0" })).rejects.toThrow(/REDLINE_TOKEN/);
  });

  it("answers whether it lives, is ready, and how it is", async () => {
    const metrics = createPrometheusMetrics({ sources: [] });
    const { send, json, engine } = await startServer({ metrics });
    expect(await json("GET", "/healthz")).toEqual({ status: 200, body: { status: "ok" } });
    expect(await json("GET", "/readyz")).toMatchObject({ status: 200, body: { missing: [] } });
    engine.missingParts = ["The database does not answer."];
    expect(await json("GET", "/readyz")).toMatchObject({
      status: 503,
      body: { type: "urn:redline:problem:not-ready", missing: ["The database does not answer."] },
    });
    const page = (await send("GET", "/metrics")).text;
    expect(page).toContain(
      'redline_http_requests_total{method="GET",route="/readyz",status="503"} 1',
    );
    expect(page).toMatch(/^redline_open_streams 0$/m);
    expect(page).toMatch(/^process_resident_memory_bytes \d+$/m);
  });
});
