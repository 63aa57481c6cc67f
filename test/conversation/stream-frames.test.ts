import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  eventFrames,
  formatPosition,
  parsePosition,
  textFrame,
} from "../../src/conversation/stream-frames.ts";
import type { ThreadEvent } from "../../src/conversation/thread-event.ts";
import { problem } from "../../src/errors.ts";

describe("the ids by which a stream is resumed", () => {
  it("round trip", () => {
    const position = fc.record({ seq: fc.nat(), offset: fc.nat(999_999_999) });
    fc.assert(
      fc.property(position, (given) => {
        expect(parsePosition(formatPosition(given))).toEqual(given);
      }),
    );
  });

  it.each([
    "",
    "1",
    "1.",
    ".1",
    "1.2.3",
    "-1.2",
    "1.-2",
    "1.2 ",
    " 1.2",
    "1.2\n",
    "1e3.0",
    "0x1.0",
    "١.٢",
    "1,2",
    "9999999999999999.0",
    "1.9999999999",
  ])("refuse %j", (id) => {
    expect(parsePosition(id)).toBeNull();
  });
});

describe("frames", () => {
  it("carry text as base64 of its UTF-8, and the position after it", () => {
    const frame = textFrame(7, "größer \u{1F600}\n\n", 12);
    expect(frame).toEqual({ id: "7.12", data: "Z3LDtsOfZXIg8J+YgAoK" });
    expect(Buffer.from(frame.data, "base64").toString("utf8")).toBe("größer \u{1F600}\n\n");
  });

  const end = {
    kind: "turn_end",
    turnId: "t",
    messageId: "m",
    state: "done",
    at: 5,
    changeIds: ["a", "b"],
    problem: null,
  } as const;

  it.each<[ThreadEvent, [string | undefined, object | string][]]>([
    [
      { kind: "message", messageId: "m", role: "system" },
      [["message", { message_id: "m", role: "system" }]],
    ],
    [
      { kind: "turn", turnId: "t", messageId: "m", attempt: 2 },
      [["turn", { turn_id: "t", message_id: "m", state: "running", attempt: 2 }]],
    ],
    [{ kind: "change", changeId: "c", turnId: "t", at: 3 }, [["change", { change_id: "c" }]]],
    [{ kind: "block", blockId: "b", turnId: "t", at: 3 }, [["block", { block_id: "b" }]]],
    [
      { ...end, changeIds: [...end.changeIds] },
      [
        ["changes", { message_id: "m", change_ids: ["a", "b"], count: 2 }],
        [undefined, "DONE"],
      ],
    ],
    [
      {
        ...end,
        state: "failed",
        changeIds: ["a"],
        problem: problem("model-failed", "The model is away."),
      },
      [
        [
          "error",
          {
            type: "urn:redline:problem:model-failed",
            title: "Model failed",
            status: 502,
            detail: "The model is away.",
          },
        ],
        [undefined, "DONE"],
      ],
    ],
    [{ kind: "change_state", changeId: "c" }, [["change_state", { change_id: "c" }]]],
    [{ kind: "document", headSha: "abc" }, [["document", { head_sha: "abc" }]]],
    [{ kind: "thread" }, [["thread", {}]]],
  ])("tell $kind", (event, expected) => {
    const frames = eventFrames(event).map(({ event: name, data }) => [
      name,
      data === "DONE" ? data : (JSON.parse(data) as object),
    ]);
    expect(frames).toEqual(expected);
  });
});

describe("an event of a newer release", () => {
  it("has no frames", () => {
    expect(eventFrames({ kind: "hologram", beam: 1 } as unknown as ThreadEvent)).toEqual([]);
  });
});
