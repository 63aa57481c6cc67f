/**
 * GitHub's device flow: a person enters a code on GitHub, and GitHub then gives a token that speaks for them. No
 * scope is asked for, so that the token says who they are and little else.
 * Source: docs.github.com, "Generating a user access token for a GitHub App", "Authorizing OAuth apps".
 */
import { createOAuthDeviceAuth } from "@octokit/auth-oauth-device";
import type { Octokit } from "@octokit/rest";
import { UserError } from "../../src/errors.ts";
import { number, record, text } from "../../src/json.ts";
import type { AccountToken, DeviceCode } from "../../src/ports.ts";
import { pause } from "../../src/waiting.ts";
import { explain, statusOf } from "./failures.ts";
import { errorIn, explainRaw, unknownApp, YOURS } from "./oauth.ts";

const CODE = /\/login\/device\/code$/;
const TOKEN = /\/login\/oauth\/access_token$/;

/** GitHub's own advice where it names no interval, and what it adds for who asks too often. In seconds. */
const INTERVAL = 5;
const SLOWER = 5;
/** A row of the database is locked meanwhile, which the database bears for ten seconds (`src/store/database.ts`). */
const REFRESH_MS = 5_000;
/** Questions in a row without an answer before the flow is given up. */
const MOST_UNANSWERED = 5;

export interface DeviceFlowOptions {
  /** A client of its own for each flow. */
  make(): Octokit;
  clientId: string;
  clientSecret?: string | undefined;
  /** Where people sign in. */
  webUrl: string;
  /** Milliseconds for the answer to a refresh; 5 s where nothing is given. */
  refreshMs?: number;
}

export class DeviceFlow {
  readonly #options: DeviceFlowOptions;

  constructor(options: DeviceFlowOptions) {
    this.#options = options;
  }

  /** Resolves once the person has entered the code. @throws UserError, HostBusy */
  async run(onCode: (code: DeviceCode) => void, signal: AbortSignal): Promise<AccountToken> {
    const { clientId } = this.#options;
    const octokit = this.#options.make();
    waitForItself(octokit, signal);
    const begunAt = Date.now();
    // Also of an OAuth App: for one of those the package would ask for scopes, and drop what expires.
    const auth = createOAuthDeviceAuth({
      clientType: "github-app",
      clientId,
      request: octokit.request,
      onVerification: ({ user_code: code, verification_uri: url, expires_in: seconds }) => {
        onCode({ code, url, expiresAt: new Date(begunAt + seconds * 1_000) });
      },
    });
    try {
      const granted = await auth({ type: "oauth" });
      return {
        token: granted.token,
        expiresAt: "expiresAt" in granted ? new Date(granted.expiresAt) : null,
        refreshToken: "refreshToken" in granted ? granted.refreshToken : null,
      };
    } catch (error) {
      throw explainFlow(error);
    }
  }

  /**
   * Where the App's secret is not known without it, as GitHub lets what came out of a device flow. Null where it is
   * refused.
   */
  async refresh(refreshToken: string): Promise<AccountToken | null> {
    const { make, clientSecret, refreshMs = REFRESH_MS } = this.#options;
    const octokit = make();
    try {
      const { data } = await octokit.request("POST /login/oauth/access_token", {
        baseUrl: this.#options.webUrl,
        headers: { accept: "application/json" },
        client_id: this.#options.clientId,
        ...(clientSecret !== undefined && { client_secret: clientSecret }),
        grant_type: "refresh_token",
        refresh_token: refreshToken,
        request: { signal: AbortSignal.timeout(refreshMs) },
      });
      const answer = record(data);
      const token = text(answer["access_token"]);
      if (token === null) return null;
      const seconds = number(answer["expires_in"]);
      return {
        token,
        expiresAt: seconds === null ? null : new Date(Date.now() + seconds * 1_000),
        refreshToken: text(answer["refresh_token"]),
      };
    } catch (error) {
      const status = statusOf(error);
      if (status !== null && status >= 400 && status < 500 && status !== 403 && status !== 429) {
        return null;
      }
      throw explain(error, YOURS);
    }
  }
}

/**
 * The package waits by itself and cannot be stopped; so it is told to wait for nothing, and each of its questions
 * waits here. A question that GitHub did not answer is asked again.
 */
function waitForItself(octokit: Octokit, signal: AbortSignal): void {
  let interval = INTERVAL;
  let unanswered = 0;
  octokit.hook.wrap("request", async (request, options) => {
    Object.assign(options.request, { signal });
    if (CODE.test(options.url)) {
      const answer = await request(options);
      const data = record(answer.data);
      interval = number(data["interval"]) ?? INTERVAL;
      return { ...answer, data: { ...data, interval: 0 } };
    }
    if (!TOKEN.test(options.url)) return request(options);
    await pause(interval * 1_000, signal);
    signal.throwIfAborted();
    try {
      const answer = await request(options);
      unanswered = 0;
      if (record(answer.data)["error"] !== "slow_down") return answer;
      interval = number(record(answer.data)["interval"]) ?? interval + SLOWER;
      return { ...answer, data: PENDING };
    } catch (error) {
      unanswered += 1;
      const isNoAnswer = (statusOf(error) ?? 0) >= 500;
      if (!isNoAnswer || unanswered > MOST_UNANSWERED) throw error;
      return { status: 200, url: options.url, headers: {}, data: PENDING, retryCount: 0 };
    }
  });
}

const PENDING = {
  error: "authorization_pending",
  error_description: "The authorization request is still pending.",
};

/** Source: as above, "Error codes". */
function explainFlow(error: unknown): unknown {
  switch (errorIn(error)) {
    case "expired_token":
      return new UserError(
        "not-ready",
        "The code was not entered in time, so nothing was connected; connect once more for a new one.",
      );
    case "access_denied":
      return new UserError("forbidden", "You declined on GitHub, so nothing was connected.");
    case "device_flow_disabled":
      return new UserError(
        "not-ready",
        "GitHub's device flow is switched off for Redline's App: whoever runs Redline switches it on in the App's settings.",
      );
    case "incorrect_client_credentials":
      return unknownApp({ cause: error });
    default:
      return statusOf(error) === 404
        ? unknownApp({ cause: error })
        : explainRaw(error, "the device flow");
  }
}
