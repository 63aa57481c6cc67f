import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { formatFrame } from "../../../adapters/web/sse.ts";
import type { StreamFrame } from "../../../src/conversation/stream-frames.ts";
import type { StreamSource } from "../../../src/engine.ts";
import type { FakeStream } from "../../fakes/frame-log.ts";
import { startServer, type RunningServer } from "./running-server.ts";
import { openSse, proseOf } from "./sse-reader.ts";

const isDone = ({ data }: { data: string }): boolean => data === "DONE";

async function withThread(): Promise<{ server: RunningServer; threadId: string; path: string }> {
  const server = await startServer();
  server.engine.addDocument({ slug: "plan" }, "# Plan\n\nThe cat sat.\n");
  const threadId = server.engine.addThread({ rfcSlug: "plan" }).thread.id;
  return { server, threadId, path: `${server.url}/api/threads/${threadId}` };
}

function post(path: string, body: object, headers: Record<string, string> = {}) {
  return openSse(`${path}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** A source that always has more, and counts what is taken. */
function endlessSource(size: number): StreamSource & { pulled: number; closed: boolean } {
  return {
    pulled: 0,
    closed: false,
    close() {
      this.closed = true;
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<StreamFrame> {
      while (!this.closed) {
        this.pulled += 1;
        yield { id: String(this.pulled), data: "x".repeat(size) };
      }
    },
  };
}

describe("a message", () => {
  it("is answered with its turn's stream", async () => {
    const { server, path } = await withThread();
    server.engine.answer = () => [
      { text: "Grüße " },
      { change: { original: "The cat", proposed: "A cat" } },
      { text: "🐈." },
    ];
    const stream = await post(path, { text: "Hello", quote: "The cat" });
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get("content-type")).toContain("text/event-stream");
    expect(stream.response.headers.get("cache-control")).toContain("no-cache");
    expect(stream.response.headers.get("x-accel-buffering")).toBe("no");
    const frames = await stream.until(() => false);
    expect(proseOf(frames)).toBe("Grüße 🐈.");
    expect(frames.map((frame) => frame.event)).toEqual([
      "turn",
      null,
      "change",
      null,
      "changes",
      "turn",
      null,
    ]);
    expect(frames.every((frame) => frame.id !== "")).toBe(true);
    const [change] = [...server.engine.changeRows.values()];
    expect(JSON.parse(frames[4]!.data)).toMatchObject({ change_ids: [change!.id], count: 1 });
    expect(frames.at(-1)!.data).toBe("DONE");
  });

  it("with the same key again gives the first one's turn", async () => {
    const { server, threadId, path } = await withThread();
    const key = { "idempotency-key": "k-1" };
    const first = await (await post(path, { text: "Once" }, key)).until(isDone);
    const second = await (await post(path, { text: "Once" }, key)).until(isDone);
    expect(second).toEqual(first);
    const said = server.engine.talks.get(threadId)!.messages.filter((one) => one.role === "user");
    expect(said).toHaveLength(1);
    const bad = await post(path, { text: "Once" }, { "idempotency-key": "with space" });
    expect(bad.response.status).toBe(400);
  });

  it("that is refused is a problem document, not a stream", async () => {
    const { server, threadId, path } = await withThread();
    const empty = await post(path, { text: " " });
    expect(empty.response.status).toBe(422);
    expect(empty.response.headers.get("content-type")).toBe("application/problem+json");
    await server.engine.threads.close(threadId, server.engine.user);
    expect((await post(path, { text: "Hello" })).response.status).toBe(409);
  });

  it("goes on when its sender leaves", async () => {
    const { server, threadId, path } = await withThread();
    let goOn = (): void => {};
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    server.engine.answer = async function* () {
      yield { text: "One " };
      await gate;
      yield { text: "two." };
    };
    const stream = await post(path, { text: "Count" });
    await stream.until((frame) => frame.event === null);
    await stream.leave();
    const source = server.engine.handedOut[0] as FakeStream;
    await expect.poll(() => source.closed).toBe(true);
    goOn();
    const { messages, turns } = server.engine.talks.get(threadId)!;
    await expect.poll(() => turns[0]!.state).toBe("done");
    expect(messages[1]!.text).toBe("One two.");
  });
});

describe("a thread's stream", () => {
  it("starts live, and goes on after the header or the query says", async () => {
    const { server, threadId, path } = await withThread();
    const talk = server.engine.talks.get(threadId)!;
    server.engine.addMessage(talk, { text: "Old", author: "Robin" });
    const live = await openSse(`${path}/stream`);
    server.engine.addMessage(talk, { text: "New", author: "Robin" });
    expect(await live.next()).toMatchObject({ id: "2", event: "message" });
    await live.leave();
    const byHeader = await openSse(`${path}/stream`, { headers: { "last-event-id": "1" } });
    expect(await byHeader.next()).toMatchObject({ id: "2" });
    await byHeader.leave();
    const byQuery = await openSse(`${path}/stream?last_event_id=0`);
    expect(await byQuery.next()).toMatchObject({ id: "1" });
    await byQuery.leave();
    const both = await openSse(`${path}/stream?last_event_id=0`, {
      headers: { "last-event-id": "1" },
    });
    expect(await both.next()).toMatchObject({ id: "2" });
    await both.leave();
  });

  it("of no thread is a problem document", async () => {
    const { server } = await withThread();
    const { status, body } = await server.json("GET", "/api/threads/none/stream");
    expect(status).toBe(404);
    expect(body).toMatchObject({ type: "urn:redline:problem:not-found" });
  });

  it("shows signs of life while nothing happens", async () => {
    const server = await startServer({ limits: { heartbeatMs: 20 } });
    server.engine.addDocument({ slug: "plan" }, "# Plan\n");
    const { id } = server.engine.addThread({ rfcSlug: "plan" }).thread;
    const leaving = new AbortController();
    const { signal } = leaving;
    const response = await fetch(`${server.url}/api/threads/${id}/stream`, { signal });
    const { value } = await response.body!.getReader().read();
    expect(Buffer.from(value!).toString()).toBe(": still here\n\n");
    leaving.abort();
  });

  it("tells of a failure in its middle as a problem, with an id in the log", async () => {
    const { server, path } = await withThread();
    server.engine.streams.thread = async () => ({
      close: () => {},
      async *[Symbol.asyncIterator](): AsyncGenerator<StreamFrame> {
        yield { id: "1", data: "QQ==" };
        throw new Error("the relay is gone");
      },
    });
    const frames = await (await openSse(`${path}/stream`)).until(() => false);
    expect(frames.map((frame) => frame.event)).toEqual([null, "error", null]);
    const problem = JSON.parse(frames[1]!.data) as { type: string; error_id: string };
    expect(problem.type).toBe("urn:redline:problem:internal");
    expect(server.errors).toMatchObject([{ errorId: problem.error_id }]);
    expect(frames[2]!.data).toBe("DONE");
  });

  it("takes no more from its source than the reader takes from it", async () => {
    const { server, threadId } = await withThread();
    const size = 64 * 1024;
    const source = endlessSource(size);
    server.engine.streams.thread = async () => source;
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.pause();
    socket.write(`GET /api/threads/${threadId}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    let seen = -1;
    // The reader does not read: the kernel's buffers fill, then nothing more is pulled.
    await vi.waitFor(
      () => {
        const before = seen;
        seen = source.pulled;
        expect(seen).toBeGreaterThan(0);
        expect(seen).toBe(before);
      },
      { timeout: 60_000, interval: 300 },
    );
    expect(seen * size).toBeLessThan(32 * 1024 * 1024);
    socket.resume();
    await expect.poll(() => source.pulled).toBeGreaterThan(seen + 100);
    socket.destroy();
    await expect.poll(() => source.closed).toBe(true);
  });
});

describe("closing the server", () => {
  it("ends streams at once, and does not wait for idle connections", async () => {
    const { server, path } = await withThread();
    const stream = await openSse(`${path}/stream`);
    await server.json("GET", "/api/rfcs");
    // A grace period longer than the test may take: it must not be needed.
    await server.close(120_000);
    expect(await stream.until(() => false)).toEqual([]);
    expect((server.engine.handedOut[0] as FakeStream).closed).toBe(true);
  });

  it("cuts a request that does not end within the grace period", async () => {
    const { server, threadId } = await withThread();
    const entered = new Promise<void>((resolve) => {
      server.engine.threads.view = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    const call = server.send("GET", `/api/threads/${threadId}`).catch((error: Error) => error);
    await entered;
    await server.close(50);
    expect(await call).toBeInstanceOf(Error);
  });
});

it("writes frames as the specification wants them", () => {
  expect(formatFrame({ id: "4", data: "QQ==" })).toBe("id: 4\ndata: QQ==\n\n");
  expect(formatFrame({ id: "5", event: "turn", data: "{}" })).toBe(
    "id: 5\nevent: turn\ndata: {}\n\n",
  );
  expect(formatFrame({ id: "6", data: "a\nb\r\nc" })).toBe("id: 6\ndata: a\ndata: b\ndata: c\n\n");
});
