/** Addresses of the console's pages, for readers who come from elsewhere. */
export interface Links {
  rfc(slug: string): string;
  thread(slug: string, threadId: string): string;
}

/** @param base tells the address of the console, such as `https://redline.example.org` */
export function consoleLinks(base: () => string): Links {
  const rfc = (slug: string): string =>
    `${base().replace(/\/+$/, "")}/rfcs/${encodeURIComponent(slug)}`;
  return { rfc, thread: (slug, threadId) => `${rfc(slug)}/threads/${threadId}` };
}
