/** A change in every state that a card can show. */
import { placed, type NewChange } from "./document-page.ts";

export const STATES_BODY = `# Plan

The cat sat on the mat, and the dog lay on the rug.

The retry budget is 20 %, the delay is one minute.

One two three four five.
`;

export interface ChangeInState {
  name: string;
  change: NewChange;
  label: string;
  actions: string[];
}

const at = (slice: string, replacement: string, fields: Parameters<typeof placed>[3]) =>
  placed(STATES_BODY, slice, replacement, fields);

/** Their numbers follow their order, from 1. */
export const STATES: ChangeInState[] = [
  {
    name: "pending",
    change: { original: "The cat", proposed: "A cat", reason: "Any cat." },
    label: "Pending",
    actions: ["Accept", "Edit", "Decline"],
  },
  {
    name: "stale",
    change: {
      original: "gone",
      proposed: "new",
      drift: "stale",
      placement: at("gone", "new", { status: "stale" }),
    },
    label: "Stale",
    actions: ["Choose in the document", "Draft again", "Decline"],
  },
  {
    name: "in conflict",
    change: {
      original: "25 %",
      proposed: "10 %",
      drift: "conflict",
      placement: at("20 %", "10 %", { status: "conflict", slice: "25 %" }),
    },
    label: "Conflict",
    actions: ["Side by side", "Write it yourself", "Draft again", "Decline"],
  },
  {
    name: "merged",
    change: {
      original: "one minute",
      proposed: "two minutes",
      drift: "rebased",
      placement: at("one minute", "two minutes", { certainty: "ask" }),
    },
    label: "Merged",
    actions: ["Confirm", "Edit", "Decline"],
  },
  {
    name: "moved",
    change: {
      original: "One two",
      proposed: "Two",
      drift: "moved",
      placement: at("One two", "Two", { certainty: "ask" }),
    },
    label: "Moved",
    actions: ["Confirm", "Choose in the document", "Decline"],
  },
  {
    name: "not located",
    change: { original: "nowhere", proposed: "x" },
    label: "Not located",
    actions: ["Choose in the document", "Draft again", "Decline"],
  },
  {
    name: "ambiguous",
    change: { original: "the", proposed: "this" },
    label: "Where?",
    actions: ["Choose in the document", "Decline"],
  },
  {
    name: "already applied",
    change: { original: "three", proposed: "drei", state: "accepted", commitSha: "a".repeat(40) },
    label: "Already applied",
    actions: [],
  },
  {
    name: "declined",
    change: { original: "four", proposed: "vier", state: "declined" },
    label: "Declined",
    actions: [],
  },
  {
    name: "being committed",
    change: { original: "five", proposed: "fünf", state: "accepting" },
    label: "Committing…",
    actions: [],
  },
  {
    name: "pending beside another one",
    change: {
      original: "the dog lay on",
      proposed: "an owl sat in",
      kind: "manual",
      author: "Kim",
    },
    label: "Pending",
    actions: ["Accept", "Edit", "Decline"],
  },
];
