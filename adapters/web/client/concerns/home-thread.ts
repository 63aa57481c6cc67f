/** Where what is about a whole RFC is said. */
import { api } from "../api.ts";
import { threadTitle } from "../conversation/thread-title.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { ThreadJson } from "../../views/thread-view.ts";

/**
 * The open thread in which the most people are: the pull request's, else the newest on the whole document;
 * null where there is none. Pure.
 */
export function homeThread(rfc: Pick<RfcDetailJson, "branch" | "threads">): ThreadJson | null {
  const open = rfc.threads
    .filter((thread) => thread.state === "open" && thread.branch_name === rfc.branch)
    .sort((a, b) => b.created_at.localeCompare(a.created_at));
  const of = (kind: ThreadJson["thread_kind"]) =>
    open.find((thread) => thread.thread_kind === kind);
  return of("review") ?? of("discussion") ?? null;
}

/** Tells where something will be said, before it is. */
export function whereWords(thread: ThreadJson | null): string {
  return thread ? `It is told in the thread “${threadTitle(thread)}”.` : "It begins a new thread.";
}

export async function beginThread(rfc: RfcDetailJson, title: string): Promise<string> {
  const thread = await api.addThread({
    rfc_slug: rfc.slug,
    branch_name: rfc.branch,
    thread_kind: "discussion",
    title,
  });
  return thread.id;
}
