import { describe, expect, it } from "vitest";
import { blockWords } from "../../../../adapters/web/client/conversation/block-words.ts";
import {
  certaintyWords,
  changeFace,
  unshownWords,
  warningSentences,
} from "../../../../adapters/web/client/conversation/change-face.ts";
import { overlapSentences } from "../../../../adapters/web/client/conversation/overlaps.ts";
import { excerpt, threadTitle } from "../../../../adapters/web/client/conversation/thread-title.ts";
import {
  fieldProblems,
  problemField,
  repositoryAddress,
  repositoryKind,
} from "../../../../adapters/web/client/home/repository.ts";
import { parsePath, rfcPath } from "../../../../adapters/web/client/router.ts";
import { shortTime } from "../../../../adapters/web/client/ui/time.tsx";
import type { UserError } from "../../../../src/errors.ts";
import { chooseDocument, choosePullRequest } from "../../../../src/rfcs/registration.ts";
import { pullWith } from "../../../support/pull-request.ts";
import { block, change, thread } from "./records.ts";

describe("a change's card", () => {
  it("has a face and a way on for every state", () => {
    const face = (fields: Parameters<typeof change>[0]) => changeFace(change(fields));
    expect(face({})).toMatchObject({
      label: "Pending",
      note: null,
      actions: ["accept", "edit", "decline"],
    });
    const actions = (fields: Parameters<typeof change>[0]): string =>
      face(fields).actions.join(" ");
    expect(actions({ certainty: "none" })).toBe("place redraft decline");
    expect(actions({ drift: "rebased", certainty: "ask" })).toBe("confirm edit decline");
    expect(actions({ drift: "moved", certainty: "ask" })).toBe("confirm place decline");
    expect(actions({ drift: "conflict" })).toBe("compare edit redraft decline");
    expect(actions({ drift: "stale" })).toBe("place redraft decline");
    for (const state of ["accepting", "accepted", "declined", "withdrawn"] as const) {
      expect(face({ state, drift: "stale" }).actions).toEqual([]);
    }
    expect(face({ state: "accepted" }).label).toBe("Accepted");
    expect(changeFace(change({ state: "accepted" }), false).label).toBe("Already applied");
  });

  it("says how surely it is located", () => {
    expect(certaintyWords(change({}))).toBe("found exactly");
    expect(certaintyWords(change({ certainty: "high" }))).toMatch(/differences/);
    expect(certaintyWords(change({ certainty: "ask" }))).toBeNull();
    expect(certaintyWords(change({ drift: "moved" }))).toBeNull();
    expect(certaintyWords(change({ state: "accepted" }))).toBeNull();
  });

  it("asks for the place in words, and says when not all places are listed", () => {
    const place = { start: 0, end: 3, slice: "old", line: 1, section: [], replacement: "new" };
    const askAt = (count: number, candidates: (typeof place)[]) =>
      changeFace(
        change({
          certainty: "ask",
          doubts: ["several_places"],
          candidates,
          candidate_count: count,
        }),
      );
    const two = askAt(2, [place, place]);
    expect(two.note).toMatch(/^These words stand at 2 places\. Choose below/);
    expect(two.actions).toEqual(["choose", "place", "decline"]);
    expect(askAt(40, [place, place]).note).toContain("at 40 places; the first 2 are listed");
  });

  it("says in plain words what has happened, and the way on for each button", () => {
    const faces = [
      change({ drift: "stale" }),
      change({ drift: "conflict" }),
      change({ drift: "rebased", certainty: "ask" }),
      change({ drift: "moved", certainty: "ask" }),
      change({ certainty: "none" }),
      ...(["inside_word", "layout", "short", "already_there", "blank", "capped"] as const).map(
        (doubt) => change({ certainty: "ask", doubts: [doubt] }),
      ),
    ].map((one) => changeFace(one));
    const WAYS = {
      choose: /choose/i,
      place: /show|choose/i,
      redraft: /drafted again/,
      confirm: /confirm/i,
    };
    for (const { note, actions } of faces) {
      for (const action of actions) {
        if (action in WAYS) expect(note).toMatch(WAYS[action as keyof typeof WAYS]);
      }
      expect(note).not.toMatch(/locat|drift|rebas|anchor|hunk|head|tip/i);
    }
    expect(faces[1]!.note).toContain("Somebody else changed the same words");
  });

  it("tells conflicts from what has no sure place", () => {
    const conflict = change({ drift: "conflict" });
    const stale = change({ drift: "stale" });
    expect(unshownWords([conflict, stale, stale])).toBe("1 in conflict, 2 without a sure place");
    expect(unshownWords([conflict])).toBe("1 in conflict");
    expect(unshownWords([stale])).toBe("1 without a sure place");
  });

  it("says each warning once, and only those that ask for a look", () => {
    expect(warningSentences(["literal_close_tag", "literal_open_tag", "stray_text"])).toHaveLength(
      1,
    );
  });

  it("tells what it overlaps with", () => {
    const first = change({ number: 1, passage: { start: 0, end: 5 } });
    const second = change({ number: 2, passage: { start: 3, end: 8 } });
    const apart = change({ number: 3, passage: { start: 9, end: 12 } });
    const all = [first, second, apart];
    expect(overlapSentences(first, all)).toEqual([expect.stringContaining("as #2:")]);
    expect(overlapSentences(apart, all)).toEqual([]);
    expect(overlapSentences(first, [first, { ...second, state: "declined" }])).toEqual([]);
  });
});

describe("blocks that are no changes", () => {
  it("say why", () => {
    expect(blockWords(block({ kind: "malformed", code: "missing_proposed" })).note).toMatch(
      /become/,
    );
    expect(blockWords(block({ kind: "malformed", code: "duplicate_original" })).note).toContain(
      "its original text twice",
    );
    expect(blockWords(block({ kind: "malformed", code: "something_new" })).note).not.toBe("");
  });
});

describe("threads", () => {
  it("are called by their title, else by what they are about", () => {
    expect(threadTitle(thread({ title: "Limits" }))).toBe("Limits");
    expect(threadTitle(thread())).toBe("On the whole document");
  });

  it("are excerpted at a word", () => {
    expect(excerpt("One two three four", 10)).toBe("One two…");
    expect(excerpt("First line\nsecond", 40)).toBe("First line");
    expect(excerpt("x".repeat(20), 10)).toBe(`${"x".repeat(10)}…`);
  });
});

describe("the form for an RFC", () => {
  it("takes a folder's path, an address or owner/name", () => {
    expect(repositoryAddress("/home/me/repo/")).toBe("file:///home/me/repo");
    expect(repositoryAddress(' "/home/me/my repo" ')).toBe("file:///home/me/my%20repo");
    expect(repositoryAddress("C:\\docs\\repo")).toBe("file:///C:/docs/repo");
    expect(repositoryAddress("file:///srv/docs/")).toBe("file:///srv/docs");
    expect(repositoryAddress("owner/name")).toBe("owner/name");
  });

  it("takes what is copied from GitHub's pages", () => {
    expect(repositoryAddress("https://github.com/acme/rfcs.git")).toBe("acme/rfcs");
    expect(repositoryAddress("github.com/acme/rfcs/")).toBe("acme/rfcs");
    expect(repositoryAddress("github.com/acme/rfcs/pull/12/files")).toBe(
      "https://github.com/acme/rfcs/pull/12/files",
    );
    expect(repositoryAddress("https://git.example/acme/rfcs")).toBe(
      "https://git.example/acme/rfcs",
    );
  });

  it.each([
    ["/home/me/repo", "folder"],
    ["C:\\docs", "folder"],
    ["acme/rfcs", "hosted"],
    ["https://github.com/acme/rfcs", "hosted"],
    ["https://github.com/acme/rfcs/pull/12#discussion_r1", "pull-request"],
    ["http://127.0.0.1:4000/acme/rfcs/pull/1", "pull-request"],
    ["https://git.example/api/v3/repos/acme/rfcs/pulls/7", "pull-request"],
    ["https://git.example/acme/rfcs", null],
    ["rfcs", null],
    ["", null],
  ])("knows what %s is", (typed, kind) => {
    expect(repositoryKind(typed)).toBe(kind);
  });

  it("asks for path and branch only of a folder", () => {
    const missing = (repository: string, more = {}) =>
      Object.keys(
        fieldProblems({ repository, path: "", branch: "", title: "", slug: "", ...more }),
      ).sort();
    expect(missing("/r")).toEqual(["branch", "path"]);
    expect(missing("/r", { path: "a.md", branch: "main" })).toEqual([]);
    expect(missing("acme/rfcs")).toEqual([]);
    expect(missing("https://github.com/acme/rfcs/pull/12")).toEqual([]);
    expect(missing("")).toEqual(["repository"]);
    expect(missing("repo", { path: "/a.md", slug: "A b" })).toEqual(["path", "repository", "slug"]);
  });

  it("puts a refusal beside its field", () => {
    expect(problemField("repository-unavailable", "There is no repository.")).toBe("repository");
    expect(problemField("repository-unavailable", "The branch x does not exist.")).toBe("branch");
    expect(problemField("document-unreadable", "It is not UTF-8.")).toBe("path");
    expect(problemField("already-exists", "There is an RFC with the slug a.")).toBe("slug");
    expect(problemField("already-exists", "This document is discussed already.")).toBeNull();
    expect(problemField("invalid-request", "`title` must not be empty.")).toBe("title");
    expect(problemField("internal", "Something failed.")).toBeNull();
  });

  it("puts what the engine asks for beside the field that answers it", () => {
    const at = { number: 1, url: "https://github.com/a/b/pull/1", title: "One" };
    const pull = pullWith(at);
    const file = (path: string) => ({ path, status: "modified", additions: 1, deletions: 0 });
    const asked = [
      () => chooseDocument(pull, []),
      () => chooseDocument(pull, [file("a.md"), file("b.md")] as never),
      () => choosePullRequest("a/b", []),
      () => choosePullRequest("a/b", [pull, pullWith({ number: 2 })]),
    ].map((ask) => {
      try {
        ask();
      } catch (error) {
        const { type, message } = error as UserError;
        return problemField(type, message);
      }
      throw new Error("nothing was asked");
    });
    expect(asked).toEqual(["path", "path", "path", "repository"]);
  });
});

describe("addresses", () => {
  it("are read as they are written", () => {
    expect(parsePath("/")).toEqual({ page: "home" });
    expect(parsePath(rfcPath("a b"))).toEqual({ page: "rfc", slug: "a b", threadId: null });
    expect(parsePath(rfcPath("a", "t/1"))).toEqual({ page: "rfc", slug: "a", threadId: "t/1" });
    expect(parsePath("/nothing/here")).toEqual({ page: "unknown" });
    expect(parsePath("/rfcs/%E0%A4")).toEqual({ page: "unknown" });
  });
});

it("tells today's times without the day", () => {
  const now = new Date(2026, 2, 2, 12, 0);
  expect(shortTime(new Date(2026, 2, 2, 9, 5), now)).not.toMatch(/2026|Mar/);
  expect(shortTime(new Date(2026, 1, 2, 9, 5), now)).toMatch(/2/);
  expect(shortTime(new Date(2025, 1, 2, 9, 5), now)).toMatch(/2025/);
});
