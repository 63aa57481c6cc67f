/** What a failure of a request to GitHub means to the person. */
import { UserError } from "../../src/errors.ts";
import { oneLine } from "../../src/one-line.ts";
import { HostBusy } from "../../src/ports.ts";

/** Octokit's failure of one request; without `response` where no answer came. */
interface RequestFailure extends Error {
  status: number;
  request: {
    headers: { authorization?: string };
    request?: { credentials?: "app" | "token" };
  };
  response?: { headers: Record<string, string | number | undefined>; data: unknown };
}

/** How long GitHub is left alone after it did not answer, in milliseconds. */
const AGAIN_AFTER_MS = 4_000;
const SIGN_IN_MS = 5_000;
/** GitHub's own advice where it names no time. Source: docs.github.com, "Exceeding the rate limit". */
const LIMITED_MS = 60_000;

const ARCHIVED = /archived/i;
const SUSPENDED = /suspended/i;
const UNKNOWN_APP = /integration not found/i;
const NOT_ACCESSIBLE = /resource not accessible by/i;
const SECONDARY = /secondary rate limit|abuse detection/i;

/** The status of GitHub's answer; 500 where none came, null for anything else than a failed request. */
export function statusOf(error: unknown): number | null {
  return isRequestFailure(error) ? error.status : null;
}

/** GitHub's own words, without the address of its documentation. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return oneLine(error.message.replace(/ - https?:\/\/\S+$/, ""));
}

/** Until when GitHub wants no requests, where it refused one for a limit. */
export function limitedUntil(error: unknown, now: Date): Date | null {
  const headers = limitHeaders(error);
  if (headers === null) return null;
  const retryAfter = Number(headers["retry-after"]);
  if (retryAfter > 0) return new Date(now.getTime() + retryAfter * 1_000);
  const reset = Number(headers["x-ratelimit-reset"]) * 1_000;
  // A second more: the reset is told in whole ones.
  if (headers["x-ratelimit-remaining"] === "0" && reset > 0) return new Date(reset + 1_000);
  return new Date(now.getTime() + LIMITED_MS);
}

/** The refusal while a limit lasts. */
export function busyUntil(retryAt: Date, options?: ErrorOptions): HostBusy {
  const minute = new Date(Math.ceil(retryAt.getTime() / 60_000) * 60_000);
  const time = minute.toISOString().slice(11, 16);
  return new HostBusy(
    `GitHub takes no more requests from Redline until ${time} UTC because of its rate limit: it goes on by itself then.`,
    retryAt,
    options,
  );
}

/** Runs `work`, and explains what it throws; a 404, 409 or 422 is left to the caller. */
export async function explaining<T>(repository: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(error, repository);
  }
}

/**
 * The error to throw on: one sentence for the person where there is something to do or to wait for, else
 * the error itself. Pure but for the clock.
 */
export function explain(error: unknown, repository: string): unknown {
  const limited = limitedUntil(error, new Date());
  if (limited !== null) return busyUntil(limited, { cause: error });
  if (!isRequestFailure(error)) return error;
  if (error.response === undefined || error.status >= 500) return unanswered(error, repository);
  if (isOutdatedToken(error) && !SUSPENDED.test(error.message)) {
    const retryAt = new Date(Date.now() + SIGN_IN_MS);
    const sentence = `GitHub wants Redline's App to sign in anew for ${repository}: try again in a moment.`;
    return new HostBusy(sentence, retryAt, { cause: error });
  }
  const isUnknown = error.status === 401 || isUnknownApp(error);
  const type = isUnknown ? "unauthorized" : "forbidden";
  const sentence = sentenceFor(error, repository);
  return sentence === null ? error : new UserError(type, sentence, { cause: error });
}

/** Whether a token that the App was given was refused, and not the App itself. The client gets a new one. */
function isOutdatedToken({ status, request }: RequestFailure): boolean {
  const isOfApp = request.request?.credentials === "app";
  return status === 401 && isOfApp && /^token /i.test(request.headers.authorization ?? "");
}

/** Whether GitHub's 404 is about the App itself. */
export function isUnknownApp(error: unknown): boolean {
  return statusOf(error) === 404 && UNKNOWN_APP.test(wordsOf(error));
}

function sentenceFor(error: RequestFailure, repository: string): string | null {
  const { credentials } = error.request.request ?? {};
  if (SUSPENDED.test(error.message)) return suspended(repository);
  if (error.status === 401) {
    return credentials === "app"
      ? `GitHub refuses Redline's App: check GITHUB_APP_ID and GITHUB_PRIVATE_KEY, and the clock of this machine.`
      : `GitHub refuses Redline's token, which was revoked or has expired: put a new one into GITHUB_TOKEN.`;
  }
  if (isUnknownApp(error)) {
    return `GitHub knows no App with the id in GITHUB_APP_ID: copy the App's id from its settings.`;
  }
  if (error.status === 451) return `GitHub has blocked ${repository} for legal reasons.`;
  if (error.status !== 403) return null;
  if (ARCHIVED.test(error.message)) return archived(repository);
  if (error.response?.headers["x-github-sso"] !== undefined) {
    return `The organisation of ${repository} wants single sign-on: authorise the token in GITHUB_TOKEN for it in GitHub's settings.`;
  }
  const permissions = permissionsIn(error.response?.headers["x-accepted-github-permissions"]);
  if (permissions === null && !NOT_ACCESSIBLE.test(error.message)) {
    return `GitHub refuses Redline's request about ${repository}: “${wordsOf(error)}”.`;
  }
  const who = credentials === "app" ? "Redline's GitHub App" : "The token in GITHUB_TOKEN";
  const which = permissions === null ? "a permission" : `the permission ${permissions}`;
  return `${who} lacks ${which} for ${repository}: grant it in GitHub's settings.`;
}

/** What people are told where a repository is not there, or not for Redline: GitHub makes no difference. */
export function unseen(repository: string, cause: unknown): UserError {
  return new UserError(
    "repository-unavailable",
    `GitHub shows Redline no repository ${repository}: check the name, and whether Redline's token or App may read it.`,
    { cause },
  );
}

/** What people are told about a suspended installation. */
export function suspended(repository: string): string {
  return `The installation of Redline's GitHub App on ${repository} is suspended: its owner can lift that in GitHub's settings, under Applications.`;
}

/** What people are told about an archived repository. */
export function archived(repository: string): string {
  return `${repository} is archived on GitHub, so nothing in it can be changed: unarchive it, and try again.`;
}

/** `contents=write; pull_requests=write,contents=read` in words; null where nothing is said. */
function permissionsIn(header: unknown): string | null {
  if (typeof header !== "string" || header.trim() === "") return null;
  const alternatives = header.split(";").map((set) =>
    set
      .split(",")
      .map((permission) => permission.trim().replace("=", ": "))
      .join(" and "),
  );
  return alternatives.join(", or ");
}

function unanswered(error: RequestFailure, repository: string): HostBusy {
  const retryAt = new Date(Date.now() + AGAIN_AFTER_MS);
  const what =
    error.response === undefined
      ? "cannot be reached"
      : `is having trouble (it answered ${error.status})`;
  const sentence = `GitHub ${what}, so Redline could not work on ${repository}: try again in a moment.`;
  return new HostBusy(sentence, retryAt, { cause: error });
}

/** The headers of an answer that refuses for a limit, in REST (403, 429) or in GraphQL (200). */
function limitHeaders(error: unknown): Record<string, string | number | undefined> | null {
  if (!(error instanceof Error)) return null;
  if (isRequestFailure(error)) {
    const { status, response, message } = error;
    if (response === undefined || (status !== 403 && status !== 429)) return null;
    const { headers } = response;
    const isLimit =
      status === 429 ||
      headers["retry-after"] !== undefined ||
      headers["x-ratelimit-remaining"] === "0" ||
      SECONDARY.test(message);
    return isLimit ? headers : null;
  }
  return isGraphqlLimit(error) ? (error.response?.headers ?? error.headers ?? {}) : null;
}

type Headers = Record<string, string | number | undefined>;

/** Octokit's throttling and its GraphQL client each have an error of their own for it. */
function isGraphqlLimit(error: Error): error is Error & {
  response?: { headers: Headers };
  headers?: Headers;
} {
  if (error.message === "GraphQL Rate Limit Exceeded") return true;
  const { errors } = error as { errors?: unknown };
  return (
    Array.isArray(errors) && errors.some((one: { type?: string }) => one.type === "RATE_LIMITED")
  );
}

function isRequestFailure(error: unknown): error is RequestFailure {
  return error instanceof Error && error.name === "HttpError" && "status" in error;
}
