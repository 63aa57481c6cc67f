/** Addresses of the console, and moving between them without a reload. */
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { page: "home" }
  | { page: "rfc"; slug: string; threadId: string | null }
  | { page: "unknown" };

export function parsePath(path: string): Route {
  if (path === "/") return { page: "home" };
  const match = /^\/rfcs\/([^/]+)(?:\/threads\/([^/]+))?\/?$/.exec(path);
  if (!match) return { page: "unknown" };
  const [slug, threadId] = match.slice(1).map((part) => (part === undefined ? null : decode(part)));
  return slug == null ? { page: "unknown" } : { page: "rfc", slug, threadId: threadId ?? null };
}

export function rfcPath(slug: string, threadId?: string | null): string {
  const base = `/rfcs/${encodeURIComponent(slug)}`;
  return threadId == null ? base : `${base}/threads/${encodeURIComponent(threadId)}`;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

const MOVED = "redline:moved";

export function navigate(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, "", path);
  window.dispatchEvent(new Event(MOVED));
}

export function useRoute(): Route {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const follow = (): void => setPath(location.pathname);
    window.addEventListener("popstate", follow);
    window.addEventListener(MOVED, follow);
    return () => {
      window.removeEventListener("popstate", follow);
      window.removeEventListener(MOVED, follow);
    };
  }, []);
  return parsePath(path);
}
