/** What a message may be made of, for every route that sends or edits one. */
import type { FieldError } from "./api-error.ts";
import { ApiError, emptyMessage, invalidForm, tooLong } from "./api-error.ts";
import type { Call, Upload } from "./call.ts";
import { componentErrors } from "./components.ts";
import { readAllowed } from "./mentions.ts";
import type { Allowed } from "./mentions.ts";
import type { Attachment, Json, Message } from "./model.ts";
import { FLAGS, has } from "./model.ts";
import type { World } from "./world.ts";

const CONTENT = 2_000;
const EMBEDS = 6_000;
const MOST_FILES = 10;
const FILE = 10 * 1024 * 1024;

/** Flags that a sender may set. */
const SETTABLE =
  FLAGS.suppressEmbeds | FLAGS.ephemeral | FLAGS.suppressNotifications | FLAGS.componentsV2;

export interface Draft {
  content: string;
  embeds: Json[];
  components: Json[];
  attachments: Attachment[];
  flags: number;
  allowed: Allowed;
}

/** A new message. @throws ApiError 50035, 50006 */
export function readDraft(call: Pick<Call, "world" | "files">, body: Json, at = ""): Draft {
  const attachments = readFiles(call.world, body, call.files);
  const draft: Draft = {
    content: textOf(body["content"]),
    embeds: embedsOf(body["embeds"]),
    components: listOf(body["components"]),
    attachments,
    flags: Number(body["flags"] ?? 0) & SETTABLE,
    allowed: readAllowed(body["allowed_mentions"]),
  };
  check(draft, body, at);
  return draft;
}

/** What an edit leaves of a message. @throws ApiError 50035, 50006 */
export function readEdit(
  call: Pick<Call, "world" | "files">,
  message: Pick<Message, "content" | "embeds" | "components" | "attachments" | "flags">,
  body: Json,
  at = "",
): Draft {
  const kept =
    body["attachments"] === undefined
      ? message.attachments
      : message.attachments.filter(({ id }) =>
          listOf(body["attachments"]).some((one) => String(one["id"]) === id),
        );
  const given = <T>(name: string, read: (value: unknown) => T, before: T): T =>
    body[name] === undefined ? before : read(body[name]);
  const wanted = body["flags"] == null ? message.flags : Number(body["flags"]) & SETTABLE;
  const fixed = message.flags & (FLAGS.componentsV2 | FLAGS.ephemeral);
  const draft: Draft = {
    content: given("content", textOf, message.content),
    embeds: given("embeds", embedsOf, message.embeds),
    components: given("components", listOf, message.components),
    attachments: [...kept, ...readFiles(call.world, body, call.files)],
    flags: (wanted & ~(FLAGS.ephemeral | FLAGS.loading)) | fixed,
    allowed: readAllowed(body["allowed_mentions"]),
  };
  check(draft, body, at);
  return draft;
}

/** What is shown of an edit, in place. */
export function applyDraft(message: Message, draft: Draft, components: Json[]): void {
  message.content = draft.content;
  message.embeds = draft.embeds;
  message.components = components;
  message.attachments = draft.attachments;
  message.flags = draft.flags;
}

function check(draft: Draft, body: Json, at: string): void {
  const isV2 = has(draft.flags, FLAGS.componentsV2);
  const errors: FieldError[] = [];
  if (draft.content.length > CONTENT) errors.push(tooLong("content", CONTENT));
  if (isV2) errors.push(...legacyFields(draft, body));
  const filenames = draft.attachments.map(({ filename }) => filename);
  errors.push(...componentErrors(draft.components, isV2, filenames));
  if (JSON.stringify(draft.embeds).length > EMBEDS * 2 || embedText(draft.embeds) > EMBEDS) {
    const message = `Embed size exceeds maximum size of ${EMBEDS}`;
    errors.push({ at: "embeds", code: "MAX_EMBED_SIZE_EXCEEDED", message });
  }
  if (errors.length > 0) {
    throw invalidForm(
      errors.map((one) => ({ ...one, at: at === "" ? one.at : `${at}.${one.at}` })),
    );
  }
  const hasText = draft.content.trim() !== "";
  const hasMore = [draft.embeds, draft.components, draft.attachments].some((one) => one.length > 0);
  if (!hasText && !hasMore) throw emptyMessage();
}

function legacyFields(draft: Draft, body: Json): FieldError[] {
  const message = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2";
  const code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
  const errors: FieldError[] = [];
  const isGiven = typeof body["content"] === "string" && body["content"] !== "";
  if (draft.content !== "" || isGiven) errors.push({ at: "content", code, message });
  if (draft.embeds.length > 0) {
    errors.push({ at: "embeds", code, message: message.replace("content", "embeds") });
  }
  if (body["poll"] != null) {
    errors.push({ at: "poll", code, message: message.replace("content", "poll") });
  }
  return errors;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

const embedsOf = (value: unknown): Json[] =>
  listOf(value).map((embed) => ({ type: "rich", ...embed }));

const embedText = (embeds: readonly Json[]): number =>
  embeds.reduce((sum, { title, description }) => {
    return sum + textOf(title).length + textOf(description).length;
  }, 0);

function readFiles(world: World, body: Json, files: readonly Upload[]): Attachment[] {
  if (files.length > MOST_FILES || files.some(({ bytes }) => bytes.length > FILE)) {
    throw new ApiError(413, 40005, "Request entity too large");
  }
  const described = listOf(body["attachments"]);
  return files.map((file, index) => {
    const number = /\[(\d+)\]/.exec(file.field)?.[1] ?? String(index);
    const about = described.find((one) => String(one["id"]) === number);
    return {
      id: world.ids.next(),
      filename: textOf(about?.["filename"]) || file.filename,
      description: textOf(about?.["description"]) || null,
      contentType: file.contentType,
      bytes: file.bytes,
    };
  });
}
