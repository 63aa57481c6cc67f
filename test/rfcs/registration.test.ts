import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { UserError } from "../../src/errors.ts";
import type { ChangedFile, PullRequest } from "../../src/ports.ts";
import {
  chooseDocument,
  choosePullRequest,
  chooseSlug,
  chooseTitle,
} from "../../src/rfcs/registration.ts";
import { isSlug } from "../../src/store/database.ts";
import { pullWith } from "../support/pull-request.ts";

const file = (path: string, lines: number, more: Partial<ChangedFile> = {}): ChangedFile => ({
  path,
  previousPath: null,
  status: "modified",
  additions: lines,
  deletions: 0,
  patch: "",
  ...more,
});
const added = (path: string, lines: number): ChangedFile => file(path, lines, { status: "added" });
const refusal = (work: () => unknown): UserError => {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};
const choose = (...files: ChangedFile[]): string => chooseDocument(pullWith({ number: 12 }), files);

describe("the document of a pull request", () => {
  it("is its one Markdown file, whatever else it changes", () => {
    const files = [file("src/main.ts", 900), added("text/0001.md", 3), file("a.png", 0)];
    expect(choose(...files)).toBe("text/0001.md");
    expect(choose(file("docs/RFC.MARKDOWN", 1))).toBe("docs/RFC.MARKDOWN");
    expect(choose(file("new.md", 0, { status: "renamed", previousPath: "old.md" }))).toBe("new.md");
  });

  it("is the added one beside smaller edits of others", () => {
    expect(choose(file("README.md", 40), added("text/0001.md", 60))).toBe("text/0001.md");
    expect(choose(added("text/0001.md", 60), file("README.md", 1), file("index.md", 59))).toBe(
      "text/0001.md",
    );
  });

  it("is the one that is changed far more than the others", () => {
    expect(choose(file("a.md", 10), file("b.md", 30))).toBe("b.md");
    expect(choose(added("a.md", 10), added("b.md", 300))).toBe("b.md");
    const rewritten = file("b.md", 5, { deletions: 25 });
    expect(choose(file("a.md", 10), rewritten)).toBe("b.md");
    const renamed = file("a.md", 0, { status: "renamed" });
    expect(choose(renamed, file("b.md", 1))).toBe("b.md");
  });

  it.each([
    ["two that are edited alike", [file("a.md", 10), file("b.md", 29)]],
    ["two that are added", [added("a.md", 10), added("b.md", 12)]],
    ["an added one beside a larger edit", [file("README.md", 50), added("b.md", 40)]],
    ["two that are only renamed", [file("a.md", 0), file("b.md", 0)]],
  ])("is asked for where there are %s", (_, files) => {
    const error = refusal(() => choose(...files));
    expect(error.type).toBe("ambiguous");
    const names = files.map(({ path }) => path).join(", ");
    expect(error.message).toBe(
      `Pull request #12 changes several Markdown files; give the path of the one that is discussed: ${names}.`,
    );
  });

  it("is asked for with a list that has an end", () => {
    const many = Array.from({ length: 25 }, (_, n) => file(`${n}.md`, 1));
    expect(refusal(() => choose(...many)).message).toMatch(/: 0\.md, .*, 19\.md and 5 more\.$/);
  });

  it.each([
    ["none", []],
    ["no Markdown", [file("a.txt", 1), file("md", 1), file("a.md.bak", 1)]],
    ["one that is removed", [file("a.md", 9, { status: "removed" })]],
  ])("is missed where there is %s", (_, files) => {
    const error = refusal(() => choose(...files));
    expect(error.type).toBe("not-found");
    expect(error.message).toMatch(/^Pull request #12 changes no Markdown file; give the path/);
  });
});

describe("the pull request of a repository", () => {
  const pull = (number: number): PullRequest =>
    pullWith({ number, title: `Title ${number}`, url: `https://host/acme/rfcs/pull/${number}` });

  it("is the only one that is open", () => {
    expect(choosePullRequest("acme/rfcs", [pull(3)]).number).toBe(3);
  });

  it("is missed, or asked for, where there is none or more than one", () => {
    const none = refusal(() => choosePullRequest("acme/rfcs", []));
    expect(none.type).toBe("not-found");
    expect(none.message).toContain("acme/rfcs has no open pull request");
    const two = refusal(() => choosePullRequest("acme/rfcs", [pull(3), pull(2)]));
    expect(two.type).toBe("ambiguous");
    expect(two.message).toContain("https://host/acme/rfcs/pull/3 (Title 3), https://host");
    const many = Array.from({ length: 30 }, (_, n) => pull(n + 1));
    expect(refusal(() => choosePullRequest("acme/rfcs", many)).message).toMatch(/ and 10 more\.$/);
  });
});

describe("a title", () => {
  it.each([
    ["# Webhook retries\n\nText.", "Webhook retries"],
    ["\ufeff# Webhook retries\n", "Webhook retries"],
    ["---\nstatus: draft\n---\n\n# Webhook retries #\r\n", "Webhook retries"],
    ["---\nstatus: draft\n# a comment\n---\n# Webhook retries\n", "Webhook retries"],
    ["## Not this\n#nor this\n#\tWebhook  retries  ", "Webhook  retries"],
    ["```sh\n# install it\n```\n\n# Webhook retries\n", "Webhook retries"],
    ["Text alone.", "The pull request"],
    ["", "The pull request"],
    ["#  \n", "The pull request"],
  ])("of %j", (body, title) => {
    expect(chooseTitle(body, "The pull request")).toBe(title);
  });

  it("has at most 200 characters, and no half ones", () => {
    const title = chooseTitle(`# ${"x".repeat(199)}😀😀`, "");
    expect(title.length).toBeLessThanOrEqual(200);
    expect(title.isWellFormed()).toBe(true);
  });
});

describe("a slug", () => {
  it.each([
    ["text/0042-Webhook Retries.v2.md", "0042-webhook-retries-v2"],
    ["README.md", "readme"],
    ["提案.md", "rfc"],
    [".md", "rfc"],
    ["--x--.md", "x"],
  ])("of %s is %s", (path, slug) => {
    expect(chooseSlug(path, new Set())).toBe(slug);
  });

  it("is one that is free", () => {
    expect(chooseSlug("a/rfc.md", new Set(["rfc", "rfc-2"]))).toBe("rfc-3");
  });

  it("is one that the console takes, whatever the path", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.boolean(), (path, taken) => {
        const first = chooseSlug(path, new Set());
        expect(isSlug(taken ? chooseSlug(path, new Set([first])) : first)).toBe(true);
      }),
    );
  });
});
