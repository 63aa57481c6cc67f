/**
 * The one way to GitHub's API. Every request, whoever makes it, waits its turn (also between processes),
 * is bounded in time, and is repeated only where it reads; answers that GitHub calls unchanged are told from
 * memory and cost nothing of its rate limit.
 */
import { createAppAuth } from "@octokit/auth-app";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import type { Logger } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics.ts";
import { boundedRequests } from "./bounded-requests.ts";
import { conditionalRequests } from "./conditional-requests.ts";
import { countedRequests } from "./counted-requests.ts";
import type { GitHubCredentials } from "./credentials.ts";
import { explaining, statusOf } from "./failures.ts";
import { Installations, type Installation } from "./installations.ts";
import { isRepositoryName, ownerAndName } from "./names.ts";
import { rateLimits } from "./rate-limits.ts";
import { Throttle, type ThrottleOptions } from "./throttling.ts";
import { wholeAnswers } from "./whole-answers.ts";

const TIMEOUT_MS = 60_000;
const RETRIES = 2;

export interface GitHubClientOptions {
  /** Default `https://api.github.com`; of GitHub Enterprise Server `https://<host>/api/v3`. */
  apiUrl?: string;
  credentials: GitHubCredentials;
  logger: Logger;
  metrics?: Metrics | undefined;
  userAgent?: string;
  throttle?: ThrottleOptions;
  /** For one call with all its waits and repetitions; default 60,000. */
  timeoutMs?: number;
}

/** Who Redline is on GitHub. */
export interface GitHubAccount {
  /** `<slug>[bot]` for an App; empty where GitHub does not say. */
  login: string;
  id: string | null;
  kind: "app" | "user" | "unknown";
}

export interface GitHubClient {
  readonly apiUrl: string;
  /** Where people look at it: scheme and host, such as `https://github.com`. */
  readonly webUrl: string;
  readonly kind: GitHubCredentials["kind"];
  /** Whether a `repository` is one of GitHub's: `owner/name`. */
  serves(repository: string): boolean;
  /**
   * Makes requests that concern the repository. Requests other than GET are never repeated.
   *
   * @throws UserError where there is no access; HostBusy
   */
  for(repository: string): Promise<Octokit>;
  /** The account that `for` acts as; `repository` is for messages. @throws UserError, HostBusy */
  account(repository?: string): Promise<GitHubAccount>;
  /** The App's installation on the repository; null with a token. @throws UserError, HostBusy */
  installation(repository: string): Promise<Installation | null>;
}

export function createGitHubClient(options: GitHubClientOptions): GitHubClient {
  return new Client(options);
}

// The first one is the closest to the network, and sees each repetition.
const RuledOctokit = Octokit.plugin(
  countedRequests,
  conditionalRequests,
  rateLimits,
  throttling,
  retry,
  boundedRequests,
);

class Client implements GitHubClient {
  readonly apiUrl: string;
  readonly webUrl: string;
  readonly kind: GitHubCredentials["kind"];
  readonly #options: GitHubClientOptions;
  readonly #throttle: Throttle;
  /** Speaks for a token's account, or for the App itself. */
  readonly #own: Octokit;
  readonly #installations: Installations | null = null;
  readonly #byInstallation = new Map<number, Octokit>();
  #account: Promise<GitHubAccount> | null = null;

  constructor(options: GitHubClientOptions) {
    const { apiUrl = "https://api.github.com", credentials } = options;
    this.apiUrl = apiUrl.replace(/\/+$/, "");
    this.webUrl = webUrlOf(this.apiUrl);
    this.kind = credentials.kind;
    this.#options = options;
    this.#throttle = new Throttle(options.throttle);
    if (credentials.kind === "token") {
      this.#own = this.#octokit("token", { auth: credentials.token });
    } else {
      const { appId, privateKey } = credentials;
      const auth = { appId, privateKey };
      this.#own = this.#octokit(`app-${appId}`, { authStrategy: createAppAuth, auth });
      this.#installations = new Installations(this.#own);
    }
  }

  serves(repository: string): boolean {
    return isRepositoryName(repository);
  }

  async for(repository: string): Promise<Octokit> {
    const installation = await this.installation(repository);
    if (installation === null) return this.#own;
    const { id } = installation;
    const known = this.#byInstallation.get(id);
    if (known !== undefined) return known;
    const octokit = this.#ofInstallation(id);
    this.#byInstallation.set(id, octokit);
    return octokit;
  }

  async account(repository = "any repository"): Promise<GitHubAccount> {
    this.#account ??= this.#askAccount(repository);
    try {
      return await this.#account;
    } catch (error) {
      this.#account = null;
      throw error;
    }
  }

  async installation(repository: string): Promise<Installation | null> {
    return (await this.#installations?.find(ownerAndName(repository))) ?? null;
  }

  async #askAccount(repository: string): Promise<GitHubAccount> {
    return await explaining(repository, async () => {
      if (this.kind === "app") {
        const { data } = await this.#own.rest.apps.getAuthenticated();
        return { login: `${data?.slug}[bot]`, id: null, kind: "app" };
      }
      try {
        const { data } = await this.#own.rest.users.getAuthenticated();
        return { login: data.login, id: String(data.id), kind: "user" };
      } catch (error) {
        // The tokens of Actions and of installations belong to no user.
        if (![403, 404].includes(statusOf(error) ?? 0)) throw error;
        return { login: "", id: null, kind: "unknown" };
      }
    });
  }

  #ofInstallation(id: number): Octokit {
    if (this.#options.credentials.kind !== "app") throw new Error("A token has no installations");
    const { appId, privateKey } = this.#options.credentials;
    const auth = { appId, privateKey, installationId: id };
    const octokit = this.#octokit(`installation-${id}`, { authStrategy: createAppAuth, auth });
    octokit.hook.error("request", (error) => {
      this.#installations?.doubt(id, statusOf(error));
      // It would go on using the token that it was given until the hour is over.
      if (statusOf(error) === 401) this.#byInstallation.delete(id);
      throw error;
    });
    return octokit;
  }

  /** @param scope who makes the requests: limits and remembered answers are kept apart by it */
  #octokit(scope: string, auth: { auth: unknown; authStrategy?: unknown }): Octokit {
    const { logger, metrics, userAgent = "redline", timeoutMs = TIMEOUT_MS } = this.#options;
    const log = octokitLog(logger);
    const { throttle, takeSlot } = this.#throttle.optionsFor(`${this.apiUrl} ${scope}`);
    return new RuledOctokit({
      ...auth,
      baseUrl: this.apiUrl,
      userAgent,
      log,
      throttle,
      request: {
        fetch: wholeAnswers(timeoutMs),
        log,
        timeoutMs,
        takeSlot,
        metrics,
        credentials: this.kind,
      },
      retry: {
        retries: RETRIES,
        retryAfterBaseValue: this.#throttle.retryMs,
        // What the request is at fault for, or a limit, stays as it is however often it is repeated.
        doNotRetry: [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 451],
      },
    });
  }
}

/** Octokit reports each request, and each failure even where it is expected. */
export function octokitLog(logger: Logger): Record<"debug" | "info" | "warn" | "error", LogLine> {
  const trace = (message: string): void => logger.debug({}, `GitHub: ${message}`);
  return {
    debug: () => {},
    info: trace,
    warn: (message) => logger.warn({}, `GitHub: ${message}`),
    error: trace,
  };
}

type LogLine = (message: string, info?: object) => unknown;

/** Source: docs.github.com, "Hosting URLs" of GitHub Enterprise Server and of data residency. */
function webUrlOf(apiUrl: string): string {
  const { protocol, host } = new URL(apiUrl);
  return `${protocol}//${host.replace(/^api\.(?=github\.com$|[\w-]+\.ghe\.com$)/, "")}`;
}
