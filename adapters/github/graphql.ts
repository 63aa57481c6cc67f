/** How GitHub's GraphQL API refuses: mostly with status 200, and errors in the answer. */
import { statusOf } from "./failures.ts";

/** Words of GitHub for a token or an App that lacks a permission, in REST and GraphQL. */
const NOT_ACCESSIBLE = /Resource not accessible by|must have .* (access|permission)/i;

/** Awaits a query or mutation; null where the account may not do it, or there is nothing to do it to. */
export async function unlessRefused<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (isRefused(error)) return null;
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("errors" in error && Array.isArray(error.errors)) {
    const errors = error.errors as { type?: string; message?: string }[];
    return errors.some(
      ({ type, message = "" }) =>
        type === "FORBIDDEN" || type === "NOT_FOUND" || NOT_ACCESSIBLE.test(message),
    );
  }
  return statusOf(error) === 403 && NOT_ACCESSIBLE.test(error.message);
}
