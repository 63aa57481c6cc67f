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
