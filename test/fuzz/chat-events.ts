/** What every event of chat must be by the time the engine gets it, whatever came in. */
import { expect } from "vitest";
import { z } from "zod";

import type { ChatEvent } from "../../src/chat/chat-event.ts";

/** PostgreSQL takes no other text. */
const text = z.string().refine((value) => !value.includes("\0") && value.isWellFormed());
const platform = z.enum(["slack", "discord"]);
const person = z.strictObject({
  platform,
  workspaceId: text,
  id: text,
  isOutsider: z.boolean().optional(),
});
const place = z.strictObject({ platform, workspaceId: text, place: text });
const reply = z.strictObject({
  channel: text,
  thread: text.nullable(),
  trigger: text.nullable(),
  responseUrl: text.nullable(),
});
const message = z.strictObject({
  at: place,
  id: text,
  by: person,
  text,
  quote: text.nullable(),
  addressed: z.boolean(),
  mentioned: z.array(person).optional(),
  mentionedRoles: z.array(text).optional(),
  addressesOther: z.boolean(),
  isPrivate: z.boolean(),
  isPublic: z.boolean().optional(),
  startsThread: z.boolean(),
});
const at = z.strictObject({ platform, workspaceId: text });

const event = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("message"), message }),
  z.strictObject({ kind: z.literal("edited"), message }),
  z.strictObject({ kind: z.literal("deleted"), at: place, id: text }),
  z.strictObject({
    kind: z.literal("command"),
    at: place.nullable(),
    channel: text,
    by: person,
    text,
    isPrivate: z.boolean().optional(),
    isPublic: z.boolean().optional(),
    reply,
  }),
  z.strictObject({
    kind: z.literal("pressed"),
    action: text,
    ref: text,
    choice: z.int().min(0).nullable(),
    by: person,
    reply,
  }),
  z.strictObject({
    kind: z.literal("submitted"),
    form: z.enum(["decline", "edit", "concern", "discuss", "propose"]),
    ref: text,
    values: z.record(text, text),
    by: person,
    reply,
  }),
  z.strictObject({ kind: z.literal("discuss"), message, by: person, reply }),
  z.strictObject({ kind: z.literal("propose"), message, by: person, reply }),
  z.strictObject({ kind: z.literal("stopped"), at: place, by: person.nullable() }),
  z.strictObject({ kind: z.literal("home"), by: person }),
  z.strictObject({ kind: z.literal("place_gone"), at, channel: text, place: text.optional() }),
  z.strictObject({ kind: z.literal("channel_closed"), at, channel: text }),
  z.strictObject({ kind: z.literal("uninstalled"), platform, workspaceId: text }),
]);

export function expectWhole(given: ChatEvent): void {
  const read = event.safeParse(given);
  expect(read.success ? null : z.prettifyError(read.error), JSON.stringify(given)).toBeNull();
}
