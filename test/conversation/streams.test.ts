import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { StreamFrame } from "../../src/conversation/stream-frames.ts";
import { ThreadStreams } from "../../src/conversation/thread-streams.ts";
import type { LiveMessage, StreamRelay } from "../../src/ports.ts";
import { connect } from "../../src/store/database.ts";
import { block } from "../fakes/scripted-provider.ts";
import { collect, TestApp, textOf } from "../support/test-app.ts";

const DEAF: StreamRelay = { publish() {}, subscribe: () => Promise.resolve(() => {}) };
const kinds = (frames: readonly StreamFrame[]): string[] =>
  frames.map((frame) => frame.event ?? (frame.data === "DONE" ? "DONE" : "text"));
const withoutRuns = (list: readonly string[]): string[] =>
  list.filter((kind, index) => kind !== "text" || list[index - 1] !== "text");

describe("streams of a thread", () => {
  let test: TestApp;
  let threadId: string;
  let turnId: string;
  let whole: StreamFrame[];

  beforeAll(async () => {
    test = await TestApp.start();
    threadId = await test.newThread();
    test.provider.script = (request) => [
      "Zuerst ",
      "größer 😀 ",
      "\n",
      block(request, "after one minute", "after two minutes"),
      "mitten\n",
      block(request, "lazy dog", "idle dog"),
      "Ende",
    ];
    ({ turnId } = await test.engine.threads.post(threadId, { text: "go" }, test.user));
    whole = await collect(await test.engine.streams.turn(turnId));
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const order = ["turn", "text", "change", "text", "change", "text", "changes", "DONE"];

  it("gives every frame an id of its own, in order", () => {
    expect(withoutRuns(kinds(whole))).toEqual(order);
    expect(new Set(whole.map((frame) => frame.id)).size).toBe(whole.length);
    const ends = JSON.parse(whole.at(-2)!.data);
    const changes = whole.filter((frame) => frame.event === "change");
    expect(ends.change_ids).toEqual(changes.map((frame) => JSON.parse(frame.data).change_id));
  });

  it("can be read again after the end, from any process, with the same content", async () => {
    const sql = connect(test.database.url, { max: 2 });
    await using elsewhere = new ThreadStreams(sql, DEAF);
    const again = await collect(await elsewhere.turn(turnId));
    expect(withoutRuns(kinds(again))).toEqual(order);
    expect(textOf(again)).toBe(textOf(whole));
    await sql.end();
  });

  it("resumes after every id with exactly what was missed", async () => {
    const sql = connect(test.database.url, { max: 2 });
    await using elsewhere = new ThreadStreams(sql, DEAF);
    for (const [index, { id }] of whole.entries()) {
      const rest = whole.slice(index + 1);
      for (const source of [
        await elsewhere.turn(turnId, id),
        await elsewhere.thread(threadId, id),
      ]) {
        const got =
          rest.length === 0 ? [] : await collect(source, (all) => all.at(-1)!.data === "DONE");
        source.close();
        expect(textOf(got), `text after ${id}`).toBe(textOf(rest));
        expect(withoutRuns(kinds(got)), `frames after ${id}`).toEqual(withoutRuns(kinds(rest)));
      }
    }
    await sql.end();
  });

  it("starts live without an id, and goes on over turns", async () => {
    const other = await test.newThread();
    test.provider.script = () => ["before"];
    await test.ask(other, "one");
    const live = await test.engine.streams.thread(other);
    const reading = collect(
      live,
      (all) => all.filter((frame) => frame.data === "DONE").length === 2,
    );
    test.provider.script = (_request, index) => [`answer ${index}`];
    await test.ask(other, "two");
    await test.ask(other, "three");
    const frames = await reading;
    expect(textOf(frames)).not.toContain("before");
    const turn = ["message", "turn", "text", "changes", "DONE"];
    expect(withoutRuns(kinds(frames))).toEqual([...turn, ...turn]);
  });

  it("is complete where every live message is lost, and where they come twice or late", async () => {
    const sql = connect(test.database.url, { max: 4 });
    for (const [name, relay] of Object.entries({ deaf: DEAF, noisy: noisy() })) {
      await using elsewhere = new ThreadStreams(sql, relay);
      const other = await test.newThread();
      const source = await elsewhere.thread(other);
      const reading = collect(source, (all) => all.at(-1)!.data === "DONE");
      test.provider.script = () => Array.from({ length: 50 }, (_, index) => `piece ${index} `);
      const direct = await test.ask(other, "go");
      expect(textOf(await reading), name).toBe(textOf(direct));
    }
    await sql.end();
  });

  it("gives every one of many readers of different turns the whole text, over one connection", async () => {
    const other = await test.newThread();
    const turns: { turnId: string; said: string }[] = [];
    for (let n = 0; n < 4; n += 1) {
      const said = `answer ${n} `.repeat(20);
      test.provider.script = () => [said];
      const posted = await test.engine.threads.post(other, { text: "go" }, test.user);
      await collect(await test.engine.streams.turn(posted.turnId));
      turns.push({ turnId: posted.turnId, said });
    }
    const sql = connect(test.database.url, { max: 1 });
    await using elsewhere = new ThreadStreams(sql, DEAF);
    const reads = Array.from({ length: 10 }, () => turns).flat();
    const texts = await Promise.all(
      reads.map(async ({ turnId: id }) => textOf(await collect(await elsewhere.turn(id)))),
    );
    expect(texts).toEqual(reads.map(({ said }) => said));
    await sql.end();
  });

  it("refuses ids that are none and threads that do not exist", async () => {
    await expect(test.engine.streams.thread(threadId, "abc")).rejects.toThrow("Last-Event-ID");
    await expect(test.engine.streams.thread(threadId, "999999.0")).rejects.toThrow("Last-Event-ID");
    await expect(test.engine.streams.thread("nope")).rejects.toThrow("no such thread");
    await expect(test.engine.streams.turn(crypto.randomUUID())).rejects.toThrow("no such turn");
  });

  it("ends a reader that is closed while it waits", async () => {
    const source = await test.engine.streams.thread(threadId);
    const reading = collect(source);
    source.close();
    expect(await reading).toEqual([]);
  });

  /** A relay between processes that repeats and reorders what it carries. */
  function noisy(): StreamRelay {
    return {
      publish() {},
      async subscribe(topic, listener) {
        const seen: LiveMessage[] = [];
        const stop = await test.app.relay.subscribe(topic, (message) => {
          seen.push(message);
          for (const known of seen.slice(-3).toReversed()) listener(known);
        });
        return stop;
      },
    };
  }
});
