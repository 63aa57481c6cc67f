import type { ComponentChildren } from "preact";
import type { Loaded } from "../state/load.ts";
import { Notice } from "./notice.tsx";

interface Props<T> {
  of: Loaded<T>;
  /** Rows to hold the place of what comes. */
  rows?: number;
  children(value: T): ComponentChildren;
}

/** What was loaded; before that its place, and what went wrong beside whatever is still known. */
export function Loading<T>({ of: { value, problem, again }, rows = 3, children }: Props<T>) {
  return (
    <>
      {problem !== null && (
        <Notice kind="problem">
          {problem}{" "}
          {again && (
            <button type="button" class="link-button" onClick={again}>
              Try again
            </button>
          )}
        </Notice>
      )}
      {value !== null && children(value)}
      {value === null && problem === null && (
        <div class="skeleton" role="status">
          <span class="visually-hidden">Loading…</span>
          {Array.from({ length: rows }, (_, at) => (
            <span key={at} class="skeleton-row" aria-hidden="true" />
          ))}
        </div>
      )}
    </>
  );
}
