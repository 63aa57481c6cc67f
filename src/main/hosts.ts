/** The adapters that the settings ask for. Part of the composition root. */
import { createGitDocumentHost } from "../../adapters/git/document-host.ts";
import type { GitHubCredentials } from "../../adapters/github/credentials.ts";
import type { GitHub } from "../../adapters/github/github.ts";
import { createOfflineProvider } from "../../adapters/offline/provider.ts";
import type { RedisScripts } from "../../jobs/connection.ts";
import type { Config, Secrets } from "../config.ts";
import { Encryption } from "../encryption.ts";
import type { Logger } from "../log.ts";
import type { DocumentHost, ModelProvider } from "../ports.ts";
import { ConnectedAccounts } from "../rfcs/connected-accounts.ts";
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
  throttle: { redis: RedisScripts | null; minTimes?: GitHubMinTimes | undefined },
): Promise<GitHub | null> {
  const credentials = gitHubCredentials(config, secrets);
  if (credentials === null) return null;
  const { createGitHub } = await import("../../adapters/github/github.ts");
  const { redis, minTimes } = throttle;
  return createGitHub({
    credentials,
    logger,
    ...(config.github.apiUrl !== null && { apiUrl: config.github.apiUrl }),
    clientId: config.github.clientId ?? undefined,
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
): Promise<ModelProvider[]> {
  const { anthropicBaseUrl, openAiBaseUrl } = config.models;
  const idleTimeoutMs = config.models.idleTimeoutMs ?? undefined;
  const providers: ModelProvider[] = [];
  if (secrets.anthropicApiKey !== null) {
    const { createAnthropicProvider } = await import("../../adapters/anthropic/provider.ts");
    const baseUrl = anthropicBaseUrl ?? undefined;
    const apiKey = secrets.anthropicApiKey;
    providers.push(createAnthropicProvider({ apiKey, baseUrl, idleTimeoutMs, logger }));
  }
  if (openAiBaseUrl !== null) {
    const { createOpenAiProvider } = await import("../../adapters/openai/provider.ts");
    const apiKey = secrets.openAiApiKey ?? undefined;
    providers.push(createOpenAiProvider({ apiKey, baseUrl: openAiBaseUrl, idleTimeoutMs, logger }));
  }
  return providers.length > 0 ? providers : [createOfflineProvider()];
}
