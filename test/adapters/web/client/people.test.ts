import { describe, expect, it } from "vitest";
import {
  concernPlaces,
  markFace,
} from "../../../../adapters/web/client/concerns/concern-places.ts";
import { inOrder, settledWords } from "../../../../adapters/web/client/concerns/concern-words.ts";
import { homeThread } from "../../../../adapters/web/client/concerns/home-thread.ts";
import { mergeWords } from "../../../../adapters/web/client/merges/merge-words.ts";
import { targetOf } from "../../../../adapters/web/client/notifications/notification-face.ts";
import { knownLevel } from "../../../../adapters/web/client/notifications/watching.ts";
import { findPeople } from "../../../../adapters/web/client/people/people-words.ts";
import { transcriptParts } from "../../../../adapters/web/client/record/record-words.ts";
import { parsePath } from "../../../../adapters/web/client/router.ts";
import type {
  ConcernJson,
  MergeProposalJson,
  PersonJson,
} from "../../../../adapters/web/views/people-view.ts";
import type { ThreadJson } from "../../../../adapters/web/views/thread-view.ts";
import { rfc } from "./records.ts";

const TIME = "2026-03-01T08:00:00.000Z";

function concern(fields: Partial<ConcernJson> = {}): ConcernJson {
  return {
    id: "c",
    rfc_slug: "plan",
    number: 1,
    branch_name: "main",
    thread_id: "t",
    author: "Ada",
    mine: false,
    text: "Too short.",
    state: "open",
    passage: null,
    anchor_text: null,
    anchor_blob_sha: null,
    anchor_stale_since: null,
    settled_by: null,
    settled_why: null,
    settled_at: null,
    created_at: TIME,
    ...fields,
  };
}

describe("where a notification leads", () => {
  const origin = "http://127.0.0.1:3000";
  it("is inside the console, by whatever name that is known", () => {
    const path = "/rfcs/plan/threads/t#message-1";
    for (const base of [origin, "https://redline.example", ""]) {
      expect(targetOf(base + path, origin)).toEqual({ inside: path });
    }
    expect(targetOf(`${origin}/people`, origin)).toEqual({ inside: "/people" });
  });
  it("is elsewhere for what is elsewhere, and nowhere for what is no address of a page", () => {
    for (const outside of [
      "https://github.com/acme/rfcs/pull/12",
      "https://acme.slack.com/archives/C1/p1",
      "https://elsewhere.example/people",
    ]) {
      expect(targetOf(outside, origin)).toEqual({ outside });
    }
    for (const url of ["javascript:alert(1)", "data:text/html,x", "http://"]) {
      expect(targetOf(url, origin)).toBeNull();
    }
  });
});

describe("addresses of pages about people", () => {
  it("name what they show", () => {
    expect(parsePath("/notifications")).toEqual({ page: "notifications" });
    expect(parsePath("/people")).toEqual({ page: "people" });
    expect(parsePath("/rfcs/plan/record")).toEqual({ page: "record", slug: "plan" });
    expect(parsePath("/rfcs/plan/people")).toEqual({ page: "rfc-people", slug: "plan" });
    expect(parsePath("/rfcs/plan/record/x")).toEqual({ page: "unknown" });
  });
});

describe("what is watched", () => {
  const thread = { thread_id: "t", title: null, watched: false, muted: true };
  const known = [
    { rfc_slug: "plan", rfc_title: "P", watched: true, muted: false, threads: [thread] },
  ];
  it("is known of an RFC and of each of its threads", () => {
    expect(knownLevel(known, "plan", null)).toBe("everything");
    expect(knownLevel(known, "plan", "t")).toBe("nothing");
    expect(knownLevel(known, "plan", "u")).toBe("mine");
    expect(knownLevel(known, "other", null)).toBe("mine");
  });
});

describe("concerns", () => {
  const body = "The cat sat.";
  const shown = rfc({ document: { body, head_sha: "h", blob_sha: "b" } });
  const at = { passage: { start: 4, end: 7 }, anchor_text: "cat" };
  const places = (...concerns: ConcernJson[]) =>
    concernPlaces({ ...shown, concerns }).map(({ letter, start }) => [letter, start]);

  it("stand where their passage is, as long as they are open and it reads so", () => {
    expect(places(concern(at))).toEqual([["!1", 4]]);
    expect(places(concern())).toEqual([]);
    expect(places(concern({ ...at, state: "resolved" }))).toEqual([]);
    expect(places(concern({ ...at, anchor_text: "dog" }))).toEqual([]);
    expect(places(concern({ ...at, anchor_stale_since: TIME }))).toEqual([]);
    expect(places(concern({ ...at, branch_name: "other" }))).toEqual([]);
  });

  it("say by their mark what they are, as threads do", () => {
    const [place] = concernPlaces({ ...shown, concerns: [concern({ ...at, number: 12 })] });
    expect(markFace(place!).words).toBe("Concern 12, Too short.: show it");
    expect(markFace({ ...place!, threadId: "t", letter: "A" }).words).toContain("Thread A");
  });

  it("come open ones first, and say what became of them", () => {
    const some = [concern({ number: 1, state: "withdrawn" }), concern({ number: 2 })];
    expect(inOrder(some).map(({ number }) => number)).toEqual([2, 1]);
    expect(settledWords(concern())).toBeNull();
    expect(settledWords(concern({ state: "resolved", settled_by: "Bob" }))).toBe("Resolved by Bob");
    expect(settledWords(some[0]!)).toBe("Withdrawn by Ada");
  });

  it("about the whole are said where most people are", () => {
    const thread = (id: string, fields: Partial<ThreadJson>) =>
      ({ id, state: "open", branch_name: "main", created_at: id, ...fields }) as ThreadJson;
    const home = (...threads: ThreadJson[]) => homeThread({ branch: "main", threads })?.id;
    const old = thread("1", { thread_kind: "discussion" });
    const newer = thread("2", { thread_kind: "discussion" });
    const review = thread("0", { thread_kind: "review" });
    expect(home(old, newer)).toBe("2");
    expect(home(old, review, newer)).toBe("0");
    expect(home(old, thread("3", { thread_kind: "discussion", state: "closed" }))).toBe("1");
    expect(home(thread("4", { thread_kind: "range" }))).toBeUndefined();
    expect(home(thread("5", { thread_kind: "review", branch_name: "other" }))).toBeUndefined();
  });
});

describe("a proposal to merge", () => {
  const merge = (fields: Partial<MergeProposalJson>): MergeProposalJson => ({
    id: "m",
    rfc_slug: "plan",
    branch_name: "main",
    pr_number: null,
    thread_id: "t",
    proposed_by: "Ada",
    state: "open",
    wait_days: 3,
    created_at: TIME,
    ends_at: TIME,
    settled_at: null,
    words: [],
    open_concerns: [],
    pending_changes: [4],
    ...fields,
  });
  const words = (fields: Partial<MergeProposalJson>, now = "2026-02-01T00:00:00Z") =>
    mergeWords(merge(fields), new Date(now));

  it("says what holds it: concerns and objections, not what is undecided", () => {
    expect(words({})).toBe("Nothing holds it so far.");
    expect(words({}, "2026-04-01T00:00:00Z")).toContain("time is over");
    const open_concerns = [{ number: 1, text: "x", author: "Ada" }];
    expect(words({ open_concerns })).toBe("Held by one open concern.");
    const word = { person_id: "p", name: "Bob", mine: false, said_at: TIME };
    const said = [
      { ...word, word: "object" as const },
      { ...word, word: "object" as const },
      { ...word, word: "agree" as const },
    ];
    expect(words({ open_concerns, words: said })).toBe(
      "Held by one open concern and 2 objections.",
    );
    expect(words({ state: "agreed", open_concerns })).toContain("Agreed");
  });
});

describe("people", () => {
  const person = (name: string, platform: string, account: string): PersonJson => ({
    id: name,
    name,
    bot: false,
    accounts: [{ platform, workspace: "Acme", name: account, connected: false, unreachable: null }],
    maintains: [],
    seen_at: null,
  });
  it("are found by their names, their accounts and where these are", () => {
    const people = [person("Ada", "slack", "lovelace"), person("Bob", "github", "bobby")];
    const found = (words: string) => findPeople(people, words).map(({ name }) => name);
    expect(found(" ADA ")).toEqual(["Ada"]);
    expect(found("lovel")).toEqual(["Ada"]);
    expect(found("GitHub")).toEqual(["Bob"]);
    expect(found("acme")).toEqual(["Ada", "Bob"]);
    expect(found("")).toHaveLength(2);
    expect(found("nobody")).toEqual([]);
  });
});

describe("a transcript in parts", () => {
  it("is cut before headings, and never inside of code", () => {
    const code = "```md\n# no heading\n\n~~~\n````";
    const text = `# One\n\nText.\n\n## Two\n\n${code}\n\n### Three`;
    expect(transcriptParts(text)).toEqual(["# One\n\nText.\n", `## Two\n\n${code}\n`, "### Three"]);
  });
  it("is cut at blank lines where it is long, and loses nothing", () => {
    const text = Array.from({ length: 400 }, (_, at) => `**Ada**, ${at}\n\n> A message.`).join(
      "\n\n",
    );
    const parts = transcriptParts(text);
    expect(parts.length).toBeGreaterThan(2);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(4000);
    expect(parts.join("\n")).toBe(text);
  });
});
