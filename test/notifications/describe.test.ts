import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NotificationFacts } from "../../src/notifications/describe.ts";
import { describeNotification } from "../../src/notifications/describe.ts";
import type { NotificationKind } from "../../src/notifications/notification.ts";

const FACTS: Omit<NotificationFacts, "kind"> = {
  rfcTitle: "Webhook retries",
  threadTitle: null,
  by: "Ada",
  prNumber: null,
  changeNumber: 3,
  commitSha: null,
  concernNumber: 2,
  why: null,
  outcome: null,
};

const SENTENCES: [NotificationKind, Partial<NotificationFacts>, string][] = [
  [
    "chat_reply_to_my_message",
    {},
    "Ada wrote in a thread about “Webhook retries”, where you wrote before.",
  ],
  [
    "chat_message_in_participated_thread",
    { threadTitle: "Back-off", prNumber: 7 },
    "Ada wrote in “Back-off” about “Webhook retries” (pull request #7).",
  ],
  [
    "change_accepted",
    { commitSha: "0123456789" },
    "Ada accepted your change #3 to “Webhook retries” (commit 0123456).",
  ],
  [
    "change_accepted",
    { by: null, commitSha: "0123456789" },
    "Your change #3 to “Webhook retries” is in the document now (commit 0123456).",
  ],
  ["change_declined", {}, "Ada declined your change #3 to “Webhook retries”."],
  [
    "change_declined",
    { why: " Too\nlong " },
    "Ada declined your change #3 to “Webhook retries”: Too long.",
  ],
  ["change_declined", { why: "Why?" }, "Ada declined your change #3 to “Webhook retries”: Why?"],
  [
    "change_stale",
    {},
    "Your change #3 to “Webhook retries” is stale: its passage is no longer in the document.",
  ],
  [
    "change_conflicted",
    {},
    "Your change #3 to “Webhook retries” conflicts with a later edit; have it drafted again.",
  ],
  ["decision_requested", {}, "Change #3 to “Webhook retries” waits for a decision."],
  ["rfc_merged", { prNumber: 7 }, "Pull request #7 of “Webhook retries” was merged by Ada."],
  ["rfc_merged", { prNumber: 7, by: null }, "Pull request #7 of “Webhook retries” was merged."],
  [
    "rfc_closed",
    { prNumber: 7 },
    "Pull request #7 of “Webhook retries” was closed without being merged.",
  ],
  [
    "concern_passage_changed",
    {},
    "The passage of your concern #2 about “Webhook retries” reads otherwise now; say whether that settles it.",
  ],
  ["concern_settled", {}, "Ada resolved your concern #2 about “Webhook retries”."],
  ["merge_word_requested", {}, "Ada proposes to merge “Webhook retries” and asks for your word."],
  ["merge_settled", { outcome: "agreed" }, "It is agreed that “Webhook retries” is merged."],
  [
    "merge_settled",
    { outcome: "withdrawn" },
    "The proposal to merge “Webhook retries” was withdrawn.",
  ],
  [
    "merge_settled",
    { outcome: "ended" },
    "The proposal to merge “Webhook retries” ended without an agreement.",
  ],
];

describe("a notification", () => {
  it.each(SENTENCES)("%s %o", (kind, more, sentence) => {
    expect(describeNotification({ ...FACTS, kind, ...more })).toBe(sentence);
  });

  it("is one line with an end, whatever people call themselves and their texts", () => {
    const kinds = fc.constantFrom(...new Set(SENTENCES.map(([kind]) => kind)));
    const text = fc.string({ unit: "binary", maxLength: 400 });
    fc.assert(
      fc.property(
        kinds,
        text,
        text,
        fc.option(text),
        fc.option(text),
        (kind, title, by, why, thread) => {
          const facts = { ...FACTS, kind, rfcTitle: title, by, why, threadTitle: thread };
          const sentence = describeNotification(facts);
          expect(sentence).not.toMatch(/[\r\n]/);
          expect(sentence).toMatch(/[.!?…]$/);
        },
      ),
    );
  });
});
