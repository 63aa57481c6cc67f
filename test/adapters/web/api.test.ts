import { describe, expect, it } from "vitest";
import { ADA, signInWith, startServer, type RunningServer } from "./running-server.ts";

const BODY = "# Plan\n\nThe cat sat on the mat.\n\nThe dog sat on the mat.\n";

async function withDocument(): Promise<RunningServer> {
  const server = await startServer();
  server.engine.addDocument({ slug: "plan", title: "Plan" }, BODY);
  return server;
}

describe("RFCs", () => {
  it("are registered, listed with their counts, and shown with their document", async () => {
    const { json, engine } = await startServer();
    const rfc = {
      slug: "plan",
      title: "Plan",
      repository: "file:///srv/docs",
      path: "plan.md",
      branch: "draft",
    };
    const made = await json("POST", "/api/rfcs", rfc);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      slug: "plan",
      title: "Plan",
      repository: "file:///srv/docs",
      path: "plan.md",
      branch: "draft",
      default_branch: "draft",
      created_at: expect.any(String),
    });
    const talk = engine.addThread({ rfcSlug: "plan" });
    engine.addChange(talk, { original: "Plan", proposed: "A plan" });
    const list = await json("GET", "/api/rfcs");
    expect(list.body).toMatchObject([
      { slug: "plan", open_threads: 1, pending: 1, stale: 0, accepted: 0, declined: 0 },
    ]);
    const one = await json("GET", "/api/rfcs/plan");
    expect(one.body).toMatchObject({
      slug: "plan",
      branch: "draft",
      document: { body: "# Plan\n", head_sha: expect.any(String) },
      threads: [{ id: talk.thread.id, thread_kind: "discussion" }],
      changes: [{ original: "Plan", state: "pending" }],
    });
  });

  it("say why a document cannot be read", async () => {
    const { json, engine } = await withDocument();
    engine.documents.get("plan")!.problem = "The branch main does not exist.";
    const { status, body } = await json("GET", "/api/rfcs/plan");
    expect(status).toBe(200);
    expect(body).toMatchObject({ document: null, problem: "The branch main does not exist." });
  });
});

describe("threads", () => {
  it("are made, given another model, closed and reopened", async () => {
    const { json } = await withDocument();
    const made = await json("POST", "/api/threads", {
      rfc_slug: "plan",
      branch_name: "main",
      thread_kind: "range",
      anchor: { text: "The cat" },
      title: null,
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      thread_kind: "range",
      state: "open",
      model: null,
      anchor: { slice: "The cat", passage: { start: 8, end: 15 } },
    });
    const path = `/api/threads/${String(made.body.id)}`;
    expect((await json("PATCH", path, { model: "other" })).body).toMatchObject({ model: "other" });
    expect((await json("PATCH", path, { model: null })).body).toMatchObject({ model: null });
    expect((await json("POST", `${path}/close`)).body).toMatchObject({ state: "closed" });
    expect((await json("POST", `${path}/reopen`)).body).toMatchObject({ state: "open" });
  });

  it("show messages, changes, decisions, blocks, turns and where the stream goes on", async () => {
    const { json, engine } = await withDocument();
    const talk = engine.addThread({ rfcSlug: "plan" });
    const message = engine.addMessage(talk, { author: "Robin", text: "Hi", quote: "The cat" });
    const change = engine.addChange(talk, { original: "sat on the mat", proposed: "slept" });
    talk.blocks.push({
      id: "b",
      threadId: talk.thread.id,
      messageId: message.id,
      kind: "malformed",
      code: "noop",
      fields: { original: "x", proposed: "x" },
      state: "open",
      changeId: null,
      textOffset: 3,
    });
    const { body } = await json("GET", `/api/threads/${talk.thread.id}`);
    expect(body.last_event_id).toBe("2");
    expect(body.messages).toMatchObject([
      {
        id: message.id,
        seq: 1,
        role: "user",
        author: "Robin",
        quote: "The cat",
        status: "complete",
      },
    ]);
    expect(body.changes).toMatchObject([
      {
        id: change.id,
        number: 1,
        kind: "ai",
        state: "pending",
        certainty: "ask",
        drift: "fresh",
        candidates: [
          { line: 3, section: ["Plan"], slice: "sat on the mat" },
          { line: 5, section: ["Plan"] },
        ],
        candidate_count: 2,
        replacement: "slept",
        commit_sha: null,
      },
    ]);
    expect(body.blocks).toMatchObject([{ kind: "malformed", code: "noop", text_offset: 3 }]);
    expect(body.decisions).toEqual([]);
    expect(body.turns).toEqual([]);
  });
});

describe("changes", () => {
  it("are accepted: accepting at once, then accepted with a commit", async () => {
    const { json, engine } = await withDocument();
    const talk = engine.addThread({ rfcSlug: "plan" });
    const change = engine.addChange(talk, { original: "The cat", proposed: "A cat" });
    const accepted = await json("POST", `/api/changes/${change.id}/accept`, {});
    expect(accepted).toMatchObject({ status: 200, body: { state: "accepting", commit_sha: null } });
    const later = await json("GET", `/api/changes/${change.id}`);
    expect(later.body).toMatchObject({ state: "accepted", commit_sha: expect.any(String) });
    expect(engine.documents.get("plan")!.body).toContain("A cat sat");
  });

  it("are declined, with a reason or with an empty body", async () => {
    const { json, send, engine } = await withDocument();
    const talk = engine.addThread({ rfcSlug: "plan" });
    const first = engine.addChange(talk, { original: "cat", proposed: "cow" });
    const second = engine.addChange(talk, { original: "dog", proposed: "cow" });
    await json("POST", `/api/changes/${first.id}/decline`, { reason: "No cows." });
    expect((await send("POST", `/api/changes/${second.id}/decline`)).status).toBe(200);
    expect(talk.decisions).toMatchObject([
      { verdict: "decline", reason: "No cows." },
      { verdict: "decline", reason: null },
    ]);
  });

  it("are refused while their place is uncertain, and placed by a person", async () => {
    const { json, engine } = await withDocument();
    const talk = engine.addThread({ rfcSlug: "plan" });
    const change = engine.addChange(talk, { original: "sat on the mat", proposed: "slept" });
    const refused = await json("POST", `/api/changes/${change.id}/accept`, {});
    expect(refused).toMatchObject({
      status: 409,
      body: { type: "urn:redline:problem:place-uncertain" },
    });
    const passage = { start: BODY.lastIndexOf("sat"), end: BODY.lastIndexOf("sat") + 14 };
    const placed = await json("POST", `/api/changes/${change.id}/place`, {
      ...passage,
      blob_sha: change.baseBlobSha,
    });
    expect(placed.body).toMatchObject({ certainty: "certain", passage, candidates: [] });
  });

  it("are proposed by hand", async () => {
    const { json, engine } = await withDocument();
    const talk = engine.addThread({ rfcSlug: "plan" });
    const edit = { original: "The dog", proposed: "A dog", reason: "Any dog." };
    const made = await json("POST", `/api/threads/${talk.thread.id}/changes`, edit);
    expect(made).toMatchObject({
      status: 201,
      body: { kind: "manual", author: "Robin", reason: "Any dog.", certainty: "certain" },
    });
  });

  it("come from blocks that were shown as text", async () => {
    const { json, engine } = await withDocument();
    const talk = engine.addThread({ rfcSlug: "plan" });
    const message = engine.addMessage(talk, { role: "assistant", modelId: "m", text: "See." });
    const block = {
      threadId: talk.thread.id,
      messageId: message.id,
      code: null,
      fields: { original: "The cat", proposed: "A cat" },
      state: "open" as const,
      changeId: null,
      textOffset: 4,
    };
    talk.blocks.push({ ...block, id: "fenced", kind: "fenced" });
    talk.blocks.push({ ...block, id: "broken", kind: "malformed", code: "noop" });
    const promoted = await json("POST", "/api/blocks/fenced/promote", {});
    expect(promoted).toMatchObject({ status: 201, body: { proposed: "A cat" } });
    const repaired = await json("POST", "/api/blocks/broken/repair", {});
    expect(repaired.status).toBe(200);
    expect(talk.turns.map((turn) => turn.id)).toContain(repaired.body.turn_id);
  });
});

describe("turns and models", () => {
  it("lets a turn be cancelled and tried again", async () => {
    const { json, engine } = await withDocument();
    const talk = engine.addThread({ rfcSlug: "plan" });
    const gate = new Promise<void>(() => {});
    engine.answer = async function* () {
      yield { text: "One" };
      await gate;
    };
    const { turnId } = await engine.threads.post(talk.thread.id, { text: "Go" }, engine.user);
    const cancelled = await json("POST", `/api/turns/${turnId}/cancel`, {});
    expect(cancelled).toMatchObject({ status: 200, body: { id: turnId, state: "cancelled" } });
    const again = await json("POST", `/api/turns/${turnId}/retry`, {});
    expect(again).toMatchObject({ status: 200, body: { retry_of: turnId } });
  });

  it("lists the models, with the default and what could not be asked", async () => {
    const { json, engine } = await startServer();
    engine.modelList.problems = ["The server at OPENAI_BASE_URL does not answer."];
    expect((await json("GET", "/api/models")).body).toEqual({
      models: [{ id: "offline", label: "Offline editor" }],
      default: "offline",
      problems: ["The server at OPENAI_BASE_URL does not answer."],
    });
  });

  it("does not tell people who signed in what a provider said", async () => {
    const { send, engine } = await startServer({ signIn: signInWith(async () => ADA) });
    engine.modelList.problems = ["“No such key sk-123”."];
    const headers = { cookie: "redline_person=x" };
    const answer = await send("GET", "/api/models", { headers });
    expect(answer.text).not.toContain("sk-123");
    expect(JSON.parse(answer.text)).toMatchObject({
      problems: [expect.stringMatching(/could not/)],
    });
    engine.modelList.problems = [];
    const none = await send("GET", "/api/models", { headers });
    expect(JSON.parse(none.text)).toMatchObject({ problems: [] });
  });
});
