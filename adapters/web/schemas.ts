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

/** How far a person has read a thread: the number of its last message. */
export const readBody = body({ seq: offset });

const rightOrWrong = z.boolean({ error: "must be true or false" });

export const notificationsReadBody = body({
  ids: z.union([z.literal("all"), z.array(offset).max(1000, "must be at most 1,000")], {
    error: 'must be a list of ids, or "all"',
  }),
});

export const notificationSettingsBody = body({
  digest: z
    .enum(["hourly", "daily", "off"], { error: "must be one of hourly, daily, off" })
    .optional(),
  time_zone: z.union([text, z.null()], { error: "must be a time zone, or null" }).optional(),
  direct: rightOrWrong.optional(),
});

export const watchingBody = body({
  rfc_slug: filled,
  thread_id: text.nullish(),
  watched: rightOrWrong.optional(),
  muted: rightOrWrong.optional(),
});

export const newConcernBody = body({
  text,
  passage: z
    .object({ ...passage, blob_sha: filled }, { error: "must be {start, end, blob_sha}, or null" })
    .nullish(),
});

export const resolveBody = body({ why: text.nullish() });

export const mergeProposalBody = body({ wait_days: offset.nullish() });

export const mergeWordBody = body({
  word: z.enum(["agree", "object"], { error: "must be one of agree, object" }),
});

/** In the query of an address everything is text. */
const count = text.regex(/^\d{1,9}$/, "must be a whole number").transform(Number);
/** A filter that is left empty in a form is none. */
const choice = text.optional().transform((value) => value?.trim() || undefined);
/** A day (its beginning, UTC) or a moment. */
const time = choice.transform((value, context) => {
  if (value === undefined) return undefined;
  const date = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(value) ? new Date(value) : null;
  if (date !== null && !Number.isNaN(date.getTime())) return date;
  context.addIssue("must be a date such as 2026-03-01");
  return z.NEVER;
});

export const whyQuery = z.object({
  start: count,
  end: count,
  blob_sha: filled,
});

export const notificationsQuery = z.object({
  before: count.optional(),
  limit: count
    .refine((value) => value >= 1 && value <= 100, "must be between 1 and 100")
    .optional(),
});

export const searchQuery = z.object({
  q: text.default(""),
  kind: z
    .enum(["document", "message", "change"], {
      error: "must be one of document, message, change",
    })
    .optional(),
  rfc: choice,
  page: count.optional(),
});

export const historyQuery = z.object({
  state: z
    .enum(["decided", "accepted", "declined", "withdrawn", "pending", "stale"], {
      error: "must be one of decided, accepted, declined, withdrawn, pending, stale",
    })
    .optional(),
  person: choice,
  section: choice,
  q: choice,
  from: time,
  to: time,
  after: count.optional(),
  limit: count.optional(),
});

const hours = "must be a whole number from 1 to 168";

export const statisticsQuery = z.object({
  hours: z
    .string({ error: hours })
    .regex(/^\d{1,3}$/, hours)
    .transform(Number)
    .refine((value) => value >= 1 && value <= 168, hours)
    .default(24),
});
