/** Beside the usual controls: marks that turn the direction of text around, and the byte order mark. */
const INVISIBLE = /[^\P{Cc}\t\n\r]|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu;

/** Text without characters that hide something or turn its order around; well-formed. */
export function withoutInvisible(text: string): string {
  return seenPart(text).toWellFormed();
}

/** The same of a text that may end within a character. */
export function seenPart(text: string): string {
  return text.replace(INVISIBLE, "");
}
