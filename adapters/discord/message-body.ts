/** What the bodies of Redline's messages have in common. Pure. */
import { createHash } from "node:crypto";

import type { DiscordRequest } from "./rest.ts";
import type { Component, Rendered } from "./components/component.ts";

/** Of a message. Source: Discord's API reference, "Message Flags". */
export const FLAGS = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  componentsV2: 1 << 15,
} as const;

/** Pings nobody, whatever it says. */
export const QUIET = { allowed_mentions: { parse: [] } } as const;

/** Of at most 25 characters, as Discord takes. The same for the same key. */
export function nonceOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, 24);
}

/** For a new message, and for changing one: files that are not named are taken away. */
export function bodyOf({
  content,
  components,
  files,
}: Rendered): Pick<DiscordRequest, "body" | "files"> {
  const attachments = files.map(({ name }, id) => ({ id: String(id), filename: name }));
  const shown = components
    ? { components, flags: FLAGS.componentsV2, attachments }
    : { content, flags: FLAGS.suppressEmbeds };
  return { body: { ...shown, ...QUIET }, ...(files.length > 0 && { files: [...files] }) };
}

/** All that can be read of a message or a body, blanks aside. */
export function wordsOf(message: Readonly<Record<string, unknown>>): string {
  const words: string[] = [];
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const one of part) visit(one);
    else if (typeof part === "object" && part !== null) {
      const { content, label, custom_id: id, components, component } = part as Partial<Component>;
      for (const one of [content, label, id]) if (typeof one === "string") words.push(one);
      visit(components);
      visit(component);
    }
  };
  visit(message);
  return words.join(" ").replace(/\s+/gu, " ").trim();
}
