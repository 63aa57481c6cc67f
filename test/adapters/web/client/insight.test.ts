import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bars, summary } from "../../../../adapters/web/client/home/activity-plot.tsx";
import {
  commitPath,
  historyPath,
  parsePath,
  searchPath,
} from "../../../../adapters/web/client/router.ts";
import { waitingInOrder } from "../../../../adapters/web/client/shortcuts/rfc-shortcuts.ts";
import { findShortcut } from "../../../../adapters/web/client/shortcuts/shortcuts.ts";
import { sentenceBounds } from "../../../../adapters/web/client/why/sentence.ts";
import { change } from "./records.ts";

const DAY = { day: "2026-03-01", messages: 0, proposed: 0, accepted: 0, declined: 0 };

describe("addresses", () => {
  const parse = (address: string) => {
    const [path = "", search = ""] = address.split("?");
    return parsePath(path, search);
  };

  it("of the history and the search keep their questions", () => {
    const history = parse(historyPath("a b", { q: "50 % & more", state: "" }));
    expect(history).toMatchObject({ page: "history", slug: "a b" });
    expect("query" in history && [...history.query]).toEqual([["q", "50 % & more"]]);
    const search = parse(searchPath({ q: "“x”", page: "2" }));
    expect("query" in search && search.query.get("q")).toBe("“x”");
    expect(historyPath("a")).toBe("/rfcs/a/history");
  });

  it("of commits hold their sha, and lead nowhere without one", () => {
    expect(parse(commitPath("a", "abc1234"))).toEqual({
      page: "commit",
      slug: "a",
      sha: "abc1234",
    });
    for (const path of ["/rfcs/a/commits", "/rfcs/a/threads", "/rfcs/a/history/x", "/rfcs/a/x"]) {
      expect(parsePath(path)).toEqual({ page: "unknown" });
    }
  });
});

describe("a day's bar", () => {
  it("is within the plot, its parts in one piece and all of them seen", () => {
    const count = fc.nat({ max: 300 });
    const day = fc.record({ messages: count, proposed: count, accepted: count, declined: count });
    fc.assert(
      fc.property(day, fc.nat(1000), (counts, more) => {
        const all = { ...DAY, ...counts };
        const sum = counts.messages + counts.proposed + counts.accepted + counts.declined;
        const drawn = bars(all, Math.max(1, sum + more), 43);
        expect(drawn).toHaveLength(Object.values(counts).filter((n) => n > 0).length);
        let from = 43;
        for (const { y, size } of drawn) {
          expect(size).toBeGreaterThanOrEqual(1.5);
          expect(y + size).toBeCloseTo(from);
          from = y;
        }
        expect(from).toBeGreaterThanOrEqual(-4);
      }),
    );
  });

  it("is told in words", () => {
    expect(summary([DAY])).toBe("nothing");
    expect(summary([{ ...DAY, messages: 2, declined: 1 }, DAY])).toMatch(/^2 messages, 1 declined/);
  });
});

describe("the sentence under a click", () => {
  it("runs over the line breaks of its source", () => {
    const text = "One. Two is\nlonger than\r\na line. Three.";
    for (const at of [text.indexOf("Two"), text.indexOf("than"), text.indexOf("line")]) {
      const { start, end } = sentenceBounds(text, at, false);
      expect(text.slice(start, end)).toBe("Two is\nlonger than\r\na line.");
    }
  });

  it.each([
    ["One is here. Two is there! Three?", 14, "Two is there!"],
    ["One is here. Two is there! Three?", 0, "One is here."],
    ["One is here. Two is there! Three?", 99, "Three?"],
    ["One is here.  ", 3, "One is here."],
    ["", 0, ""],
  ])("of %j at %i is %j", (text, at, sentence) => {
    const { start, end } = sentenceBounds(text, at, false);
    expect(text.slice(start, end)).toBe(sentence);
  });

  it("is the line in code", () => {
    const code = "let a = 1. 5;\nlet b;\n";
    expect(sentenceBounds(code, 3, true)).toEqual({ start: 0, end: 13 });
    expect(sentenceBounds(code, 14, true)).toEqual({ start: 14, end: 20 });
  });
});

describe("shortcuts", () => {
  it("go through what waits in the document's order, what has no place last", () => {
    const at = (start: number) => ({ passage: { start, end: start + 1 } });
    const changes = [
      change({ number: 1, ...at(50) }),
      change({ number: 2, passage: null }),
      change({ number: 3, ...at(5) }),
      change({ number: 4, ...at(1), state: "accepted" }),
      change({ number: 5, ...at(50) }),
    ];
    expect(waitingInOrder(changes).map(({ number }) => number)).toEqual([3, 1, 5, 2]);
  });

  it("mean the same with Shift or Caps Lock; the newest group wins", () => {
    const key = (name: string, words: string) => ({ key: name, words, run: () => {} });
    const groups = [
      { title: "All", shortcuts: [key("a", "old"), key("?", "help")] },
      { title: "Page", shortcuts: [key("a", "new")] },
    ];
    expect(findShortcut(groups, "A")?.words).toBe("new");
    expect(findShortcut(groups, "?")?.words).toBe("help");
    expect(findShortcut(groups, "Enter")).toBeNull();
  });
});
