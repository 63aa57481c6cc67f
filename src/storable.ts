import { UserError } from "./errors.ts";

/** @throws UserError invalid-text for what Postgres or UTF-8 cannot hold */
export function assertStorable(text: string, what: string): void {
  if (text.includes("\0")) {
    throw new UserError(
      "invalid-text",
      `The ${what} holds a NUL character, which cannot be stored; remove it and send it again.`,
    );
  }
  if (!text.isWellFormed()) {
    throw new UserError(
      "invalid-text",
      `The ${what} holds half a character (a lone surrogate); remove it and send it again.`,
    );
  }
}

/** Whether Postgres and UTF-8 hold it as it is. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** The text without what Postgres and UTF-8 do not hold: U+FFFD stands there instead. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
