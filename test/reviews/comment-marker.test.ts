import { describe, expect, test } from "vitest";
import { formatMarker, parseMarker } from "../../src/reviews/comment-marker.ts";
import type { Marker } from "../../src/reviews/comment-marker.ts";

const id = "7f3a1c9e-0000-4000-8000-00000000000a";

describe("a comment's marker", () => {
  test.each<Marker>([
    { kind: "change", changeId: id, revision: 12 },
    { kind: "answer", messageId: id },
    { kind: "summary", key: "merged-7_a.b" },
  ])("is read back: $kind", (marker) => {
    const text = formatMarker(marker);
    expect(parseMarker(text)).toEqual(marker);
    expect(parseMarker(`Words.\r\n\r\n${text}\r\n \n`)).toEqual(marker);
  });

  test("is written as documented", () => {
    expect(formatMarker({ kind: "change", changeId: id, revision: 1 })).toBe(
      `<!-- redline:change ${id} 1 -->`,
    );
  });

  test("counts only as the whole of the last line", () => {
    const text = formatMarker({ kind: "answer", messageId: id });
    for (const body of [
      `${text}\nmore`,
      `more ${text}`,
      `> ${text}`,
      `${text} .`,
      `\`${text}\``,
      "",
    ]) {
      expect(parseMarker(body), body).toBeNull();
    }
  });

  test("has to be whole", () => {
    for (const inner of [
      `change ${id}`,
      "change 1 1",
      `change ${id} -1`,
      `answer ${id} 1`,
      "answer x",
      "summary a--b",
      "summary a b",
      "other x",
    ]) {
      expect(parseMarker(`<!-- redline:${inner} -->`), inner).toBeNull();
    }
  });

  test("is not written so that it could not be read", () => {
    for (const marker of [
      { kind: "change", changeId: "x", revision: 1 },
      { kind: "change", changeId: id, revision: 0.5 },
      { kind: "summary", key: "a -->" },
      { kind: "summary", key: "" },
    ] satisfies Marker[]) {
      expect(() => formatMarker(marker)).toThrow(RangeError);
    }
  });
});
