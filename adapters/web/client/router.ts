/** Addresses of the console, and moving between them without a reload. */
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { page: "home" }
  | { page: "search"; query: URLSearchParams }
  | { page: "rfc"; slug: string; threadId: string | null }
  | { page: "history"; slug: string; query: URLSearchParams }
  | { page: "commit"; slug: string; sha: string }
  | { page: "record"; slug: string }
  | { page: "rfc-people"; slug: string }
  | { page: "notifications" }
  | { page: "people" }
  | { page: "overview" }
  | { page: "you" }
  | { page: "unknown" };

/** `search` is the part from the question mark on. */
export function parsePath(path: string, search = ""): Route {
  const query = new URLSearchParams(search);
  if (path === "/") return { page: "home" };
  if (path === OVERVIEW) return { page: "overview" };
  if (path === "/search") return { page: "search", query };
  if (path === "/you") return { page: "you" };
  if (path === "/notifications" || path === "/people") {
    return { page: path === "/people" ? "people" : "notifications" };
  }
  const match =
    /^\/rfcs\/([^/]+)(?:\/(history|threads|commits|record|people)(?:\/([^/]+))?)?\/?$/.exec(path);
  const slug = decode(match?.[1]);
  if (!match || slug === null) return { page: "unknown" };
  const [kind, part] = [match[2], match[3]];
  const id = decode(part);
  if (part === undefined) {
    if (kind === "history") return { page: "history", slug, query };
    if (kind === "record") return { page: "record", slug };
    if (kind === "people") return { page: "rfc-people", slug };
  }
  if (kind === "commits" && id !== null) return { page: "commit", slug, sha: id };
  if (kind === "threads" && part !== undefined) return { page: "rfc", slug, threadId: id };
  return kind === undefined ? { page: "rfc", slug, threadId: null } : { page: "unknown" };
}

export function rfcPath(slug: string, threadId?: string | null): string {
  const base = `/rfcs/${encodeURIComponent(slug)}`;
  return threadId == null ? base : `${base}/threads/${encodeURIComponent(threadId)}`;
}

/** `query` may be what a form or the address has; what is empty is left out. */
export function historyPath(slug: string, query: Record<string, string> = {}): string {
  return withQuery(`${rfcPath(slug)}/history`, query);
}

export function commitPath(slug: string, sha: string): string {
  return `${rfcPath(slug)}/commits/${encodeURIComponent(sha)}`;
}

export function recordPath(slug: string): string {
  return `${rfcPath(slug)}/record`;
}

export function rfcPeoplePath(slug: string): string {
  return `${rfcPath(slug)}/people`;
}

export const OVERVIEW = "/overview";

export const NOTIFICATIONS = "/notifications";

export function searchPath(query: Record<string, string>): string {
  return withQuery("/search", query);
}

function withQuery(path: string, query: Record<string, string>): string {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

function decode(part: string | undefined): string | null {
  if (part === undefined) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

const MOVED = "redline:moved";

/** `replace` leaves no step to go back to, for what changes with every key. */
export function navigate(path: string, how: "push" | "replace" = "push"): void {
  const { pathname, search, hash } = location;
  if (path === pathname + search + hash) return;
  if (how === "push") history.pushState(null, "", path);
  else history.replaceState(null, "", path);
  window.dispatchEvent(new Event(MOVED));
}

export function useRoute(): Route {
  const [at, setAt] = useState(location.pathname + location.search);
  useEffect(() => {
    const follow = (): void => setAt(location.pathname + location.search);
    window.addEventListener("popstate", follow);
    window.addEventListener(MOVED, follow);
    return () => {
      window.removeEventListener("popstate", follow);
      window.removeEventListener(MOVED, follow);
    };
  }, []);
  const [path = "/", search = ""] = at.split("?", 2);
  return parsePath(path, search);
}
