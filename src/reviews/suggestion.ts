/** The glossary of changes on pull requests. */

/**
 * How a change is shown: as a suggestion that can be applied, on its lines or on the file as a plain comment,
 * or below the pull request.
 */
export type SuggestionForm = "suggestion" | "line" | "file" | "conversation";

/** `posting → live → closed | removed`; `posting → closed` when its change was decided before it was sent; `removed → live` when it was there after all. */
export type SuggestionState = "posting" | "live" | "closed" | "removed";

/** A change as it is shown on a pull request. */
export interface Suggestion {
  id: string;
  changeId: string;
  rfcSlug: string;
  prNumber: number;
  /** Counts the comments of this change on this pull request, from 1. */
  revision: number;
  state: SuggestionState;
  form: SuggestionForm;
  headSha: string;
  body: string;
  commentId: string | null;
  nodeId: string | null;
  url: string | null;
  resolvedAt: Date | null;
  closedAt: Date | null;
}

/** Whether it is on the pull request as something to be decided, or about to be. */
export function isOpen({ state }: Pick<Suggestion, "state">): boolean {
  return state === "posting" || state === "live";
}

/** What people are told of it. */
export type ShownSuggestion = Pick<Suggestion, "state" | "form" | "url">;
