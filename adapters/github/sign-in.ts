/**
 * GitHub's web flow: a browser is sent to GitHub, and comes back with a code that stands for its person's consent. As
 * in the device flow no scope is asked for.
 * Source: docs.github.com, "Generating a user access token for a GitHub App", "Authorizing OAuth apps".
 */
import { exchangeWebFlowCode, getWebFlowAuthorizationUrl } from "@octokit/oauth-methods";
import type { Octokit } from "@octokit/rest";
import { UserError } from "../../src/errors.ts";
import { record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import type { AccountToken, HostAccount, SignInHost } from "../../src/ports.ts";
import { HostBusy } from "../../src/ports.ts";
import { mayReadByName } from "./accounts.ts";
import type { GitHubClient } from "./client.ts";
import { explain, explaining, statusOf } from "./failures.ts";
import { ownerAndName } from "./names.ts";
import { anybody, errorIn, explainRaw, unknownApp, YOURS } from "./oauth.ts";

export interface GitHubSignInOptions {
  /** Of a GitHub App or an OAuth App. */
  clientId: string;
  clientSecret: string;
  logger: Logger;
}

export function createGitHubSignInHost(
  client: GitHubClient,
  options: GitHubSignInOptions,
): SignInHost {
  return new GitHubSignIn(client, options);
}

class GitHubSignIn implements SignInHost {
  readonly #client: GitHubClient;
  readonly #app: Pick<GitHubSignInOptions, "clientId" | "clientSecret">;
  readonly #anybody: Octokit;

  constructor(client: GitHubClient, { clientId, clientSecret, logger }: GitHubSignInOptions) {
    this.#client = client;
    this.#app = { clientId, clientSecret };
    this.#anybody = anybody(client, logger);
  }

  addressOf(ask: { state: string; challenge: string; redirectUrl: string }): string {
    const { clientId } = this.#app;
    const { state, challenge, redirectUrl } = ask;
    const { request } = this.#anybody;
    const { url } = getWebFlowAuthorizationUrl({ ...FLOW, clientId, redirectUrl, state, request });
    const address = new URL(url);
    address.searchParams.set("code_challenge", challenge);
    address.searchParams.set("code_challenge_method", "S256");
    return address.href;
  }

  async exchange(given: {
    code: string;
    verifier: string;
    redirectUrl: string;
  }): Promise<AccountToken> {
    const { code, verifier, redirectUrl } = given;
    try {
      const { authentication } = await exchangeWebFlowCode({
        ...FLOW,
        ...this.#app,
        code,
        redirectUrl,
        // The package has no place for it, and hands on what is the default.
        request: this.#anybody.request.defaults({ code_verifier: verifier }),
      });
      const expiresAt = text(record(authentication)["expiresAt"]);
      return {
        token: authentication.token,
        expiresAt: expiresAt === null ? null : new Date(expiresAt),
        refreshToken: text(record(authentication)["refreshToken"]),
      };
    } catch (error) {
      throw explainExchange(error);
    }
  }

  refusalOf(error: string): UserError {
    switch (error) {
      case "access_denied":
        return new UserError("forbidden", "You declined on GitHub, so you are not signed in.");
      case "redirect_uri_mismatch":
        return redirectMismatch();
      case "application_suspended":
        return new UserError(
          "not-ready",
          "GitHub has suspended Redline's App: whoever runs Redline asks GitHub's support why.",
        );
      default:
        return new UserError(
          "unauthorized",
          "GitHub did not sign you in, and does not say why; sign in once more.",
        );
    }
  }

  async mayRead(repository: string, account: HostAccount, token: string): Promise<boolean | null> {
    const headers = { authorization: `token ${token}` };
    try {
      await this.#anybody.request("GET /repos/{owner}/{repo}", {
        ...ownerAndName(repository),
        headers,
      });
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status === 401) return null;
      // A token of an OAuth App without a scope sees no private repository, whoever its account is.
      if (status === 404) return this.#mayReadByName(repository, account);
      // A limit, or no answer: it is not known.
      const explained = explain(error, YOURS);
      if (explained instanceof HostBusy || status === null) throw explained;
      // Anything else is GitHub's no, also for this one token or address (single sign-on, lists of addresses).
      return false;
    }
  }

  async check(): Promise<void> {
    const { request } = this.#anybody;
    try {
      await exchangeWebFlowCode({ ...FLOW, ...this.#app, code: "none", request });
    } catch (error) {
      // It looks at the code only where it takes the client id and its secret.
      if (errorIn(error) !== "bad_verification_code") throw explainExchange(error);
    }
  }

  async #mayReadByName(repository: string, account: HostAccount): Promise<boolean> {
    try {
      return await explaining(repository, () => mayReadByName(this.#client, repository, account));
    } catch (error) {
      // Redline cannot see it either, or GitHub knows no such repository.
      if (error instanceof UserError && error.type !== "host-busy") return false;
      if (statusOf(error) === 404 || statusOf(error) === 403) return false;
      throw error;
    }
  }
}

/** Also of an OAuth App: for one of those the package would drop what expires. */
const FLOW = { clientType: "github-app" } as const;

/** Source: docs.github.com, "Troubleshooting OAuth app access token request errors". */
function explainExchange(error: unknown): unknown {
  switch (errorIn(error)) {
    case "bad_verification_code":
      return new UserError(
        "unauthorized",
        "GitHub does not take the code with which you came back any more; sign in once more.",
      );
    case "incorrect_client_credentials":
      return new UserError(
        "not-ready",
        "GitHub does not take GITHUB_CLIENT_ID with GITHUB_CLIENT_SECRET: whoever runs Redline copies both from the App's settings.",
      );
    case "redirect_uri_mismatch":
      return redirectMismatch();
    case "unverified_user_email":
      return new UserError(
        "forbidden",
        "GitHub wants you to verify your email address there first; then sign in once more.",
      );
    default:
      return explainRest(error);
  }
}

function redirectMismatch(): UserError {
  return new UserError(
    "not-ready",
    "GitHub does not know this console's address: whoever runs Redline puts REDLINE_URL with /sign-in/github/callback behind it into the App's settings, as a callback URL.",
  );
}

/** The unknown App without a cause: its request holds the App's secret and the person's code. */
function explainRest(error: unknown): unknown {
  return statusOf(error) === 404 ? unknownApp() : explainRaw(error, "the sign-in");
}
