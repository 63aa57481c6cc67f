import { describe, expect, it } from "vitest";
import { explain } from "../../../adapters/github/failures.ts";
import { UserError } from "../../../src/errors.ts";
import { HostBusy, ReviewRejected } from "../../../src/ports.ts";

/** A failure of a request, in Octokit's shape. */
function failure(
  status: number,
  message: string,
  { headers = {}, credentials = "token", scheme = "token" } = {},
): Error {
  const authorization = `${scheme} [REDACTED]`;
  return Object.assign(new Error(`${message} - https://docs.github.com/rest`), {
    name: "HttpError",
    status,
    request: { headers: { authorization }, request: { credentials } },
    response: { headers, data: { message } },
  });
}

const told = (error: unknown): string => {
  const reason = explain(error, "ada/rfcs");
  if (!(reason instanceof UserError)) throw reason;
  expect(reason.message).toMatch(/^[^\n]+\.$/);
  expect(reason.message).not.toContain("docs.github.com");
  return `${reason.type}: ${reason.message}`;
};

describe("what a failure of GitHub means", () => {
  it.each<[string, Error, RegExp]>([
    ["a revoked token", failure(401, "Bad credentials"), /^unauthorized: .*GITHUB_TOKEN/],
    [
      "a wrong key of the App",
      failure(401, "A JSON web token could not be decoded", {
        credentials: "app",
        scheme: "bearer",
      }),
      /^unauthorized: .*GITHUB_PRIVATE_KEY/,
    ],
    [
      "a token of an installation that ended",
      failure(401, "Bad credentials", { credentials: "app" }),
      /^host-busy: /,
    ],
    [
      "a suspended installation",
      failure(403, "This installation has been suspended", { credentials: "app" }),
      /^forbidden: .*ada\/rfcs is suspended/,
    ],
    [
      "a permission that the App lacks",
      failure(403, "Resource not accessible by integration", {
        credentials: "app",
        headers: {
          "x-accepted-github-permissions": "pull_requests=write; issues=write,metadata=read",
        },
      }),
      /^forbidden: .*App lacks the permission pull_requests: write, or issues: write and metadata: read for ada\/rfcs/,
    ],
    [
      "a permission that GitHub does not name",
      failure(403, "Resource not accessible by personal access token"),
      /^forbidden: The token in GITHUB_TOKEN lacks a permission for ada\/rfcs/,
    ],
    [
      "single sign-on",
      failure(403, "Resource protected by organization SAML enforcement.", {
        headers: { "x-github-sso": "required; url=https://github.com/orgs/x/sso" },
      }),
      /^forbidden: .*single sign-on/,
    ],
    [
      "an archived repository",
      failure(403, "Repository was archived so is read-only."),
      /^forbidden: ada\/rfcs is archived/,
    ],
    ["a blocked repository", failure(451, "Repository access blocked"), /^forbidden: .*legal/],
    [
      "any other refusal, in GitHub's words",
      failure(403, "Although you appear to have\nthe correct address, it is not allowed"),
      /^forbidden: .*“Although you appear to have the correct address, it is not allowed”/,
    ],
    ["trouble on GitHub's side", failure(502, "Server Error"), /^host-busy: .*502/],
  ])("%s", (_, error, words) => {
    expect(told(error)).toMatch(words);
  });

  it.each([
    ["what is not there", failure(404, "Not Found")],
    ["a conflict", failure(409, "rfc.md does not match")],
    ["what cannot be processed", failure(422, "Validation Failed")],
    ["what was explained before", new HostBusy("Wait.", new Date())],
    ["a refused review", new ReviewRejected("No")],
    ["an error of our own", new TypeError("x is not a function")],
  ])("%s is left to the caller", (_, error) => {
    expect(explain(error, "ada/rfcs")).toBe(error);
  });
});
