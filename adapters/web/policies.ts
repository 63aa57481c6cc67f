/**
 * Content security policies: what a page of this server may load and do. An answer that is no page may do
 * nothing, whatever a browser is made to take it for.
 */
import { randomBytes } from "node:crypto";

/** With every answer that is no page. */
export const CLOSED_POLICY =
  "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Of a page that is a form, with one inline style and no script. */
export function formPolicy(styleHash: string): string {
  return [
    "default-src 'none'",
    `style-src '${styleHash}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
}

/** A name for one answer's own script and style; nobody can know it beforehand. */
export function newNonce(): string {
  return randomBytes(18).toString("base64url");
}

/**
 * Of the console: only the script and the style that carry the nonce run, and text becomes markup or a
 * worker's address by the policies of its own code alone (`client/markdown/`).
 */
export function consolePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "worker-src 'self'",
    "connect-src 'self'",
    // Images of documents and answers are links: to load one would tell another host who reads.
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types dompurify redline-markup redline-worker",
  ].join("; ");
}
