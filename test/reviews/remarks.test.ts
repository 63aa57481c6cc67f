import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { PullRequestComment } from "../../src/ports.ts";
import type { Remark, RemarkInput } from "../../src/reviews/remarks.ts";
import { commentKey, readRemarks } from "../../src/reviews/remarks.ts";
import type { HandledComment } from "../../src/store/pull-request-comments.ts";
import { commentOf, rowOf } from "./plan-support.ts";

const AT = new Date("2026-01-02T03:04:05Z");
const second = (n: number): Date => new Date(AT.getTime() + n * 1_000);
const MARKER = "<!-- redline:answer 6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10 -->";

const said = (body: string, more: Partial<PullRequestComment> = {}): PullRequestComment =>
  commentOf({
    id: "1",
    kind: "conversation",
    author: { id: "7", login: "ada" },
    isOwn: false,
    body,
    path: null,
    line: null,
    ...more,
  });
const handledAs = (
  comment: PullRequestComment,
  more: Partial<HandledComment> = {},
): [string, HandledComment] => {
  const commentId = commentKey(comment);
  const { updatedAt } = comment;
  return [commentId, { commentId, messageId: "m1", replyTo: null, updatedAt, ...more }];
};
const read = (comments: readonly PullRequestComment[], more: Partial<RemarkInput> = {}): Remark[] =>
  readRemarks({
    comments,
    isWhole: true,
    handled: new Map(),
    suggestions: [],
    names: ["redline", "acme-redline"],
    since: AT,
    joinedAt: null,
    document: null,
    ...more,
  });
/** The message that a comment becomes; null when it speaks to somebody else. */
const messageOf = (
  body: string,
  more: Partial<PullRequestComment> = {},
  given: Partial<RemarkInput> = {},
): { text: string; quote: string | null } | null => {
  const [remark, ...others] = read([said(body, more)], given);
  expect(others).toEqual([]);
  if (remark === undefined) return null;
  if (remark.kind !== "message") throw new Error(`it became ${remark.kind}`);
  return { text: remark.text, quote: remark.quote };
};

describe("a comment speaks to Redline", () => {
  it.each([
    ["@redline why?", "why?"],
    ["@Redline, why?", "why?"],
    ["@redline: why?", "why?"],
    ["@acme-redline why?", "why?"],
    ["@acme-redline[bot] why?", "why?"],
    ["  @redline\nwhy?", "why?"],
    ["Could @redline say why?", "Could @redline say why?"],
    ["(@redline) why?", "(@redline) why?"],
    ["**@redline** why?", "**@redline** why?"],
    ["為什麼？@redline", "為什麼？@redline"],
    ["Ask @redline.", "Ask @redline."],
    ["@redline", "@redline"],
    ["@ada @redline why?", "@ada @redline why?"],
    ["```\ncode\n```\n@redline why?", "```\ncode\n```\n@redline why?"],
    ["`code` @redline", "`code` @redline"],
    ["a ` tick, @redline, and\n\nanother `", "a ` tick, @redline, and\n\nanother `"],
    ["<!-- hidden --> @redline why?", "<!-- hidden --> @redline why?"],
    ["`<!--` @redline why?", "`<!--` @redline why?"],
    ["@redline why?\r\n\r\nTell us.", "why?\n\nTell us."],
  ])("with %j", (body, text) => {
    expect(messageOf(body)).toEqual({ text, quote: null });
  });

  it.each([
    ["", "no mention at all"],
    ["redline, why?", "no at sign"],
    ["ada@redline.example", "an e-mail address"],
    ["ada+tag@redline", "an address"],
    ["a.b-@redline", "an address"],
    ["https://example.org/@redline", "a path"],
    ["@redlines why?", "a longer name"],
    ["@redline-team why?", "another account"],
    ["@redline_2 why?", "another name"],
    ["@not-redline why?", "another account"],
    ["@acme/redline why?", "a team"],
    ["@redline/maintainers why?", "a team"],
    ["`@redline`", "code"],
    ["``@redline``", "code"],
    ["`` ` @redline ``", "code with a tick in it"],
    ["`code\n@redline over lines`", "code over lines"],
    ["```\n@redline\n```", "a fence"],
    ["~~~\n@redline\n~~~", "a fence"],
    ["````\n```\n@redline\n```\n````", "a fence in a fence"],
    ["~~~\n```\n~~~\n```\n@redline\n```", "the second of two fences"],
    ["```\n@redline is in an open fence", "a fence that nobody closed"],
    ["> @redline why?\n\nWhat ada said.", "a quote"],
    ["  > > @redline", "a quote in a quote"],
    ["<!-- @redline -->", "a hidden note"],
    ["<!--\n@redline", "a hidden note that nobody closed"],
  ])("and not with %j: %s", (body) => {
    expect(messageOf(body)).toBeNull();
  });

  it("and takes what it quotes first as the quote", () => {
    expect(messageOf("> one\n> two\n\n@redline why?")).toEqual({ text: "why?", quote: "one\ntwo" });
    expect(messageOf("\n> one\n>\n>  two\n@redline why?\n> three")).toEqual({
      text: "why?\n> three",
      quote: "one\n\n two",
    });
    expect(messageOf("> one\n\n@redline")).toEqual({ text: "@redline", quote: "one" });
    expect(messageOf("@redline look\n\n> one")).toEqual({ text: "look\n\n> one", quote: null });
  });

  it("and is about the lines that it stands on", () => {
    const document = { path: "rfc.md", text: "one\r\ntwo\r\nthree\r\n\r\n" };
    const at = (more: Partial<PullRequestComment>): string | null =>
      messageOf("@redline why?", { kind: "line", path: "rfc.md", ...more }, { document })!.quote;
    expect(at({ line: 2 })).toBe("two");
    expect(at({ startLine: 1, line: 2 })).toBe("one\ntwo");
    expect(at({ line: 4 })).toBeNull();
    expect(at({ line: null })).toBeNull();
    expect(at({ line: 2, path: "other.md" })).toBeNull();
    expect(at({ line: 9 })).toBeNull();
    const quoted = messageOf("> this\n\n@redline why?", { kind: "line", line: 2 }, { document });
    expect(quoted!.quote).toBe("this");
  });

  it("never as a program, or as Redline itself", () => {
    expect(messageOf("@redline hello", { author: { id: "1", login: "other[bot]" } })).toBeNull();
    expect(messageOf(`@redline hello\n\n${MARKER}`, { isOwn: true })).toBeNull();
  });

  it("as the person whose token Redline uses, too", () => {
    expect(messageOf("@redline hello", { isOwn: true })).not.toBeNull();
    // Anybody can write a marker; it means nothing from others.
    expect(messageOf(`@redline hello\n\n${MARKER}`)).not.toBeNull();
  });

  it("from the moment on that the document is known", () => {
    expect(messageOf("@redline hello", { createdAt: second(-1) })).toBeNull();
    expect(messageOf("@redline hello", { createdAt: AT })).not.toBeNull();
    const edited = { createdAt: second(-1), updatedAt: second(5) };
    expect(messageOf("@redline hello", edited)).toBeNull();
  });

  it("once, as soon as an edit makes it do so", () => {
    const comment = said("@redline why?", { updatedAt: second(5) });
    expect(read([comment])).toMatchObject([{ kind: "message" }]);
    expect(read([comment], { handled: new Map([handledAs(comment)]) })).toEqual([]);
  });

  it("whatever is in code, quotes or addresses around it", () => {
    const hidden = fc.constantFrom(
      ...["`@redline`", "```\n@redline\n```", "> @redline\n", "a@redline.org", "@redline-x"],
      ...["<!-- @redline -->", "~~~\n@redline\n~~~", "@redline/team", "``@redline ` ``"],
    );
    const parts = fc.array(hidden, { maxLength: 5 }).map((list) => list.join("\n\n"));
    fc.assert(
      fc.property(parts, parts, (before, after) => {
        expect(messageOf(`${before}\n\n${after}`)).toBeNull();
        expect(messageOf(`${before}\n\nso @redline, why?\n\n${after}`)).not.toBeNull();
      }),
    );
  });

  it("is found out quickly, however long and odd the comment", () => {
    for (const odd of ["`", "``` ", "<!--", "> ", "@redlin", "`a``b", "@", " \t"]) {
      expect(messageOf(odd.repeat(65_536 / odd.length))).toBeNull();
    }
    const runs = Array.from({ length: 350 }, (_, n) => "`".repeat(n + 1)).join(" ");
    expect(messageOf(runs)).toBeNull();
  });
});

describe("where the conversation is held in chat, too", () => {
  it("is kept what people say to each other, and not what another Redline shows", () => {
    const comment = said("Two would do.");
    const shown = said(`**bob** (Slack):\n\nTwo would do.\n\n${MARKER}`, { id: "2" });
    expect(read([comment, shown], { joinedAt: AT })).toEqual([
      { kind: "said", comment, text: "Two would do.", quote: null },
    ]);
  });
});

describe("an answer to a suggestion", () => {
  const suggestions = [rowOf({ changeId: "c1", commentId: "50" })];
  const reply = said("Not so sure.", { id: "51", kind: "line", inReplyTo: "50" });

  it("is told where the change is discussed, once", () => {
    expect(read([reply], { suggestions })).toEqual([
      { kind: "reply", comment: reply, changeId: "c1" },
    ]);
    const handled = new Map([handledAs(reply, { messageId: null })]);
    expect(read([reply], { suggestions, handled })).toEqual([]);
    const edited = { ...reply, updatedAt: second(9) };
    expect(read([edited], { suggestions, handled })).toEqual([]);
  });

  it("is none below another comment, or below the pull request", () => {
    expect(read([{ ...reply, inReplyTo: "49" }], { suggestions })).toEqual([]);
    expect(read([{ ...reply, inReplyTo: null }], { suggestions })).toEqual([]);
    const conversation = [rowOf({ changeId: "c1", commentId: "50", form: "conversation" })];
    expect(read([reply], { suggestions: conversation })).toEqual([]);
    const unsent = [rowOf({ commentId: null, state: "posting" })];
    expect(read([{ ...reply, inReplyTo: null }], { suggestions: unsent })).toEqual([]);
  });

  it("is a message of the conversation when it speaks to Redline", () => {
    const asks = { ...reply, body: "@redline why?" };
    const { changeId } = suggestions[0]!;
    expect(read([asks], { suggestions })).toMatchObject([
      { kind: "message", text: "why?", changeId },
    ]);
    // Told once: an edit that makes it a question is no second reply.
    const told = new Map([handledAs(asks, { messageId: null, updatedAt: second(-1) })]);
    expect(read([asks], { suggestions, handled: told })).toMatchObject([
      { kind: "message", changeId: null },
    ]);
    expect(read([reply], { suggestions, handled: told })).toEqual([]);
  });

  it("is not one of Redline's own", () => {
    const body = `Hello.\n\n${MARKER}`;
    expect(read([{ ...reply, body, isOwn: true }], { suggestions })).toEqual([]);
  });
});

describe("a comment that became a message", () => {
  it("is followed when it is edited", () => {
    const comment = said("@redline why not?", { updatedAt: second(2) });
    const handled = new Map([handledAs(comment, { updatedAt: second(1) })]);
    expect(read([comment], { handled })).toEqual([
      { kind: "edited", comment, messageId: "m1", text: "why not?" },
    ]);
    const silent = { ...comment, body: "Never mind." };
    expect(read([silent], { handled })).toMatchObject([{ kind: "edited", text: "Never mind." }]);
    expect(read([{ ...comment, updatedAt: second(1) }], { handled })).toEqual([]);
  });

  it("is followed when it is deleted, if all comments are there", () => {
    const comment = said("@redline why?");
    const handled = new Map([
      handledAs(comment),
      handledAs({ ...comment, id: "2" }, { messageId: "m2" }),
      handledAs({ ...comment, id: "3" }, { messageId: null }),
    ]);
    const gone = [{ kind: "deleted", commentId: "conversation:2", messageId: "m2" }];
    expect(read([comment], { handled })).toEqual(gone);
    expect(read([comment], { handled, isWhole: false })).toEqual([]);
  });

  it("is told from a comment of the other kind with the same number", () => {
    const comment = said("@redline why?");
    const review = { ...comment, kind: "line" as const };
    expect(commentKey(review)).not.toBe(commentKey(comment));
    expect(commentKey(review)).toBe(commentKey({ ...review, kind: "file" }));
    expect(read([review], { handled: new Map([handledAs(comment)]) })).toMatchObject([
      { kind: "message", comment: review },
      { kind: "deleted" },
    ]);
  });
});

it("remarks come in the order in which they were written", () => {
  const first = said("@redline one", { id: "8" });
  const next = said("@redline two", { id: "3", kind: "line" });
  expect(read([first, next])).toMatchObject([{ text: "one" }, { text: "two" }]);
});
