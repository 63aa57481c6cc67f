/** How a change's card looks and what can be done with it, from the change alone. Pure. */
import type { Change } from "../changes/change.ts";
import { DOUBT_WORDS } from "../changes/doubt-words.ts";
import type { Candidate, Doubt } from "../changes/placement.ts";
import { CONTEXT_LENGTH } from "../changes/placement.ts";
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
  /** What the document says at the place of a change that is in conflict. */
  present: string | null;
  url: string;
  commitUrl: string | null;
}

/** Most places that are offered; the rest are in the console. */
const MOST_CHOICES = 5;
const EXCERPT = 60;

export function buildCard(ref: string, subject: CardSubject): Card {
  const { change, present, url, commitUrl } = subject;
  const { placement } = change;
  const face = faceOf(subject);
  return {
    ref,
    number: change.number,
    section: sectionOf(change),
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
    present,
    replaces: null,
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
  // What surrounds one of several places would read as if it were the one.
  const hasContext = isPlaced && placement.candidates.length < 2;
  return [
    { kind: "same" as const, text: hasContext ? lead(placement.before) : "" },
    ...runs,
    { kind: "same" as const, text: hasContext ? tail(placement.after) : "" },
  ].filter(({ text }) => text !== "");
}

/** The rest of the line; where it was cut off, from a whole word on and with a mark. */
function lead(before: string): string {
  const line = before.split("\n").at(-1) ?? "";
  if (line.length < CONTEXT_LENGTH) return line;
  return `…${line.slice(line.search(/\s|$/u))}`;
}

function tail(after: string): string {
  const line = after.split("\n")[0] ?? "";
  return line.length < CONTEXT_LENGTH ? line : `${line.replace(/(?<!\S)\S+$/u, "")}…`;
}

/** Of several places what they have in common. */
function sectionOf({ placement: { section, candidates } }: Change): readonly string[] {
  if (candidates.length < 2) return section;
  const differs = section.findIndex((title, depth) =>
    candidates.some((place) => place.section[depth] !== title),
  );
  return differs < 0 ? section : section.slice(0, differs);
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
      return closed(
        "working",
        // Set while the host wants to be left alone.
        change.failure === null
          ? `${who(decidedBy)} accepted it; the commit is being made.`
          : oneLine(change.failure),
      );
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
      return withFailure(change, withConcern(pendingFace(change)));
  }
}

const who = (name: string | null): string => oneLine(name ?? "") || "Somebody";

/** Whatever else can be done about a change, something may be held against it. */
function withConcern(face: Face): Face {
  return { ...face, actions: [...face.actions, "concern"] };
}

function closed(tone: CardTone, status: string): Face {
  return { tone, status, actions: [] };
}

/** Why the last accept did not become a commit comes first. */
function withFailure({ failure }: Change, face: Face): Face {
  return failure === null
    ? face
    : { ...face, tone: "problem", status: `${oneLine(failure)} ${face.status}` };
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
        placement.candidates.length > 1 ? "place" : "confirm",
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
  return doubt === "several_places"
    ? `These words stand at ${count} places. Which one is meant?`
    : `${DOUBT_WORDS[doubt]} Is this the place?`;
}
