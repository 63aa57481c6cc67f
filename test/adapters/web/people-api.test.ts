import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { startServer, type RunningServer } from "./running-server.ts";

const BODY = "# Plan\n\nThe cat sat on the mat.\n";

async function withThread(): Promise<RunningServer & { threadId: string }> {
  const server = await startServer();
  server.engine.addDocument({ slug: "plan", title: "Plan" }, BODY);
  const { thread } = server.engine.addThread({ rfcSlug: "plan", title: "Cats" });
  return { ...server, threadId: thread.id };
}

describe("notifications", () => {
  it("are listed a page at a time, and marked as read", async () => {
    const { json, send, engine, threadId } = await withThread();
    const first = engine.notifications.add({ rfcSlug: "plan", threadId, prNumber: 12 });
    engine.notifications.add({ rfcSlug: "plan", text: "Bob accepted your change #1." });
    const page = await json("GET", "/api/notifications?limit=1");
    expect(page.body).toEqual({
      notifications: [expect.objectContaining({ text: "Bob accepted your change #1." })],
      unread: 2,
      before: 2,
    });
    const next = await json("GET", "/api/notifications?limit=1&before=2");
    expect(next.body).toEqual({
      notifications: [
        {
          id: first.id,
          kind: "chat_reply_to_my_message",
          category: "personal-direct",
          rfc_slug: "plan",
          rfc_title: "Plan",
          thread_id: threadId,
          pr_number: 12,
          change_id: null,
          text: first.text,
          excerpt: null,
          url: first.url,
          created_at: first.createdAt.toISOString(),
          read_at: null,
        },
      ],
      unread: 2,
      before: null,
    });
    const read = (ids: unknown) =>
      send("POST", "/api/notifications/read", {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ids }),
      });
    expect((await read([first.id])).status).toBe(204);
    expect((await json("GET", "/api/notifications")).body).toMatchObject({ unread: 1 });
    expect((await read("all")).status).toBe(204);
    expect((await json("GET", "/api/notifications")).body).toMatchObject({ unread: 0 });
    for (const wrong of ["some", [-1], ["1"], null, Array.from({ length: 1001 }, (_, id) => id)]) {
      expect((await read(wrong)).status).toBe(400);
    }
    for (const query of ["limit=0", "limit=101", "before=x"]) {
      expect((await json("GET", `/api/notifications?${query}`)).status).toBe(400);
    }
  });

  it("come as each person chooses", async () => {
    const { json } = await withThread();
    const path = "/api/notifications/settings";
    expect((await json("GET", path)).body).toEqual({
      digest: "daily",
      time_zone: null,
      direct: true,
    });
    expect((await json("PATCH", path, { digest: "off", time_zone: "Asia/Tokyo" })).body).toEqual({
      digest: "off",
      time_zone: "Asia/Tokyo",
      direct: true,
    });
    const cleared = await json("PATCH", path, { time_zone: null, direct: false });
    expect(cleared.body).toEqual({ digest: "off", time_zone: null, direct: false });
    expect((await json("PATCH", path, { digest: "weekly" })).status).toBe(400);
    expect((await json("PATCH", path, { direct: "yes" })).status).toBe(400);
    const nowhere = await json("PATCH", path, { time_zone: "Nowhere/At_All" });
    expect(nowhere).toMatchObject({ status: 400, body: { detail: /is no time zone/ } });
  });

  it("follow what is watched and what is muted", async () => {
    const { json, threadId } = await withThread();
    const watch = { rfc_slug: "plan", watched: true, muted: false };
    const thread = { rfc_slug: "plan", thread_id: threadId, watched: false, muted: true };
    await json("PATCH", "/api/watching", watch);
    const both = await json("PATCH", "/api/watching", thread);
    const expected = {
      rfc_slug: "plan",
      rfc_title: "Plan",
      watched: true,
      muted: false,
      threads: [{ thread_id: threadId, title: "Cats", watched: false, muted: true }],
    };
    expect(both.body).toEqual([expected]);
    expect((await json("GET", "/api/watching")).body).toEqual([expected]);
    expect((await json("PATCH", "/api/watching", { ...watch, rfc_slug: "none" })).status).toBe(404);
  });
});

describe("people", () => {
  it("are shown with their accounts, and named to decide on one RFC", async () => {
    const { json, engine } = await withThread();
    const ada = engine.people.add({
      displayName: "Ada",
      accounts: [
        {
          platform: "github",
          workspace: null,
          name: "adal",
          isConnected: true,
          unreachableWhy: null,
        },
      ],
      maintains: [{ where: "Acme", rfcSlug: null }],
    });
    expect((await json("GET", "/api/people")).body).toEqual([
      {
        id: ada.id,
        name: "Ada",
        bot: false,
        accounts: [
          { platform: "github", workspace: null, name: "adal", connected: true, unreachable: null },
        ],
        maintains: [{ where: "Acme", rfc_slug: null }],
        seen_at: ada.seenAt!.toISOString(),
      },
    ]);
    const path = "/api/rfcs/plan/maintainers";
    expect((await json("PUT", `${path}/${ada.id}`)).body).toEqual([{ id: ada.id, name: "Ada" }]);
    expect((await json("GET", path)).body).toEqual([{ id: ada.id, name: "Ada" }]);
    expect((await json("DELETE", `${path}/${ada.id}`)).body).toEqual([]);
    expect((await json("PUT", `${path}/none`)).status).toBe(404);
  });
});

describe("concerns", () => {
  const raise = (server: RunningServer & { threadId: string }, body: object, key?: string) =>
    server.send("POST", `/api/threads/${server.threadId}/concerns`, {
      headers: {
        "content-type": "application/json",
        ...(key !== undefined && { "idempotency-key": key }),
      },
      body: JSON.stringify(body),
    });

  it("are raised on a passage, shown with their RFC, and settled", async () => {
    const server = await withThread();
    const { json, engine } = server;
    const blob_sha = engine.documents.get("plan")!.headSha;
    const passage = { start: 8, end: 15, blob_sha };
    const raised = await raise(server, { text: "Which cat?", passage });
    expect(raised.status).toBe(201);
    const concern = JSON.parse(raised.text) as Record<string, unknown>;
    expect(concern).toMatchObject({
      number: 1,
      mine: true,
      state: "open",
      passage: { start: 8, end: 15 },
      anchor_text: "The cat",
      anchor_blob_sha: blob_sha,
    });
    expect((await json("GET", "/api/rfcs/plan")).body).toMatchObject({ concerns: [concern] });
    const path = `/api/concerns/${String(concern["id"])}`;
    const resolved = await json("POST", `${path}/resolve`, { why: "That one." });
    expect(resolved.body).toMatchObject({ state: "resolved", settled_why: "That one." });
    expect((await json("POST", `${path}/withdraw`, {})).status).toBe(409);
    expect((await json("POST", "/api/concerns/none/resolve", {})).status).toBe(404);
  });

  it("are refused with the field that is wrong", async () => {
    const server = await withThread();
    for (const body of [{}, { text: 1 }, { text: "x", passage: { start: 1, end: 2 } }]) {
      expect((await raise(server, body)).status).toBe(400);
    }
    expect((await raise(server, { text: " " })).status).toBe(422);
    expect((await raise(server, { text: "x" }, "two words")).status).toBe(400);
  });

  it("of others are resolved only by who may decide; others' are not withdrawn", async () => {
    const { json, engine, threadId } = await withThread();
    const { id } = engine.concerns.add({ rfcSlug: "plan", threadId, author: "Ada", authorId: "a" });
    expect((await json("POST", `/api/concerns/${id}/withdraw`, {})).status).toBe(403);
    engine.people.assertMayDecide = async (...asked) => {
      expect(asked.slice(1)).toEqual([
        "http",
        { rfcSlug: "plan", act: "resolve_concern", subject: id },
      ]);
      throw new UserError("forbidden", "Only maintainers decide on this RFC.");
    };
    expect((await json("POST", `/api/concerns/${id}/resolve`, {})).status).toBe(403);
    expect(engine.concerns.rows[0]!.state).toBe("open");
    // Their own they resolve all the same.
    const own = engine.concerns.add({ rfcSlug: "plan", threadId });
    expect((await json("POST", `/api/concerns/${own.id}/resolve`, {})).status).toBe(200);
  });
});

describe("proposals to merge", () => {
  it("ask for words, and are withdrawn", async () => {
    const { json, engine, threadId } = await withThread();
    engine.merges.asked = [{ userId: engine.user.id, name: "Robin" }];
    const made = await json("POST", `/api/threads/${threadId}/merge-proposals`, { wait_days: 5 });
    expect(made).toMatchObject({
      status: 201,
      body: { state: "open", wait_days: 5, words: [{ name: "Robin", mine: true, word: null }] },
    });
    const path = `/api/merge-proposals/${String(made.body["id"])}`;
    const said = await json("POST", `${path}/word`, { word: "object" });
    expect(said.body).toMatchObject({ words: [{ word: "object" }] });
    expect((await json("GET", "/api/rfcs/plan")).body).toMatchObject({
      merge: { id: made.body["id"], words: [{ word: "object" }] },
    });
    expect((await json("POST", `${path}/word`, { word: "maybe" })).status).toBe(400);
    const again = await json("POST", `/api/threads/${threadId}/merge-proposals`, {});
    expect(again.status).toBe(409);
    expect((await json("POST", `${path}/withdraw`, {})).body).toMatchObject({ state: "withdrawn" });
    expect((await json("POST", `${path}/word`, { word: "agree" })).status).toBe(409);
  });

  it("are made only by who may decide, as are the names of who may", async () => {
    const { json, engine, threadId } = await withThread();
    const ada = engine.people.add({ displayName: "Ada" });
    const asked: unknown[] = [];
    engine.people.assertMayDecide = async (_userId, door, { act, rfcSlug, subject }) => {
      asked.push([door, rfcSlug, act, subject]);
      throw new UserError("forbidden", "Only maintainers decide on this RFC.");
    };
    const others = engine.merges.add({ rfcSlug: "plan", threadId, proposedById: "a" });
    const maintainer = `/api/rfcs/plan/maintainers/${ada.id}`;
    const answers = [
      await json("POST", `/api/threads/${threadId}/merge-proposals`, {}),
      await json("POST", `/api/merge-proposals/${others.id}/withdraw`, {}),
      await json("PUT", maintainer),
      await json("DELETE", maintainer),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(asked).toEqual([
      ["http", "plan", "propose_merge", null],
      ["http", "plan", "withdraw_merge", others.id],
      ["http", "plan", "add_maintainer", ada.id],
      ["http", "plan", "remove_maintainer", ada.id],
    ]);
    expect(engine.merges.rows).toHaveLength(1);
    expect(await engine.people.maintainers("plan")).toEqual([]);
  });
});

describe("the record", () => {
  it("is written, checked, and kept as a file that no browser shows", async () => {
    const { json, send } = await withThread();
    const path = "/api/rfcs/plan/record";
    expect((await json("GET", path)).body).toEqual({
      marks: [],
      entries: 0,
      head_hash: null,
      problem: null,
    });
    const mark = await json("POST", path, {});
    expect(mark).toMatchObject({ status: 201, body: { cause: "export", made_by: "Robin" } });
    expect((await json("GET", path)).body).toMatchObject({ marks: [mark.body], entries: 1 });
    const { headers, text } = await send("GET", `${path}.md`);
    expect(text).toContain("# Transcript");
    expect(headers["content-type"]).toBe("text/markdown; charset=utf-8");
    expect(headers["content-disposition"]).toBe("attachment; filename*=UTF-8''plan.transcript.md");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect((await send("GET", `${path}.json`)).headers["content-type"]).toContain("json");
    expect((await json("GET", "/api/rfcs/none/record")).status).toBe(404);
  });
});
