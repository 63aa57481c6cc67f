import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBatch, WaitingMessages } from "../../jobs/relay-batch.ts";
import type { LiveMessage } from "../../src/ports.ts";

const text = (at: number, value: string, turnId = "turn", attempt = 1): LiveMessage => ({
  type: "text",
  turnId,
  attempt,
  at,
  text: value,
});

function takeAll(waiting: WaitingMessages): [string, LiveMessage][] {
  const messages: [string, LiveMessage][] = [];
  while (!waiting.isEmpty) messages.push(...waiting.take().messages);
  return messages;
}

describe("WaitingMessages", () => {
  test("joins text that continues the text before it in its topic, across other topics", () => {
    const waiting = new WaitingMessages();
    waiting.add("a", text(0, "one "));
    waiting.add("b", text(0, "eins "));
    waiting.add("a", text(4, "two"));
    waiting.add("b", text(5, "zwei"));
    expect(waiting.take().messages).toEqual([
      ["a", text(0, "one two")],
      ["b", text(0, "eins zwei")],
    ]);
  });

  test.each([
    ["another turn", text(3, "two", "other")],
    ["another attempt", text(3, "two", "turn", 2)],
    ["a gap", text(4, "two")],
    ["a repetition", text(0, "one")],
  ])("does not join %s", (_, next) => {
    const waiting = new WaitingMessages();
    waiting.add("a", text(0, "one"));
    waiting.add("a", next);
    expect(waiting.take().messages).toEqual([
      ["a", text(0, "one")],
      ["a", next],
    ]);
  });

  test("does not join across an event", () => {
    const waiting = new WaitingMessages();
    const event: LiveMessage = { type: "event", seq: 1 };
    waiting.add("a", text(0, "one"));
    waiting.add("a", event);
    waiting.add("a", text(3, "two"));
    expect(waiting.take().messages.map(([, message]) => message)).toEqual([
      text(0, "one"),
      event,
      text(3, "two"),
    ]);
  });

  test("sends much text in parts, and keeps no more than is worth it", () => {
    const waiting = new WaitingMessages();
    const part = "x".repeat(50_000);
    waiting.add("a", text(0, part));
    waiting.add("a", text(50_000, part));
    expect(waiting.take().messages).toHaveLength(1);
    expect(waiting.take().messages).toHaveLength(1);
    expect(waiting.isEmpty).toBe(true);

    for (let i = 0; i < 21; i += 1) waiting.add("a", text(i * 50_000, part));
    expect(takeAll(waiting)).toEqual([]);
    for (let seq = 0; seq < 6_000; seq += 1) waiting.add("a", { type: "event", seq });
    expect(takeAll(waiting).length).toBeLessThan(6_000);
    waiting.add("a", text(0, "x".repeat(70_000)));
    expect(waiting.isEmpty).toBe(true);
    waiting.add("a", text(0, "again"));
    expect(takeAll(waiting)).toEqual([["a", text(0, "again")]]);
  });

  test("no batch is larger than the relay takes", () => {
    const waiting = new WaitingMessages();
    for (let i = 0; i < 300; i += 1) {
      waiting.add(
        `thread.${i}`.padEnd(43, "0"),
        text(i, "\u0001".repeat(i * 10), "turn".padEnd(36, "0")),
      );
      waiting.add("control", { type: "event", seq: Number.MAX_SAFE_INTEGER });
    }
    while (!waiting.isEmpty) {
      expect(Buffer.byteLength(JSON.stringify(waiting.take()))).toBeLessThan(512 * 1024);
    }
  });

  test("whatever the batches, each topic's text and events arrive whole and in order", () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(fc.constantFrom("a", "b"), fc.string({ unit: "binary", maxLength: 8 })),
      },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom("a", "b"), fc.constant(null)) },
      { weight: 1, arbitrary: fc.constant("take" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const waiting = new WaitingMessages();
        const sent: [string, LiveMessage][] = [];
        const expected: Record<string, string> = { a: "", b: "" };
        const length: Record<string, number> = { a: 0, b: 0 };
        for (const one of steps) {
          if (one === "take") {
            sent.push(...readBatch(JSON.parse(JSON.stringify(waiting.take()))));
            continue;
          }
          const [topic, value] = one;
          if (value === null) waiting.add(topic, { type: "event", seq: 1 });
          else waiting.add(topic, text(length[topic]!, value));
          length[topic]! += value?.length ?? 0;
          expected[topic] += value ?? "|";
        }
        sent.push(...takeAll(waiting));
        const got: Record<string, string> = { a: "", b: "" };
        for (const [topic, message] of sent) {
          got[topic] += message.type === "text" ? message.text : "|";
        }
        expect(got).toEqual(expected);
      }),
    );
  });
});

describe("readBatch", () => {
  test("leaves out what a newer release says, and keeps the rest", () => {
    const known: LiveMessage[] = [text(0, "one"), { type: "cancel", turnId: "turn" }];
    const messages = [
      ["a", known[0]],
      ["a", { type: "hologram", turnId: "turn" }],
      ["a", { ...known[1], since: 5 }],
      ["a", known[0], { urgent: true }],
      "a",
    ];
    expect(readBatch({ v: 1, messages, from: "node" })).toEqual(known.map((one) => ["a", one]));
  });

  test.each([[{ v: 2, messages: [["a", text(0, "one")]] }], [{ v: 1 }], [null], ["text"]])(
    "takes nothing from %j",
    (data) => {
      expect(readBatch(data)).toEqual([]);
    },
  );
});
