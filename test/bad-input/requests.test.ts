/** What people and programs send that cannot be: a clear answer each, and nothing is stored. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Problem } from "../../src/errors.ts";
import { block } from "../fakes/scripted-provider.ts";
import { HttpClient } from "../support/http-client.ts";
import { TestApp } from "../support/test-app.ts";

let test: TestApp;
let client: HttpClient;
let threadId: string;
let changeId: string;
let blockId: string;

beforeAll(async () => {
  test = await TestApp.start();
  client = new HttpClient(test.app.url!);
  threadId = await client.newThread();
  test.provider.script = (request) => [
    block(request, "after one minute", "after two minutes"),
    "<change>\n<original>lazy dog</original>\n<proposed>idle dog</proposed>\n</change>\n",
  ];
  await test.ask(threadId, "Hello");
  const { changes, looseBlocks } = await test.engine.threads.view(threadId);
  changeId = changes[0]!.id;
  blockId = looseBlocks[0]!.id;
});
afterAll(() => test[Symbol.asyncDispose]());

/** How many rows every table of ours has. */
async function rowCounts(): Promise<object> {
  const [row] = await test.app.sql`
    select (select count(*) from rfcs) as rfcs, (select count(*) from branches) as branches,
      (select count(*) from threads) as threads, (select count(*) from thread_messages) as messages,
      (select count(*) from turns) as turns, (select count(*) from changes) as changes,
      (select count(*) from decisions) as decisions, (select count(*) from outbox) as outbox,
      (select count(*) from thread_events) as events`;
  return row!;
}

/** A short, whole sentence in a problem document, and nothing of how we are made. */
function expectPlain(answer: { status: number; body: Partial<Problem> }, what: string): void {
  const { status, body } = answer;
  expect.soft(status, `${what}: ${body.detail}`).toBeGreaterThanOrEqual(400);
  expect.soft(status, `${what}: ${body.detail}`).toBeLessThan(500);
  expect.soft(body.status, what).toBe(status);
  expect.soft(body.type, what).toMatch(/^urn:redline:problem:[a-z-]+$/);
  expect.soft(body.detail, what).toMatch(/^(`|[A-Z“/])[^]*\.$/);
  expect.soft(body.detail!.length, what).toBeLessThan(600);
  expect.soft(body.detail, what).not.toMatch(/\0|undefined|\[object|Error:|\n\s+at /);
}

const newRfc = () => ({
  slug: "other",
  title: "Other",
  repository: test.repository.url,
  path: "rfc.md",
  branch: "main",
});

/** Every call that takes texts, with each text in it. */
function textCalls(bad: string): [string, string, string, unknown][] {
  const rfc = newRfc();
  const thread = { rfc_slug: "rfc", branch_name: "main", thread_kind: "discussion" };
  const range = { ...thread, thread_kind: "range" };
  const edit = { original: "lazy", proposed: "idle" };
  const messages = `/api/threads/${threadId}/messages`;
  const changes = `/api/threads/${threadId}/changes`;
  return [
    ...Object.keys(rfc).map(
      (field) => ["POST", "/api/rfcs", field, { ...rfc, [field]: bad }] as const,
    ),
    ["POST", "/api/threads", "rfc_slug", { ...thread, rfc_slug: bad }],
    ["POST", "/api/threads", "branch_name", { ...thread, branch_name: bad }],
    ["POST", "/api/threads", "title", { ...thread, title: bad }],
    ["POST", "/api/threads", "anchor.text", { ...range, anchor: { text: bad } }],
    ["PATCH", `/api/threads/${threadId}`, "model", { model: bad }],
    ["POST", messages, "text", { text: bad }],
    ["POST", messages, "quote", { text: "Hello", quote: bad }],
    ["POST", messages, "model", { text: "Hello", model: bad }],
    ["POST", changes, "original", { ...edit, original: bad }],
    ["POST", changes, "proposed", { ...edit, proposed: bad }],
    ["POST", changes, "reason", { ...edit, reason: bad }],
    ["POST", changes, "after", { ...edit, original: "", after: bad }],
    ["POST", changes, "before", { ...edit, original: "", before: bad }],
    ["POST", `/api/changes/${changeId}/decline`, "reason", { reason: bad }],
  ] as [string, string, string, unknown][];
}

describe("text that cannot be stored", () => {
  it.each([
    ["NUL", "lazy\0dog"],
    ["a lone high surrogate", "lazy \ud83d dog"],
    ["a lone low surrogate", "lazy \ude00 dog"],
  ])("is refused wherever it comes: %s", async (_, bad) => {
    const before = await rowCounts();
    for (const [method, path, field, body] of textCalls(bad)) {
      expectPlain(await client.json(method, path, body), `${method} ${path} ${field}`);
    }
    expect(await rowCounts()).toEqual(before);
    expect((await client.change(changeId)).state).toBe("pending");
  });

  it("is refused in addresses", async () => {
    const uuid = randomUUID();
    for (const path of ["/api/rfcs/%00", "/api/rfcs/%ED%A0%80", "/api/rfcs/a%00b"]) {
      expectPlain(await client.json("GET", path), path);
      const maintainer = `${path}/maintainers/${uuid}`;
      expectPlain(await client.json("PUT", maintainer, {}), maintainer);
      expectPlain(await client.json("DELETE", maintainer), maintainer);
    }
    for (const id of ["%00", `${uuid}%00`, "%ED%A0%80"]) {
      expectPlain(await client.json("GET", `/api/threads/${id}`), id);
      expectPlain(await client.json("GET", `/api/threads/${id}/stream`), id);
      expectPlain(await client.json("POST", `/api/changes/${id}/accept`, {}), id);
      expectPlain(await client.json("POST", `/api/turns/${id}/cancel`, {}), id);
      expectPlain(await client.json("POST", `/api/blocks/${id}/repair`, {}), id);
    }
  });
});

describe("text that is too long", () => {
  it("is refused with a short answer, and nothing of it is stored", async () => {
    const before = await rowCounts();
    for (const [method, path, field, body] of textCalls("x ".repeat(100_000))) {
      expectPlain(await client.json(method, path, body), `${method} ${path} ${field}`);
    }
    for (const [method, path, field, body] of textCalls("y".repeat(1024 * 1024))) {
      const answer = await client.json(method, path, body);
      expectPlain(answer, `${method} ${path} ${field}`);
      expect(answer.status).toBe(413);
    }
    expect(await rowCounts()).toEqual(before);
  });

  it("is taken up to the limit", async () => {
    test.provider.script = () => ["Long."];
    const text = "ä".repeat(64_000);
    const frames = await (await client.post(threadId, text)).until(({ data }) => data === "DONE");
    expect(frames.map(({ event }) => event)).toContain("changes");
    const { messages } = await client.thread(threadId);
    expect(messages.findLast(({ role }) => role === "user")!.text).toBe(text);
    expectPlain(
      await client.json("POST", `/api/threads/${threadId}/messages`, { text: `${text}!` }),
      "a character more",
    );
  });
});

describe("a message without words", () => {
  it.each(["", " ", "\n\t ", "\u00a0\u2003\ufeff"])("is refused: %j", async (text) => {
    const before = await rowCounts();
    const answer = await client.json("POST", `/api/threads/${threadId}/messages`, { text });
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: "The message is empty; write something first." },
    });
    expect(await rowCounts()).toEqual(before);
  });
});

describe("ids", () => {
  const calls = (id: string): [string, string, unknown?][] => [
    ["GET", `/api/rfcs/${id}`],
    ["GET", `/api/threads/${id}`],
    ["GET", `/api/threads/${id}/stream`],
    ["PATCH", `/api/threads/${id}`, { model: null }],
    ["POST", `/api/threads/${id}/close`, {}],
    ["POST", `/api/threads/${id}/reopen`, {}],
    ["POST", `/api/threads/${id}/messages`, { text: "Hello" }],
    ["POST", `/api/threads/${id}/changes`, { original: "lazy", proposed: "idle" }],
    ["GET", `/api/changes/${id}`],
    ["POST", `/api/changes/${id}/accept`, {}],
    ["POST", `/api/changes/${id}/decline`, { reason: "No." }],
    ["POST", `/api/changes/${id}/place`, { start: 0, end: 1, blob_sha: "x" }],
    ["POST", `/api/turns/${id}/cancel`, {}],
    ["POST", `/api/turns/${id}/retry`, {}],
    ["POST", `/api/blocks/${id}/promote`, {}],
    ["POST", `/api/blocks/${id}/repair`, {}],
  ];

  it.each([
    ["of nothing", randomUUID()],
    ["that are none", "nothing"],
    ["that are numbers", "1"],
    ["that are endless", "x".repeat(5_000)],
    ["that look like SQL", "%27%20or%201%3D1--"],
    ["of folders", "..%2F..%2Fetc"],
  ])("%s are not found", async (_, id) => {
    const before = await rowCounts();
    for (const [method, path, body] of calls(id)) {
      const answer = await client.json(method, path, body);
      expectPlain(answer, `${method} ${path}`);
      expect(answer.status, `${method} ${path}`).toBe(404);
      expect(answer.body.detail, `${method} ${path}`).toMatch(
        /^There is no(thing at this address\.| such | RFC )/,
      );
    }
    expect(await rowCounts()).toEqual(before);
  });

  it("of one kind are not taken for another", async () => {
    for (const [method, path, body] of calls(threadId).slice(8)) {
      expect(await client.json(method, path, body), `${method} ${path}`).toMatchObject({
        status: 404,
      });
    }
    expect(await client.json("GET", `/api/threads/${blockId}`)).toMatchObject({ status: 404 });
  });

  it("of a stream's position are refused when they never were any", async () => {
    for (const id of ["x", "1", "-1.0", "1.0.0", "9999999999999999.0"]) {
      const { response, leave } = await client.stream(threadId, id);
      expect(response.status, `after ${id}`).toBe(400);
      await leave();
    }
  });
});

describe("threads", () => {
  it("of an unknown RFC, branch or kind, and anchors that are nowhere, are refused", async () => {
    const before = await rowCounts();
    const thread = { rfc_slug: "rfc", branch_name: "main", thread_kind: "range" };
    const bodies: [unknown, number][] = [
      [{ ...thread, rfc_slug: "none", anchor: { text: "lazy" } }, 404],
      [{ ...thread, branch_name: "none", anchor: { text: "lazy" } }, 422],
      [{ ...thread, branch_name: "a..b", anchor: { text: "lazy" } }, 422],
      [{ ...thread, thread_kind: "chat" }, 400],
      [thread, 400],
      [{ ...thread, anchor: { text: "" } }, 409],
      [{ ...thread, anchor: { text: "no such words" } }, 409],
      [{ ...thread, anchor: { text: "item" } }, 409],
      [{ ...thread, anchor: { start: 5, end: 5 } }, 400],
      [{ ...thread, anchor: { start: 0, end: 1_000_000 } }, 400],
      [{ ...thread, thread_kind: "discussion", anchor: { start: 0, end: 5 } }, 400],
    ];
    for (const [body, status] of bodies) {
      const answer = await client.json("POST", "/api/threads", body);
      expectPlain(answer, JSON.stringify(body));
      expect(answer.status, `with ${JSON.stringify(body)}`).toBe(status);
    }
    expect(await rowCounts()).toEqual(before);
  });

  it("that are closed take nothing more", async () => {
    const closed = await client.newThread();
    await client.call("POST", `/api/threads/${closed}/close`, {});
    for (const [path, body] of [
      ["messages", { text: "Hello" }],
      ["changes", { original: "lazy", proposed: "idle" }],
    ] as const) {
      const answer = await client.json("POST", `/api/threads/${closed}/${path}`, body);
      expectPlain(answer, path);
      expect(answer.body.type).toBe("urn:redline:problem:thread-closed");
    }
  });
});

describe("RFCs", () => {
  it("that cannot be read, or are there already, are refused", async () => {
    const before = await rowCounts();
    const rfc = newRfc();
    const cases: [object, number][] = [
      [{ slug: "rfc", path: "other.md" }, 422],
      [{}, 409],
      [{ slug: "No Slug" }, 400],
      [{ slug: "-x" }, 400],
      [{ title: "x".repeat(201) }, 400],
      [{ repository: "file:///nothing/here" }, 422],
      [{ repository: "file://relative" }, 422],
      [{ repository: "/etc" }, 422],
      [{ repository: "owner/name" }, 422],
      [{ path: "../rfc.md" }, 422],
      [{ path: "/etc/passwd" }, 422],
      [{ path: ".git/config" }, 422],
      [{ path: "--help" }, 422],
      [{ branch: "--upload-pack=x" }, 422],
      [{ branch: "none" }, 422],
      [{ repository: `file:///${"z".repeat(300)}` }, 422],
      [{ path: `${"z".repeat(300)}.md` }, 422],
      [{ branch: "z".repeat(300) }, 422],
    ];
    for (const [fields, status] of cases) {
      const answer = await client.json("POST", "/api/rfcs", { ...rfc, ...fields });
      expectPlain(answer, JSON.stringify(fields));
      expect.soft(answer.status, `${JSON.stringify(fields)}: ${answer.body.detail}`).toBe(status);
    }
    expect(await rowCounts()).toEqual(before);
  });
});

describe("a model that does not exist", () => {
  it("is refused for a message and for a thread, with the names of those that do", async () => {
    const before = await rowCounts();
    for (const answer of [
      await client.json("POST", `/api/threads/${threadId}/messages`, { text: "Hi", model: "no" }),
      await client.json("PATCH", `/api/threads/${threadId}`, { model: "no" }),
      await client.json("PATCH", `/api/threads/${threadId}`, { model: "" }),
    ]) {
      expectPlain(answer, "model");
      expect(answer).toMatchObject({
        status: 422,
        body: {
          type: "urn:redline:problem:unknown-model",
          detail: expect.stringContaining("choose one of scripted-1, scripted-2."),
        },
      });
    }
    expect(await rowCounts()).toEqual(before);
  });

  it("ends the turn with a plain sentence when it is the configured one", async () => {
    await using other = await TestApp.start({ environment: { MODEL: "gone-1" } });
    const thread = await other.newThread();
    const frames = await other.ask(thread, "Hello");
    const { messages, turns } = await other.engine.threads.view(thread);
    expect(JSON.parse(frames.at(-2)!.data)).toMatchObject({
      type: "urn:redline:problem:model-failed",
      detail: "There is no model “gone-1”; choose one of scripted-1, scripted-2.",
    });
    expect(turns).toMatchObject([{ state: "failed" }]);
    expect(messages.map(({ role, text }) => [role, text])).toEqual([
      ["user", "Hello"],
      ["assistant", ""],
      ["system", "There is no model “gone-1”; choose one of scripted-1, scripted-2."],
    ]);
  });
});
