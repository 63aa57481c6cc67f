import { describe, expect, it } from "vitest";
import { changeFace } from "../../../../adapters/web/client/conversation/change-face.ts";
import {
  suggestionFace,
  webAddress,
  whyReadOnly,
} from "../../../../adapters/web/client/reviews/pull-request.ts";
import { change, rfc } from "./records.ts";

const URL = "https://github.com/acme/rfcs/pull/12#discussion_r1";
const PULL = {
  number: 12,
  title: "Retries",
  url: "https://github.com/acme/rfcs/pull/12",
  state: "open" as const,
  read_only: null,
  problem: null,
};
const automatic = rfc({ pull_request: PULL, suggestions: "automatic" });
const onRequest = rfc({ pull_request: PULL, suggestions: "on_request" });
const shown = (state: "posting" | "live" | "closed" | "removed", form = "suggestion" as const) =>
  change({ suggestion: { state, form, url: URL } });

describe("a change on GitHub", () => {
  it("leads to its comment while that stands there", () => {
    expect(suggestionFace(shown("live"), automatic)).toEqual({
      words: "Suggestion on GitHub",
      url: URL,
      canPost: false,
    });
    const diff = change({ suggestion: { state: "live", form: "file", url: URL } });
    expect(suggestionFace(diff, onRequest).words).toBe("Shown on GitHub as a diff");
    expect(suggestionFace(shown("posting"), onRequest)).toMatchObject({
      url: null,
      canPost: false,
    });
    expect(suggestionFace(shown("closed"), automatic)).toMatchObject({ words: null, url: null });
  });

  it("can be posted where nothing posts it by itself", () => {
    const canPost = (...args: Parameters<typeof suggestionFace>) => suggestionFace(...args).canPost;
    expect(canPost(change(), automatic)).toBe(false);
    expect(canPost(change(), onRequest)).toBe(true);
    expect(canPost(shown("closed"), onRequest)).toBe(true);
    expect(canPost(shown("removed"), automatic)).toBe(true);
    expect(canPost(change({ state: "accepted" }), onRequest)).toBe(false);
    expect(canPost(change({ certainty: "ask" }), onRequest)).toBe(false);
    expect(canPost(change({ drift: "stale" }), onRequest)).toBe(false);
    expect(canPost(change({ branch_name: "other" }), onRequest)).toBe(false);
    const merged = rfc({ pull_request: { ...PULL, state: "merged" }, suggestions: "on_request" });
    expect(canPost(shown("removed"), merged)).toBe(false);
    expect(canPost(change(), rfc())).toBe(false);
  });

  it("leads to web pages only", () => {
    expect(webAddress("javascript:alert(1)")).toBeNull();
    expect(webAddress(null)).toBeNull();
    expect(webAddress(URL)).toBe(URL);
  });
});

describe("a branch that Redline cannot commit to", () => {
  const readOnly = rfc({ pull_request: { ...PULL, read_only: "A fork: suggestions only." } });

  it("is told with its reason, for its own changes", () => {
    expect(whyReadOnly(readOnly)).toBe("A fork: suggestions only.");
    expect(whyReadOnly(readOnly, "other")).toBeNull();
    expect(whyReadOnly(automatic)).toBeNull();
    expect(whyReadOnly(rfc())).toBeNull();
  });

  it("lets nobody accept, and leaves the rest", () => {
    const face = changeFace(change(), true, false);
    expect(face.actions).toEqual(["edit", "decline"]);
    expect(face.note).toMatch(/suggestion only/);
    const moved = change({ drift: "moved" });
    expect(changeFace(moved, true, false)).toEqual(changeFace(moved));
  });
});
