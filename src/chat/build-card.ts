/** How a change's card looks and what can be done with it, from the change alone. Pure. */
import type { Change } from "../changes/change.ts";
import type { Candidate, Doubt } from "../changes/placement.ts";
import type { ChosenPlace } from "../engine.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import { diffWords } from "../rendering/word-diff.ts";
import type { Card, CardAction, CardTone, RedlineRun } from "./card.ts";

/** A change, and what a card says beyond it. */
export interface CardSubject {
  change: Change;
  /** Who decided; null where the document came to read so by itself, or nobody has. */
  decidedBy: string | null;
  declineReason: string | null;
  url: string;
  commitUrl: string | null;
}

/** Most places that are offered; the rest are in the console. */
const MOST_CHOICES = 5;
const EXCERPT = 60;

export function buildCard(ref: string, subject: CardSubject): Card {
  const { change, url, commitUrl } = subject;
  const { placement } = change;
  const face = faceOf(subject);
  return {
    ref,
    number: change.number,
    section: placement.section,
    redline: redlineOf(change),
    original: change.original,
    proposed: change.proposed,
    reason: change.reason,
    author: change.author,
    ...face,
    certainty: certaintyWords(change),
    choices: face.actions.includes("place")
      ? placement.candidates.slice(0, MOST_CHOICES).map(choice)
      : [],
    url,
    commit: change.commitSha === null ? null : { sha: change.commitSha, url: commitUrl },
  };
}

/** The places that the card's buttons choose from, in the version that they were shown in. */
export function choicesOf({ placement, baseBlobSha }: Change): ChosenPlace[] {
  const places =
    placement.candidates.length > 0
      ? placement.candidates.slice(0, MOST_CHOICES)
      : placement.passage
        ? [placement.passage]
        : [];
  return places.map(({ start, end }) => ({ start, end, blobSha: baseBlobSha }));
}

function choice({ line, section, slice }: Candidate): Card["choices"][number] {
  const title = section.at(-1);
  return {
    label: `Line ${line}${title ? `, § ${oneLine(title)}` : ""}`,
    excerpt: excerptLine(slice, EXCERPT),
  };
}

/** The edit with what surrounds it on its lines. */
function redlineOf({ original, proposed, placement }: Change): RedlineRun[] {
  const isPlaced = placement.passage !== null && placement.status !== "stale";
  const [before, after] =
    isPlaced && placement.status !== "conflict"
      ? [placement.slice, placement.replacement]
      : [original, proposed];
  const runs: RedlineRun[] = diffWords(before, after).map(({ kind, text }) => ({
    kind: kind === "equal" ? "same" : kind === "removed" ? "deleted" : "inserted",
    text,
  }));
  const lead = isPlaced ? (placement.before.split("\n").at(-1) ?? "") : "";
  const tail = isPlaced ? (placement.after.split("\n")[0] ?? "") : "";
  return [
    { kind: "same" as const, text: lead },
    ...runs,
    { kind: "same" as const, text: tail },
  ].filter(({ text }) => text !== "");
}

interface Face {
  tone: CardTone;
  status: string;
  actions: CardAction[];
}

function faceOf(subject: CardSubject): Face {
  const { change, decidedBy, declineReason } = subject;
  switch (change.state) {
    case "accepting":
      return closed("working", `${who(decidedBy)} accepted it; the commit is being made.`);
    case "accepted":
      return closed(
        "good",
        decidedBy === null ? "The document reads so already." : `Accepted by ${who(decidedBy)}.`,
      );
    case "declined": {
      const why = declineReason ? `: ${oneLine(declineReason)}` : ".";
      return closed("closed", `Declined by ${who(decidedBy)}${why}`);
    }
    case "withdrawn":
      return closed("closed", "Withdrawn.");
    case "pending":
      return withFailure(change, pendingFace(change));
  }
}

const who = (name: string | null): string => oneLine(name ?? "") || "Somebody";

function closed(tone: CardTone, status: string): Face {
  return { tone, status, actions: [] };
}

/** Why the last accept did not become a commit comes first. */
function withFailure({ failure }: Change, face: Face): Face {
  return failure === null
    ? face
    : { ...face, tone: "problem", status: `Not committed: ${oneLine(failure)} ${face.status}` };
}

function pendingFace(change: Change): Face {
  switch (change.drift) {
    case "stale":
      return {
        tone: "problem",
        status:
          "Stale: the passage that it edits is no longer in the document. It comes back by itself if the passage does.",
        actions: ["decline"],
      };
    case "conflict":
      return {
        tone: "problem",
        status:
          "Conflict: somebody has changed the same words since. Ask for a new draft here, or edit it yourself.",
        actions: ["edit", "decline"],
      };
    case "rebased":
      return asks(
        "The passage was edited since; this is both edits together. Is it right?",
        "confirm",
        "edit",
      );
    case "moved":
      return change.placement.candidates.length > 1
        ? asks("The passage now stands elsewhere. Which place is meant?", "place")
        : asks("The passage now stands elsewhere. Is this the place?", "confirm");
    case "fresh":
      return freshFace(change);
  }
}

function asks(status: string, ...actions: CardAction[]): Face {
  return { tone: "asks", status, actions: [...actions, "decline"] };
}

function freshFace({ placement }: Change): Face {
  switch (placement.certainty) {
    case "ask":
      return asks(
        doubtSentence(placement.doubts[0] ?? "capped", placement.candidateCount),
        "place",
      );
    case "none":
      return {
        tone: "problem",
        status:
          "Not located: the passage that it edits was not found. Show the place in the console, or ask for a new draft here.",
        actions: ["decline"],
      };
    case "certain":
    case "high":
      return { tone: "open", status: "Pending.", actions: ["accept", "decline", "edit"] };
  }
}

function certaintyWords({ state, drift, placement }: Change): string | null {
  if (state !== "pending" || drift !== "fresh" || placement.certainty !== "high") return null;
  return "found with small differences";
}

function doubtSentence(doubt: Doubt, count: number): string {
  switch (doubt) {
    case "several_places":
      return `The text stands at ${count} places. Which one is meant?`;
    case "inside_word":
      return "The text stands only inside longer words. Is this the place?";
    case "layout":
      return "Indentation or lines differ from the document. Is this the place?";
    case "short":
    case "approximate":
      return "The text is only similar to what the document says. Is this the place?";
    case "already_there":
      return "The document may already read so. Is this the place?";
    case "blank":
      return "It is about white space alone. Is this the place?";
    case "moved":
    case "rebased":
    case "capped":
      return "It is not certain where this belongs. Is this the place?";
  }
}
