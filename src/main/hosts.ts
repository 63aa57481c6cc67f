/** The adapters that the settings ask for. Part of the composition root. */
import { createGitDocumentHost } from "../../adapters/git/document-host.ts";
import type { GitHubCredentials } from "../../adapters/github/credentials.ts";
import type { GitHub } from "../../adapters/github/github.ts";
import { createOfflineProvider } from "../../adapters/offline/provider.ts";
import type { RedisScripts } from "../../jobs/connection.ts";
import type { SignInOptions } from "../../adapters/web/options.ts";
import type { Config, Secrets } from "../config.ts";
import { hasSignIn } from "../config.ts";
import { Encryption } from "../encryption.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { noMetrics } from "../metrics.ts";
import type { DocumentHost, ModelProvider } from "../ports.ts";
import { ConnectedAccounts } from "../rfcs/connected-accounts.ts";
import { Access } from "../sign-in/access.ts";
import { SignIn } from "../sign-in/sign-in.ts";
import type { Sql } from "../store/database.ts";

/** Milliseconds that the GitHub client keeps between requests of a kind. */
export interface GitHubMinTimes {
  write: number;
  notification: number;
  retry: number;
}

/** One a process: its commits to one repository wait for each other. */
export function createGitHost(config: Config, logger: Logger): DocumentHost {
  return createGitDocumentHost({
    ...(config.programs.PATH !== undefined && { environment: config.programs }),
    log: (text) => logger.info({}, text),
  });
}

/** Documents and pull requests on GitHub; null where nothing gives access to it. Its packages are large. */
export async function createGitHubHosts(
  config: Config,
  secrets: Secrets,
  logger: Logger,
  given: {
    redis: RedisScripts | null;
    minTimes?: GitHubMinTimes | undefined;
    metrics?: Metrics;
  },
): Promise<GitHub | null> {
  const credentials = gitHubCredentials(config, secrets);
  if (credentials === null) return null;
  const { createGitHub } = await import("../../adapters/github/github.ts");
  const { redis, minTimes, metrics } = given;
  return createGitHub({
    credentials,
    logger,
    metrics,
    ...(config.github.apiUrl !== null && { apiUrl: config.github.apiUrl }),
    clientId: config.github.clientId ?? undefined,
    clientSecret: secrets.githubClientSecret ?? undefined,
    throttle: { ...(redis && { redis }), ...(minTimes && { minTimes }) },
    // What a look at the pull request does not notice anyway; it asks for the tip first.
    lookEveryMs: 4 * config.github.pollMs,
  });
}

/** Null where people cannot connect their accounts. */
export function createConnectedAccounts(
  secrets: Secrets,
  gitHub: GitHub | null,
  { sql, logger }: { sql: Sql; logger: Logger },
): ConnectedAccounts | null {
  const keys = secrets.encryptionKeys;
  const host = gitHub?.accounts ?? null;
  if (host === null || keys === null) return null;
  const encryption = new Encryption(keys.current, keys.previous);
  return new ConnectedAccounts({ sql, host, encryption, logger });
}

/** Where people sign in on the console, and what is theirs to see there; null where that is off. */
export function createSignIn(
  config: Config,
  secrets: Secrets,
  gitHub: GitHub | null,
  given: { sql: Sql; accounts: ConnectedAccounts | null; logger: Logger },
): SignInOptions | null {
  const { sql, accounts, logger } = given;
  const { publicUrl } = config.web;
  const keys = secrets.encryptionKeys;
  const host = gitHub?.signIn ?? null;
  if (!hasSignIn(config, secrets) || !publicUrl || !keys || !host || !accounts) return null;
  const encryption = new Encryption(keys.current, keys.previous);
  const pullRequestHosts = [gitHub!.pullRequests];
  return {
    publicUrl,
    desk: new SignIn({ sql, host, accounts, encryption, publicUrl, logger }),
    access: new Access({ sql, host, accounts, pullRequestHosts }),
  };
}

function gitHubCredentials(config: Config, secrets: Secrets): GitHubCredentials | null {
  const { appId } = config.github;
  const { githubPrivateKey: privateKey, githubToken: token } = secrets;
  if (appId !== null && privateKey !== null) return { kind: "app", appId, privateKey };
  return token === null ? null : { kind: "token", token };
}

/** The configured providers. Their packages are loaded only where they are used: they are large. */
export async function createProviders(
  config: Config,
  secrets: Secrets,
  logger: Logger,
  metrics: Metrics = noMetrics,
): Promise<ModelProvider[]> {
  const { anthropicBaseUrl, openAiBaseUrl } = config.models;
  const idleTimeoutMs = config.models.idleTimeoutMs ?? undefined;
  const shared = (provider: string) => ({
    idleTimeoutMs,
    logger,
    onRetry: () => metrics.count("model_retries_total", { provider }),
  });
  const providers: ModelProvider[] = [];
  if (secrets.anthropicApiKey !== null) {
    const { createAnthropicProvider } = await import("../../adapters/anthropic/provider.ts");
    const baseUrl = anthropicBaseUrl ?? undefined;
    const apiKey = secrets.anthropicApiKey;
    providers.push(createAnthropicProvider({ apiKey, baseUrl, ...shared("anthropic") }));
  }
  if (openAiBaseUrl !== null) {
    const { createOpenAiProvider } = await import("../../adapters/openai/provider.ts");
    const apiKey = secrets.openAiApiKey ?? undefined;
    providers.push(createOpenAiProvider({ apiKey, baseUrl: openAiBaseUrl, ...shared("openai") }));
  }
  return providers.length > 0 ? providers : [createOfflineProvider()];
}
