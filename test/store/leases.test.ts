import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { ThreadEvent } from "../../src/conversation/thread-event.ts";
import { insertLooseBlock, insertTurnChange, savePartial } from "../../src/store/answers.ts";
import type { NewChange } from "../../src/store/changes.ts";
import { listThreadChanges } from "../../src/store/changes.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { listEvents } from "../../src/store/events.ts";
import { listReadyThreads } from "../../src/store/claims.ts";
import { insertUserMessage, listMessages } from "../../src/store/messages.ts";
import { insertThread } from "../../src/store/threads.ts";
import type { Lease } from "../../src/store/thread-leases.ts";
import type { RunningTurn, TurnOutcome } from "../../src/store/turns.ts";
import { claim, LeaseLost, release, renew } from "../../src/store/thread-leases.ts";
import { beginTurn, findTurn, finishTurn, requestCancel } from "../../src/store/turns.ts";
import { changeWith } from "../support/change.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { BLOB, plantRfc } from "../support/plant-rfc.ts";
import { OPEN_GATE } from "../support/open-gate.ts";

const LONG = 60_000;
/** A lease that is over as soon as it is taken: its worker has died. */
const OVER = -1;

const OUTCOME: TurnOutcome = {
  firstTextAgoMs: 5,
  state: "done",
  text: "The answer.",
  changeIds: [],
  status: "complete",
  usage: null,
  costMicrodollars: null,
  error: null,
  errorId: null,
  notes: [],
};

let database: TestDatabase;
let sql: Sql;
let userId: string;
let threadId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 12 });
  userId = await plantRfc(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  const at = { rfcSlug: "rfc", branchName: "main", kind: "discussion" as const };
  const thread = { ...at, title: null, anchor: null, createdBy: userId };
  threadId = (await insertThread(sql, thread)).id;
});

const post = async (text = "Hello.", modelId: string | null = null): Promise<string> => {
  const row = {
    threadId,
    authorUserId: userId,
    text,
    quote: null,
    modelId,
    dedupKey: null,
    saidIn: null,
  };
  return (await sql.begin((tx) => insertUserMessage(tx, row)))!.turnId;
};
const lease = async (ms = LONG, owner = "worker"): Promise<Lease> =>
  (await claim(sql, threadId, owner, ms))!;
const begin = async (by: Lease): Promise<RunningTurn> => {
  const begun = await beginTurn(sql, by, "default", OPEN_GATE);
  if (begun === null || "refused" in begun) throw new Error("no turn began");
  return begun;
};
const ended =
  (running: RunningTurn) =>
  (changeIds: string[]): ThreadEvent => ({
    kind: "turn_end",
    turnId: running.turn.id,
    messageId: running.messageId,
    state: "done",
    at: OUTCOME.text.length,
    changeIds,
    problem: null,
  });
const finish = (by: Lease, running: RunningTurn, more: Partial<TurnOutcome> = {}) =>
  finishTurn(sql, by, running, { ...OUTCOME, ...more }, ended(running)([]));
const newChange = (): NewChange => ({ ...changeWith(), threadId, baseBlobSha: BLOB.blobSha });
const point = (ordinal: number, text = ""): { ordinal: number; text: string } => ({
  ordinal,
  text,
});
const isReady = async (): Promise<boolean> =>
  (await listReadyThreads(sql, 0, 100)).includes(threadId);
const answerOf = async (): Promise<string[]> =>
  (await listMessages(sql, threadId))
    .filter(({ role }) => role === "assistant")
    .map(({ text, status }) => `${status}: ${text}`);

describe("a thread", () => {
  it("is for nobody while there is nothing to do", async () => {
    expect(await claim(sql, threadId, "worker", LONG)).toBeNull();
    expect(await isReady()).toBe(false);
    await post();
    expect(await isReady()).toBe(true);
  });

  it("is for one worker, of any number that ask at once", async () => {
    await post();
    const asked = Array.from({ length: 10 }, (_, index) =>
      claim(sql, threadId, `worker ${index}`, LONG),
    );
    const taken = (await Promise.all(asked)).filter((one) => one !== null);
    expect(taken).toEqual([{ threadId, epoch: 1 }]);
    expect(await isReady()).toBe(false);
    expect(await claim(sql, threadId, "late", LONG)).toBeNull();
  });

  it("goes to the next worker when its lease is over, under a new epoch", async () => {
    await post();
    const first = await lease(OVER);
    expect(await isReady()).toBe(true);
    const second = await lease();
    expect(second.epoch).toBe(first.epoch + 1);
    expect(await renew(sql, first, LONG)).toEqual({ held: false, cancelRequested: false });
    expect(await renew(sql, second, LONG)).toEqual({ held: true, cancelRequested: false });
  });

  it("stays with its worker as long as that one renews", async () => {
    await post();
    const own = await lease(OVER);
    await renew(sql, own, LONG);
    expect(await claim(sql, threadId, "other", LONG)).toBeNull();
  });

  it("is given back at once, later, or for good, by its owner alone", async () => {
    await post();
    const own = await lease();
    await release(sql, own, 0);
    expect(await isReady()).toBe(true);
    const again = await lease();
    await release(sql, own, null);
    expect((await renew(sql, again, LONG)).held).toBe(true);
    await release(sql, again, LONG);
    expect(await isReady()).toBe(false);
    expect(await claim(sql, threadId, "early", LONG)).toBeNull();
    await post("Waits with the rest.");
    expect(await isReady()).toBe(false);
  });
});

describe("messages", () => {
  it("join the turn that waits, with the newest model that was asked for", async () => {
    const turnId = await post("one", "model-a");
    expect(await post("two", "model-b")).toBe(turnId);
    expect(await post("three")).toBe(turnId);
    expect(await findTurn(sql, turnId)).toMatchObject({ state: "queued", modelId: "model-b" });
    await begin(await lease());
    const next = await post("four");
    expect(next).not.toBe(turnId);
    expect(await post("five")).toBe(next);
  });
});

describe("a turn", () => {
  it("runs, is written down and ends; then nothing is left to do", async () => {
    await post();
    const own = await lease();
    const running = await begin(own);
    expect(running).toMatchObject({
      modelId: "default",
      turn: { state: "running", cancelRequested: false, attempt: 1 },
    });
    await savePartial(sql, own, running, "The an");
    await savePartial(sql, own, running, "The");
    expect(await answerOf()).toEqual(["streaming: The an"]);
    await insertTurnChange(sql, own, running, newChange(), point(0, "The answer"));
    const { more, eventSeq } = await finish(own, running, { notes: ["A note."] });
    expect(more).toBe(false);
    expect(await answerOf()).toEqual(["complete: The answer."]);
    expect((await listMessages(sql, threadId)).map(({ seq, role }) => [seq, role])).toEqual([
      [1, "user"],
      [2, "assistant"],
      [3, "system"],
    ]);
    const events = await listEvents(sql, threadId, 0);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(events.map((stored) => stored.event.kind)).toEqual([
      ...["message", "turn", "change", "message", "turn_end"],
    ]);
    expect(events.at(-1)).toEqual({ seq: eventSeq, event: ended(running)([]) });
    expect(await findTurn(sql, running.turn.id)).toMatchObject({ state: "done", attempt: 1 });
    expect(await isReady()).toBe(false);
    expect((await renew(sql, own, LONG)).held).toBe(false);
  });

  it("that ends while another waits keeps the thread for it", async () => {
    await post();
    const own = await lease();
    const running = await begin(own);
    const next = await post("More.");
    expect(await finish(own, running)).toMatchObject({ more: true });
    expect(await claim(sql, threadId, "other", LONG)).toBeNull();
    expect((await begin(own)).turn.id).toBe(next);
  });

  it("that its worker left begins again: one message, its changes withdrawn", async () => {
    await post();
    const dead = await lease(OVER);
    const first = await begin(dead);
    await savePartial(sql, dead, first, "Half an an");
    await insertTurnChange(sql, dead, first, newChange(), point(0, "Half an answer"));
    const loose = { kind: "fenced" as const, code: null, fields: { original: "a" } };
    await insertLooseBlock(sql, dead, first, loose, point(1, "Half an answer"));

    const own = await lease();
    const second = await begin(own);
    expect(second).toMatchObject({ messageId: first.messageId, turn: { attempt: 2 } });
    expect(await answerOf()).toEqual(["streaming: "]);
    await insertTurnChange(sql, own, second, newChange(), point(0));
    await finish(own, second);
    const changes = await listThreadChanges(sql, threadId);
    expect(changes.map(({ state }) => state)).toEqual(["withdrawn", "pending"]);
    const [block] = await sql<{ state: string }[]>`
      select state from loose_blocks where thread_id = ${threadId}`;
    expect(block!.state).toBe("withdrawn");
  });

  it("takes nothing from a worker that has lost it", async () => {
    await post();
    const dead = await lease(OVER);
    const stale = await begin(dead);
    const own = await lease();
    const running = await begin(own);
    await savePartial(sql, own, running, "Mine.");
    const loose = { kind: "unmarked" as const, code: null, fields: {} };
    for (const write of [
      () => savePartial(sql, dead, stale, "Not mine, though longer."),
      () => insertTurnChange(sql, dead, stale, newChange(), point(0, "Not mine.")),
      () => insertLooseBlock(sql, dead, stale, loose, point(0, "Not mine.")),
      () => finish(dead, stale, { text: "Not mine.", notes: ["Not mine."] }),
      () => beginTurn(sql, dead, "default", OPEN_GATE),
    ]) {
      await expect(write()).rejects.toThrow(LeaseLost);
    }
    expect(await answerOf()).toEqual(["streaming: Mine."]);
    expect(await listThreadChanges(sql, threadId)).toEqual([]);
    expect(await listMessages(sql, threadId)).toHaveLength(2);
    expect(await listEvents(sql, threadId, 0)).toHaveLength(3);
  });

  it("hears that it is to stop, from whatever it asks next", async () => {
    await post();
    const own = await lease();
    const running = await begin(own);
    expect(await savePartial(sql, own, running, "a")).toEqual({ cancelRequested: false });
    await requestCancel(sql, (await findTurn(sql, running.turn.id))!);
    expect(await savePartial(sql, own, running, "ab")).toEqual({ cancelRequested: true });
    expect(await renew(sql, own, LONG)).toEqual({ held: true, cancelRequested: true });
    expect(await findTurn(sql, running.turn.id)).toMatchObject({ state: "running" });
    await release(sql, own, 0);
    expect((await begin(await lease())).turn.cancelRequested).toBe(true);
  });

  it("that is told to stop before it runs never does", async () => {
    const turnId = await post();
    await requestCancel(sql, (await findTurn(sql, turnId))!);
    expect(await findTurn(sql, turnId)).toMatchObject({ state: "cancelled" });
    const own = await lease();
    expect(await beginTurn(sql, own, "default", OPEN_GATE)).toBeNull();
    expect(await isReady()).toBe(false);
    expect(await post("Again.")).not.toBe(turnId);
    expect(await isReady()).toBe(true);
  });

  it("is never missed, whenever a message comes in while the one before ends", async () => {
    for (let round = 0; round < 10; round += 1) {
      const first = await post();
      const own = await lease();
      const running = await begin(own);
      expect(running.turn.id).toBe(first);
      const [{ more }, next] = await Promise.all([finish(own, running), post("Meanwhile.")]);
      const by = more ? own : await lease();
      const second = await begin(by);
      expect(second.turn.id).toBe(next);
      await finish(by, second);
    }
    const { length } = await listMessages(sql, threadId);
    expect(length).toBe(40);
  });
});
