import { describe, expect, it } from "vitest";
import { fakeChange } from "../../fakes/fake-records.ts";
import { startServer, type RunningServer } from "./running-server.ts";

const AT = new Date("2026-03-04T05:06:07Z");

async function withDocument(): Promise<RunningServer> {
  const server = await startServer();
  server.engine.addDocument({ slug: "plan", title: "Plan" }, "# Plan\n\nThe cat.\n");
  return server;
}

describe("looking back, over HTTP", () => {
  it("asks why a passage reads so", async () => {
    const { json, engine } = await withDocument();
    const change = fakeChange("The cat", {
      threadId: "t",
      rfcSlug: "plan",
      original: "The cat",
      proposed: "A cat",
    });
    const asked: unknown[] = [];
    engine.insight.why = async (slug, place) => {
      asked.push([slug, place]);
      const thread = { id: "t", kind: "discussion" as const, title: null, state: "open" as const };
      const story = { change, decision: null, thread, messages: [] };
      const commit = { sha: "abc", authorName: "Ada", subject: null };
      const step = { at: AT, commit, before: null, after: "A cat", stories: [story] };
      return { text: "A cat", steps: [step], isFromBeginning: false, knownSince: AT };
    };
    const answer = await json("GET", "/api/rfcs/plan/why?start=8&end=13&blob_sha=b1");
    expect(answer.body).toMatchObject({
      text: "A cat",
      from_beginning: false,
      known_since: AT.toISOString(),
      steps: [
        {
          commit: { sha: "abc", author: "Ada" },
          stories: [{ change: { proposed: "A cat" }, thread: { thread_kind: "discussion" } }],
        },
      ],
    });
    expect(asked).toEqual([["plan", { start: 8, end: 13, blobSha: "b1" }]]);
  });

  it("passes filters of the history on, and leaves out empty ones", async () => {
    const { json, engine } = await withDocument();
    const asked: unknown[] = [];
    const { history } = engine.insight;
    engine.insight.history = (slug, filter) => {
      asked.push(filter);
      return history(slug, filter);
    };
    const query = "state=declined&person=&section=Design&q=%20why%20&from=2026-03-01&after=12";
    expect((await json("GET", `/api/rfcs/plan/history?${query}`)).body).toMatchObject({
      entries: [],
      next: null,
    });
    expect(asked).toEqual([
      {
        state: "declined",
        section: "Design",
        text: "why",
        from: new Date("2026-03-01"),
        after: 12,
      },
    ]);
  });

  it.each([
    "/api/rfcs/plan/why",
    "/api/rfcs/plan/why?start=-1&end=3&blob_sha=b",
    "/api/rfcs/plan/why?start=0&end=1.5&blob_sha=b",
    "/api/rfcs/plan/why?start=0&end=3&blob_sha=",
    "/api/rfcs/plan/history?state=odd",
    "/api/rfcs/plan/history?from=yesterday",
    "/api/rfcs/plan/history?to=2026-13-01",
    "/api/rfcs/plan/history?after=x",
    "/api/search?q=a&q=b",
    "/api/search?q=a&kind=odd",
  ])("refuses %s in words", async (path) => {
    const { json } = await withDocument();
    const { status, body } = await json("GET", path);
    expect([status, body["type"]]).toEqual([400, "urn:redline:problem:invalid-request"]);
  });

  it("notes what was read", async () => {
    const { send, engine } = await withDocument();
    const read: unknown[] = [];
    engine.insight.markRead = async (...args) => void read.push(args);
    const answer = await send("POST", "/api/threads/t1/read", {
      headers: { "content-type": "application/json" },
      body: '{"seq": 4}',
    });
    expect(answer.status).toBe(204);
    expect(read).toEqual([["t1", 4, engine.user]]);
  });

  it("serves its pages", async () => {
    const { send } = await withDocument();
    for (const path of ["/search?q=x", "/rfcs/plan/history", "/rfcs/plan/commits/abcdef0"]) {
      const { status, headers } = await send("GET", path);
      expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    }
  });
});

describe("figures for operators, over HTTP", () => {
  it("are of a day where no time is asked for, and of a week at most", async () => {
    const { json } = await startServer();
    const day = await json("GET", "/api/statistics");
    expect(day.body["hours"]).toHaveLength(24);
    expect(day.body).toMatchObject({ total: { turns: 0, turn_ms: null }, rfcs_left_out: 0 });
    expect((await json("GET", "/api/statistics?hours=168")).body["hours"]).toHaveLength(168);
    for (const hours of ["0", "169", "1.5", "-1", "x", "", "1&hours=2"]) {
      const { status, body } = await json("GET", `/api/statistics?hours=${hours}`);
      expect(status, hours).toBe(400);
      expect(body["detail"]).toBe("`hours` must be a whole number from 1 to 168.");
    }
  });
});
