/** Addresses of the console's pages, for readers who come from elsewhere. */
export interface Links {
  rfc(slug: string): string;
  thread(slug: string, threadId: string): string;
}

/**
 * Stands for the console's address in what is kept of a comment's body: processes may know the console by
 * different addresses, and must not take each other's comments for outdated.
 */
const PLACEHOLDER = "https://console.redline.invalid";

/** Links of comments as they are kept. */
export const KEPT_LINKS = consoleLinks(() => PLACEHOLDER);

/** A comment's body as readers get it. */
export function withAddress(body: string, base: string): string {
  return body.replaceAll(PLACEHOLDER, base.replace(/\/+$/, ""));
}

/** @param base tells the address of the console, such as `https://redline.example.org` */
export function consoleLinks(base: () => string): Links {
  const rfc = (slug: string): string =>
    `${base().replace(/\/+$/, "")}/rfcs/${encodeURIComponent(slug)}`;
  return { rfc, thread: (slug, threadId) => `${rfc(slug)}/threads/${threadId}` };
}
