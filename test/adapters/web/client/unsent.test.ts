import { describe, expect, it } from "vitest";
import { notArrived, type Unsent } from "../../../../adapters/web/client/state/unsent.ts";

const sending: Unsent = {
  key: "k",
  text: "Yes.",
  quote: null,
  state: "sending",
  problem: null,
  afterSeq: 3,
};
const message = (seq: number, fields = {}) => ({
  seq,
  role: "user" as const,
  text: "Yes.",
  quote: null,
  ...fields,
});

describe("a message on its way", () => {
  it("is not shown a second time once the thread has it", () => {
    expect(notArrived([sending], [message(3)])).toEqual([sending]);
    expect(notArrived([sending], [message(3), message(4)])).toEqual([]);
    const quoting = { ...sending, quote: "The cat" };
    expect(notArrived([quoting], [message(4)])).toEqual([quoting]);
    expect(notArrived([quoting], [message(4, { quote: "The cat" })])).toEqual([]);
    expect(notArrived([sending], [message(4, { role: "assistant" })])).toEqual([sending]);
    expect(notArrived([sending], [message(4, { text: "No." })])).toEqual([sending]);
  });

  it("is counted once where the same is said twice", () => {
    const again = { ...sending, key: "again" };
    expect(notArrived([sending, again], [message(4)])).toEqual([again]);
    expect(notArrived([sending, again], [message(4), message(5)])).toEqual([]);
  });

  it("stays while it has failed, whatever the thread holds", () => {
    const failed: Unsent = { ...sending, state: "failed", problem: "The server does not answer." };
    expect(notArrived([failed], [message(4)])).toEqual([failed]);
  });
});
