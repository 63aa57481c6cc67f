/** What may be the text of a document, wherever it is kept. */
import { UserError } from "../errors.ts";

/** The largest document, in bytes of UTF-8. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/** @throws UserError for text that would not be readable as the document afterwards */
export function assertDocumentText(path: string, body: string): void {
  if (body.includes("\0") || !body.isWellFormed()) {
    throw new UserError(
      "invalid-text",
      `The new text of ${path} holds a character that a text file cannot hold (NUL, or half a character): take it out and accept again.`,
    );
  }
  assertDocumentSize(`The new text of ${path}`, Buffer.byteLength(body));
}

/** @throws UserError too-large; `name` is how messages call it, `size` its bytes */
export function assertDocumentSize(name: string, size: number): void {
  if (!(size > MAX_DOCUMENT_BYTES)) return;
  const mebibytes = (size / MAX_DOCUMENT_BYTES).toFixed(2);
  throw new UserError(
    "too-large",
    `${name} has ${size} bytes (${mebibytes} MiB), and Redline takes documents of up to 1 MiB: split it.`,
  );
}

/** The exact text of a file, byte order mark included. @throws UserError document-unreadable */
export function decodeDocument(name: string, bytes: Buffer): string {
  let text: string;
  try {
    // `ignoreBOM` means that a byte order mark is not taken away.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw unreadable(`${name} is not UTF-8 text: save it as UTF-8 and commit it.`, {
      cause: error,
    });
  }
  if (text.includes("\0")) {
    throw unreadable(
      `${name} holds NUL bytes, so it is no text file: give the path of a text file.`,
    );
  }
  return text;
}

function unreadable(sentence: string, options?: ErrorOptions): UserError {
  return new UserError("document-unreadable", sentence, options);
}
