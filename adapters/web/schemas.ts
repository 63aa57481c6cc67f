/**
 * The shapes of request bodies. Only shapes: what a text may hold and how long it may be is the engine's
 * to say. A message completes the sentence "`field` …".
 */
import { z } from "zod";

const text = z.string({ error: "must be text" });
const filled = text.trim().min(1, "must not be empty");
const offset = z.int({ error: "must be a whole number" }).min(0, "must not be negative");

/** A body that is missing reads as an empty one. */
const body = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => value ?? {}, z.object(shape, { error: "must be a JSON object" }));

/** What is left out, or null, the engine finds by itself. */
const found = filled.nullish().transform((value) => value ?? undefined);

export const newRfcBody = body({
  repository: filled,
  slug: found,
  title: found,
  path: found,
  branch: found,
});

export const rfcPatchBody = body({
  suggestions: z.enum(["automatic", "on_request"], {
    error: "must be one of automatic, on_request",
  }),
});

const passage = { start: offset, end: offset };

const anchor = z.union(
  [
    z.object({ ...passage, blob_sha: text.optional() }),
    z.object({ text, before: text.optional(), after: text.optional() }),
  ],
  { error: "must be {text, before?, after?} or {start, end, blob_sha?}" },
);

export const newThreadBody = body({
  rfc_slug: filled,
  branch_name: filled,
  thread_kind: z.enum(["discussion", "range", "paragraph", "review"], {
    error: "must be one of discussion, range, paragraph, review",
  }),
  title: text.nullish(),
  anchor: anchor.nullish(),
});

export const threadPatchBody = body({
  model: z.union([text, z.null()], { error: "must be a model's id, or null for the default" }),
});

export const newMessageBody = body({
  text,
  quote: text.nullish(),
  model: text.nullish(),
});

export const newEditBody = body({
  original: text,
  proposed: text,
  reason: text.nullish(),
  after: text.nullish(),
  before: text.nullish(),
});

export const declineBody = body({ reason: text.nullish() });

export const placeBody = body({ ...passage, blob_sha: filled });
