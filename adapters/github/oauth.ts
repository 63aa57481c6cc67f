/** What signing in on GitHub and connecting an account there have in common. */
import { Octokit } from "@octokit/rest";
import { UserError } from "../../src/errors.ts";
import { record } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import type { GitHubClient } from "./client.ts";
import { octokitLog } from "./client.ts";
import { explain, statusOf, wordsOf } from "./failures.ts";
import { wholeAnswers } from "./whole-answers.ts";

/** For an answer that a person waits for. */
const TIMEOUT_MS = 10_000;

/** What the requests are about, as failures tell it. */
export const YOURS = "your account";

/** Speaks for nobody; each request for whom its token is of. */
export function anybody({ apiUrl }: GitHubClient, logger: Logger): Octokit {
  return new Octokit({
    baseUrl: apiUrl,
    userAgent: "redline",
    log: octokitLog(logger),
    request: { fetch: wholeAnswers(TIMEOUT_MS) },
  });
}

/** What GitHub calls an error in an answer that is none. */
export function errorIn(error: unknown): unknown {
  return record((error as { response?: { data?: unknown } }).response?.data)["error"];
}

/** @param options no cause whose request holds the App's secret */
export function unknownApp(options?: ErrorOptions): UserError {
  return new UserError(
    "not-ready",
    "GitHub knows no App with the client id in GITHUB_CLIENT_ID: whoever runs Redline copies it from the App's settings.",
    options,
  );
}

/**
 * Without the request where nothing is known of it: what it holds would let whoever reads the log go on.
 * @param what it did not take, such as `the sign-in`
 */
export function explainRaw(error: unknown, what: string): unknown {
  const explained = explain(error, YOURS);
  const isRaw = explained === error && statusOf(error) !== null;
  return isRaw ? new Error(`GitHub did not take ${what}: ${wordsOf(error)}`) : explained;
}
