import { describe, expect, it } from "vitest";
import { draftByHand } from "../../../../../adapters/web/client/conversation/draft-by-hand.ts";
import { canDraft } from "../../../../../adapters/web/client/conversation/models.ts";
import { redraftRequest } from "../../../../../adapters/web/client/conversation/redraft-request.ts";
import { sectionTitle } from "../../../../../adapters/web/client/conversation/section-title.ts";
import { change } from "../records.ts";

const BODY = "# Plan\n\nThe retry budget is 20 % of all calls.\n\nThe delay is one minute.\n";

describe("the message that asks for a new draft", () => {
  it("holds both texts whole, the reason, and what a conflict reads now", () => {
    const start = BODY.indexOf("20 %");
    const { text, quote } = redraftRequest(
      change({
        number: 7,
        drift: "conflict",
        original: "25 %",
        proposed: "10 %",
        reason: "Less load.",
        passage: { start, end: start + 4 },
      }),
      BODY,
    );
    expect(text).toMatch(/change #7 anew[^]*25 %[^]*10 %[^]*Its reason: Less load\./);
    expect(quote).toBe("20 %");
  });

  it("fences text that holds fences itself", () => {
    const proposed = "````\ncode\n````";
    const { text, quote } = redraftRequest(change({ proposed, drift: "stale" }), BODY);
    expect(text).toContain(`\`\`\`\`\`\n${proposed}\n\`\`\`\`\``);
    expect(quote).toBeNull();
  });

  it("says what was to be deleted or inserted, and where", () => {
    expect(redraftRequest(change({ proposed: "" }), BODY).text).toContain("delete that text");
    const insertion = change({ original: "", proposed: "More.", insert_after: "The delay" });
    expect(redraftRequest(insertion, BODY).text).toMatch(/insert:[^]*More\.[^]*after this text:/);
  });
});

describe("a draft by hand begins", () => {
  it("with what stands in the place of a conflict", () => {
    const start = BODY.indexOf("20 %");
    const place = { passage: { start, end: start + 4 }, slice: "25 %", replacement: "10 %" };
    expect(draftByHand(change({ drift: "conflict", ...place }), BODY)).toMatchObject({
      before: "20 %",
      proposed: "10 %",
    });
    // Otherwise with the change's own words, in whatever version these are.
    expect(draftByHand(change({ drift: "fresh", ...place }), BODY)?.before).toBe("25 %");
  });

  it("with the paragraph that is most alike, the proposal in place of what is left", () => {
    const gone = change({
      passage: null,
      drift: "stale",
      original: "retry budget is 50 % of",
      proposed: "budget for retries is 30 % of",
    });
    const draft = draftByHand(gone, BODY)!;
    expect(BODY.slice(draft.passage.start, draft.passage.end)).toBe(draft.before);
    expect(draft.before).toBe("The retry budget is 20 % of all calls.");
    expect(draft.proposed).toBe("The budget for retries is 30 % of all calls.");
  });

  it("with the text that an insertion hangs on", () => {
    const insertion = change({
      passage: null,
      original: "",
      proposed: " It doubles.",
      insert_after: "Its delay is one minute.",
    });
    expect(draftByHand(insertion, BODY)?.proposed).toBe("The delay is one minute. It doubles.");
  });

  it("nowhere, when nothing is like it", () => {
    const gone = change({ passage: null, original: "Nobody wrote anything alike." });
    expect(draftByHand(gone, BODY)).toBeNull();
    expect(draftByHand(change({ passage: null, original: "…" }), BODY)).toBeNull();
  });
});

it("knows the editor that drafts nothing", () => {
  const list = { models: [], default: "offline", problems: [] };
  expect(canDraft(list, null)).toBe(false);
  expect(canDraft(list, "writer")).toBe(true);
  expect(canDraft({ ...list, default: "writer" }, "offline")).toBe(false);
});

it("calls a section by its plain title", () => {
  expect(sectionTitle([])).toBeNull();
  expect(sectionTitle(["One", "The <b>rows</b> of `settings` and **more**"])).toBe(
    "The rows of settings and more",
  );
  expect(sectionTitle(["<!-- nothing -->"])).toBeNull();
});
