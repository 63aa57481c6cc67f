import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { ThreadEvent } from "../../src/conversation/thread-event.ts";
import { ThreadFeed } from "../../src/conversation/thread-feed.ts";
import type { LiveMessage } from "../../src/ports.ts";

const TURN = "turn";
type TextMessage = Extract<LiveMessage, { type: "text" }>;
const text = (at: number, value: string, attempt = 1, turnId = TURN): TextMessage => ({
  type: "text",
  turnId,
  attempt,
  at,
  text: value,
});
const happened = (seq: number, event: ThreadEvent | null = { kind: "thread" }): LiveMessage => ({
  type: "event",
  seq,
  ...(event && { event }),
});
const feedOf = (...messages: LiveMessage[]): ThreadFeed => {
  const feed = new ThreadFeed();
  for (const message of messages) feed.receive(message);
  return feed;
};
const spanOf = (feed: ThreadFeed): [number, string] | null =>
  feed.text && [feed.text.start, feed.text.value];

describe("the running answer", () => {
  it("grows piece by piece", () => {
    expect(spanOf(feedOf(text(0, "ab"), text(2, "cd")))).toEqual([0, "abcd"]);
  });

  it("takes what comes twice, late or overlapping once", () => {
    const feed = feedOf(text(0, "ab"), text(2, "cd"), text(0, "ab"), text(1, "bcde"), text(3, "d"));
    expect(spanOf(feed)).toEqual([0, "abcde"]);
  });

  it("goes on behind a gap, until the rows meet what is known", () => {
    const feed = feedOf(text(0, "ab"), text(4, "ef"));
    expect(spanOf(feed)).toEqual([4, "ef"]);
    feed.join(TURN, 1, "abc");
    expect(spanOf(feed)).toEqual([4, "ef"]);
    feed.join(TURN, 2, "other");
    feed.join("next", 1, "other");
    expect(spanOf(feed)).toEqual([4, "ef"]);
    feed.join(TURN, 1, "abcde");
    expect(spanOf(feed)).toEqual([0, "abcdef"]);
    feed.join(TURN, 1, "abcdefgh");
    expect(spanOf(feed)).toEqual([0, "abcdef"]);
  });

  it("is handed out from where it is known, up to where it is wanted", () => {
    const feed = feedOf(text(2, "cdef"));
    expect(feed.slice(TURN, 1, 2, null)).toBe("cdef");
    expect(feed.slice(TURN, 1, 3, 5)).toBe("de");
    expect(feed.slice(TURN, 1, 6, null)).toBe("");
    expect(feed.slice(TURN, 1, 4, 3)).toBe("");
    expect(feed.slice(TURN, 1, 5, 99)).toBe("f");
    expect(feed.lengthOf(TURN, 1)).toBe(6);
  });

  it("is not known before its beginning, nor of another turn or attempt", () => {
    const feed = feedOf(text(2, "cdef"));
    expect(feed.slice(TURN, 1, 1, null)).toBeNull();
    expect(feed.slice(TURN, 2, 2, null)).toBeNull();
    expect(feed.slice("next", 1, 2, null)).toBeNull();
    expect(feed.lengthOf(TURN, 2)).toBeNull();
    expect(feed.lengthOf("next", 1)).toBeNull();
    expect(new ThreadFeed().slice(TURN, 1, 0, null)).toBeNull();
  });

  it("begins anew with a later attempt, and hears no more of an earlier one", () => {
    const feed = feedOf(text(0, "first"), text(0, "se", 2), text(5, " more"));
    expect(feed.text).toMatchObject({ attempt: 2, start: 0, value: "se" });
  });

  it("begins anew with another turn", () => {
    const feed = feedOf(text(0, "one", 3), text(0, "two", 1, "next"));
    expect(feed.text).toMatchObject({ turnId: "next", attempt: 1, value: "two" });
  });

  it("wakes who waits for news, once", async () => {
    const feed = new ThreadFeed();
    const news = feed.changed();
    feed.receive(text(0, "a"));
    await news;
    const more = feed.changed();
    feed.receive(happened(1));
    await more;
  });
});

describe("any order and loss of live texts", () => {
  /** Two turns of two attempts each, cut into deltas. */
  const attempts = fc
    .array(fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 4 }), { maxLength: 8 }), {
      minLength: 4,
      maxLength: 4,
    })
    .map((cut) =>
      cut.map((deltas, index) => ({
        turnId: index < 2 ? "one" : "two",
        attempt: (index % 2) + 1,
        deltas,
        answer: deltas.join(""),
      })),
    );
  const plan = attempts.chain((all) => {
    const live = all.flatMap(({ turnId, attempt, deltas }) => {
      let at = 0;
      return deltas.map((delta) => {
        const message = text(at, delta, attempt, turnId);
        at += delta.length;
        return message;
      });
    });
    const stored = fc.record({ of: fc.constantFrom(...all), length: fc.nat(32) });
    const step = live.length > 0 ? fc.oneof(fc.constantFrom(...live), stored) : stored;
    return fc.record({
      all: fc.constant(all),
      // In order with losses, or in any order with repetitions, and rows that are behind.
      steps: fc.oneof(fc.subarray(live), fc.array(step, { maxLength: 40 })),
      at: fc.nat(32),
      until: fc.option(fc.nat(32)),
    });
  });

  it("never lead to other words than the answer's own, and never back to an earlier attempt", () => {
    fc.assert(
      fc.property(plan, ({ all, steps, at, until }) => {
        const feed = new ThreadFeed();
        let before = feed.text;
        for (const step of steps) {
          if ("of" in step) {
            feed.join(step.of.turnId, step.of.attempt, step.of.answer.slice(0, step.length));
          } else feed.receive(step);
          for (const { turnId, attempt, answer } of all) {
            const piece = feed.slice(turnId, attempt, at, until) ?? "";
            expect(answer.slice(at, until ?? answer.length).slice(0, piece.length)).toBe(piece);
            expect(feed.lengthOf(turnId, attempt) ?? 0).toBeLessThanOrEqual(answer.length);
          }
          const now = feed.text;
          const isSame = before?.turnId === now?.turnId;
          expect((isSame && now?.attempt) || Infinity).toBeGreaterThanOrEqual(before?.attempt ?? 0);
          before = now && { ...now };
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("lead to the whole answer once the rows were read", () => {
    const deltas = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(deltas, fc.infiniteStream(fc.boolean()), (pieces, heard) => {
        const answer = pieces.join("");
        const feed = new ThreadFeed();
        let at = 0;
        for (const [index, piece] of pieces.entries()) {
          const isLast = index === pieces.length - 1;
          if (isLast || heard.next().value) feed.receive(text(at, piece));
          at += piece.length;
        }
        feed.join(TURN, 1, answer.slice(0, answer.length - pieces.at(-1)!.length));
        expect(feed.slice(TURN, 1, 0, null)).toBe(answer);
      }),
    );
  });
});

describe("events", () => {
  const seqs = (feed: ThreadFeed, after: number): number[] | null =>
    feed.eventsAfter(after)?.map((stored) => stored.seq) ?? null;

  it("are handed out where they came whole", () => {
    const feed = feedOf(happened(5), happened(6), happened(7));
    expect(feed.seq).toBe(7);
    expect(seqs(feed, 4)).toEqual([5, 6, 7]);
    expect(seqs(feed, 6)).toEqual([7]);
    expect(seqs(feed, 7)).toEqual([]);
  });

  it("are to be read where one is missing, came without its content, or was never heard of", () => {
    expect(seqs(feedOf(happened(5), happened(6)), 3)).toBeNull();
    expect(seqs(feedOf(happened(5), happened(7)), 4)).toBeNull();
    expect(seqs(feedOf(happened(5), happened(6, null)), 4)).toBeNull();
    const feed = feedOf(happened(5));
    feed.sawEvent(6);
    expect(seqs(feed, 4)).toBeNull();
    expect(seqs(new ThreadFeed(), 0)).toBeNull();
  });

  it("number upwards, whatever comes late", () => {
    const feed = feedOf(happened(5), happened(3), happened(5), happened(6));
    expect(feed.seq).toBe(6);
    expect(seqs(feed, 4)).toEqual([5, 6]);
  });

  it("are kept in bounds", () => {
    const feed = feedOf(...Array.from({ length: 1_000 }, (_, index) => happened(index + 1)));
    expect(seqs(feed, 0)).toBeNull();
    expect(seqs(feed, 990)).toHaveLength(10);
  });

  it("that are handed out are always just those that follow", () => {
    const order = fc.array(
      fc.record({ seq: fc.integer({ min: 1, max: 12 }), whole: fc.boolean() }),
    );
    fc.assert(
      fc.property(order, fc.nat(12), (messages, after) => {
        const feed = feedOf(
          ...messages.map(({ seq, whole }) => happened(seq, whole ? { kind: "thread" } : null)),
        );
        const given = seqs(feed, after);
        const due = Array.from({ length: Math.max(0, feed.seq - after) }, (_, i) => after + 1 + i);
        expect(given ?? due).toEqual(due);
      }),
      { numRuns: 2_000 },
    );
  });
});
