import { describe, expect, it } from "vitest";
import { coalesce } from "../../../../adapters/web/client/state/coalesce.ts";
import { reconnectDelay } from "../../../../adapters/web/client/state/event-stream.ts";
import {
  afterTurnEvent,
  afterView,
  decodeText,
  liveFromView,
  shownText,
} from "../../../../adapters/web/client/state/live-answer.ts";
import { mergeChanges } from "../../../../adapters/web/client/state/rfc-session.ts";
import { answerParts, buildTimeline } from "../../../../adapters/web/client/state/timeline.ts";
import {
  loadUnsent,
  saveUnsent,
  type Unsent,
} from "../../../../adapters/web/client/state/unsent.ts";
import { isAhead } from "../../../../adapters/web/client/state/versions.ts";
import type { RfcDetailJson } from "../../../../adapters/web/views/rfc-view.ts";
import { block, change, message, turn, view } from "./records.ts";

describe("a change that tells of a newer document", () => {
  const document = { body: "old text", head_sha: "tip", blob_sha: "blob" };
  const shown = [change({ number: 1 }), change({ number: 2, passage: null })];
  const ahead = (fields: Parameters<typeof change>[0], text: typeof document | null = document) =>
    isAhead(change(fields), { document: text, changes: shown } as RfcDetailJson);

  it("waits for that document, where it is shown in the old one", () => {
    expect(ahead({ base_blob_sha: "next" })).toBe(true);
    expect(ahead({ state: "accepting", base_blob_sha: "next" })).toBe(true);
    expect(ahead({ state: "accepted" })).toBe(true);
  });

  it("is taken at once where nothing would vanish", () => {
    expect(ahead({})).toBe(false);
    expect(ahead({ state: "declined", base_blob_sha: "next" })).toBe(false);
    expect(ahead({ number: 2, base_blob_sha: "next" })).toBe(false);
    expect(ahead({ number: 3, base_blob_sha: "next" })).toBe(false);
    expect(ahead({ base_blob_sha: "next" }, null)).toBe(false);
  });
});

describe("the running answer", () => {
  const running = { turn_id: "turn", message_id: "answer", state: "running", attempt: 1 };
  const live = { turnId: "turn", messageId: "answer", attempt: 1, text: "So far" };

  it("goes on from what a view holds", () => {
    const seen = view({
      turns: [turn({ state: "running" })],
      messages: [message({ text: "So far", status: "streaming" })],
    });
    expect(liveFromView(seen)).toEqual(live);
    expect(liveFromView(view({ turns: [turn()], messages: [message()] }))).toBeNull();
  });

  it("begins with a turn, begins anew with a higher attempt, and stays for the same one", () => {
    expect(afterTurnEvent(null, running)).toEqual({ ...live, text: "" });
    expect(afterTurnEvent(live, running)).toBe(live);
    expect(afterTurnEvent(live, { ...running, attempt: 2 })).toEqual({
      ...live,
      attempt: 2,
      text: "",
    });
    expect(afterTurnEvent(live, { ...running, turn_id: "next", message_id: "m" })).toMatchObject({
      turnId: "next",
      text: "",
    });
  });

  it("is over once a view says so", () => {
    expect(afterView(live, view({ turns: [turn({ state: "running" })] }))).toBe(live);
    expect(afterView(live, view({ turns: [turn({ state: "failed" })] }))).toBeNull();
  });

  it("shows the longer of stored and streamed text, and never an older attempt's", () => {
    const stored = message({ text: "So far and on" });
    expect(shownText(stored, 1, live)).toBe("So far and on");
    expect(shownText(message({ text: "So" }), 1, live)).toBe("So far");
    expect(shownText(stored, 1, { ...live, attempt: 2, text: "A" })).toBe("A");
    expect(shownText(message({ id: "other", text: "x" }), 1, live)).toBe("x");
  });

  it("reads text as base64 of UTF-8", () => {
    expect(decodeText(Buffer.from("Grüße 🐈").toString("base64"))).toBe("Grüße 🐈");
  });
});

describe("the timeline", () => {
  it("has messages by number, changes by hand between them, and turns that wait", () => {
    const items = buildTimeline(
      view({
        messages: [
          message({ id: "b", seq: 2, created_at: "2026-03-02T10:00:00Z" }),
          message({ id: "a", seq: 1, role: "user", created_at: "2026-03-02T09:00:00Z" }),
        ],
        changes: [change({ source_message_id: null, created_at: "2026-03-02T09:30:00Z" })],
        turns: [turn(), turn({ id: "next", state: "queued" })],
      }),
    );
    expect(items.map((item) => `${item.kind} ${item.key}`)).toEqual([
      "message a",
      "change change-1",
      "answer b",
      "waiting next",
    ]);
  });

  it("offers a turn that failed without an answer again, until that was done", () => {
    const failed = turn({ state: "failed", error: "No." });
    expect(buildTimeline(view({ turns: [failed] }))).toMatchObject([{ kind: "failure" }]);
    const retried = turn({ id: "again", retry_of: failed.id, state: "queued" });
    expect(buildTimeline(view({ turns: [failed, retried] }))).toMatchObject([{ kind: "waiting" }]);
  });

  it("cuts an answer where its changes closed, also before all of its text is here", () => {
    const kinds = (text: string): string[] =>
      answerParts(
        text,
        [change({ number: 2, text_offset: 4 }), change({ number: 1, text_offset: 4 })],
        [block({ text_offset: 2 }), block({ id: "gone", state: "promoted" })],
      ).map((part) => (part.kind === "text" ? part.text : part.key));
    expect(kinds("aabbcc")).toEqual(["aa", "block", "bb", "change-1", "change-2", "cc"]);
    expect(kinds("aab")).toEqual(["aa", "block", "b", "change-1", "change-2"]);
    expect(kinds("")).toEqual(["block", "change-1", "change-2"]);
  });
});

describe("changes that are merged", () => {
  it("replace what is known, in the order of their numbers", () => {
    const known = [change({ number: 2 })];
    const merged = mergeChanges(known, [
      change({ number: 1 }),
      change({ number: 2, state: "accepted" }),
    ]);
    expect(merged.map((one) => [one.number, one.state])).toEqual([
      [1, "pending"],
      [2, "accepted"],
    ]);
  });

  it("leave the list as it is when nothing is new", () => {
    const known = [change()];
    expect(mergeChanges(known, [change()])).toBe(known);
  });
});

describe("messages that did not arrive", () => {
  const shelf = (): Pick<Storage, "getItem" | "setItem" | "removeItem"> & {
    kept: Map<string, string>;
  } => {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  };
  const unsent: Unsent = { key: "k", text: "Hi", quote: null, state: "sending", problem: null };

  it("are kept with their key, and offered again after a reload", () => {
    const storage = shelf();
    saveUnsent(storage, "t", [unsent]);
    expect(loadUnsent(storage, "t")).toMatchObject([
      { key: "k", text: "Hi", state: "failed", problem: expect.any(String) },
    ]);
    expect(loadUnsent(storage, "other")).toEqual([]);
    saveUnsent(storage, "t", []);
    expect(storage.kept.size).toBe(0);
  });

  it("wait for their thread", () => {
    const storage = shelf();
    saveUnsent(storage, "t", [{ ...unsent, state: "waiting" }]);
    expect(loadUnsent(storage, "t")).toMatchObject([{ state: "waiting" }]);
  });

  it("do not break the page when what is stored is not ours", () => {
    const storage = shelf();
    storage.kept.set("redline.unsent.t", "{");
    expect(loadUnsent(storage, "t")).toEqual([]);
  });
});

describe("refreshing", () => {
  it("runs once at a time, and once more for calls in between", async () => {
    const finish: (() => void)[] = [];
    let begun = 0;
    const refresh = coalesce(() => {
      begun += 1;
      return new Promise<void>((resolve) => finish.push(resolve));
    });
    const first = refresh();
    const second = refresh();
    const third = refresh();
    expect(begun).toBe(1);
    expect(second).toBe(third);
    finish[0]!();
    await first;
    await Promise.resolve();
    finish[1]?.();
    await second;
    expect(begun).toBe(2);
  });

  it("goes on after a failure", async () => {
    let begun = 0;
    const refresh = coalesce(() => {
      begun += 1;
      return begun === 1 ? Promise.reject(new Error("gone")) : Promise.resolve();
    });
    const first = refresh();
    const second = refresh();
    await expect(first).rejects.toThrow("gone");
    await second;
    expect(begun).toBe(2);
  });

  it("comes back sooner at first, and never later than ten seconds or so", () => {
    expect(reconnectDelay(0, 0.5)).toBe(400);
    expect(reconnectDelay(1, 0.5)).toBe(800);
    expect(reconnectDelay(30, 0.999)).toBeLessThanOrEqual(12_500);
    expect(reconnectDelay(3, 0)).toBeLessThan(reconnectDelay(3, 0.9));
  });
});
