/**
 * “Add to Slack”: sends people to Slack with a state that only their browser can bring back, once and within ten
 * minutes, and stores what Slack hands out. The flow itself is Bolt's own.
 */
import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { InstallProvider } from "@slack/oauth";
import type { InstallURLOptions, StateStore } from "@slack/oauth";
import type { Encryption } from "../../src/encryption.ts";
import type { Logger } from "../../src/log.ts";
import type { Sql } from "../../src/store/database.ts";
import { putEvent } from "../../src/store/inbox.ts";
import type { SlackInstallations } from "./installations.ts";
import { slackLogger } from "./logger.ts";
import { authorizeUrl, BOT_SCOPES, INSTALL_PATH, REDIRECT_PATH } from "./manifest.ts";

export interface SlackOAuthOptions {
  clientId: string;
  clientSecret: string;
  apiUrl: string;
  /** Where Slack sends people back to; null leaves it to the app's settings. */
  publicUrl: string | null;
  installations: SlackInstallations;
  encryption: Encryption;
  sql: Sql;
  logger: Logger;
}

/** Answers one GET with whatever it takes. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const STATE_SECONDS = 600;
const STATE_USE = "state of an installation";

/** The pages by path. */
export function createSlackOAuth(options: SlackOAuthOptions): Record<string, PageHandler> {
  const { apiUrl, publicUrl, installations, logger } = options;
  const installer = new InstallProvider({
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    stateStore: createStateStore(options),
    stateCookieExpirationSeconds: STATE_SECONDS,
    directInstall: true,
    installationStore: installations,
    clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 1 }, timeout: 10_000 },
    authorizationUrl: authorizeUrl(apiUrl),
    logger: slackLogger(logger, "OAuth"),
  });
  const installOptions: InstallURLOptions = {
    scopes: [...BOT_SCOPES],
    ...(publicUrl !== null && { redirectUri: publicUrl.replace(/\/+$/, "") + REDIRECT_PATH }),
  };
  return {
    [INSTALL_PATH]: (request, response) =>
      installer.handleInstallPath(request, response, undefined, installOptions),
    [REDIRECT_PATH]: (request, response) =>
      installer.handleCallback(request, response, {
        afterInstallation: async (installation) => {
          if (installation.isEnterpriseInstall !== true) return true;
          logger.warn({}, "an installation for a whole organization was refused");
          show(response, 422, ORG_WIDE);
          return false;
        },
        success: (installation) => {
          logger.info(
            { workspaceId: installation.team?.id },
            "the app was installed in a workspace",
          );
          show(response, 200, DONE);
        },
        failure: (error) => {
          logger.warn({ code: error.code, says: error.message }, "an installation failed");
          const isOurs = !/state|code|authorization/i.test(error.code);
          show(response, isOurs ? 500 : 400, failureText(error.code));
        },
      }),
  };
}

const DONE = "Redline is installed. Go back to Slack, and mention @Redline in a thread to begin.";
const ORG_WIDE =
  "Redline is installed workspace by workspace, not for a whole organization: install it again and choose one workspace.";

function failureText(code: string): string {
  if (/state/i.test(code)) {
    return `This link was used before, is too old, or was opened in another browser: begin again at ${INSTALL_PATH}.`;
  }
  if (/authorization/i.test(code)) return "Redline was not installed: the request was cancelled.";
  return `Redline could not be installed; begin again at ${INSTALL_PATH}. The server's log has the reason.`;
}

function show(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}

/** States are sealed rather than stored; that one was used is noted where events are. */
function createStateStore({ encryption, sql }: SlackOAuthOptions): StateStore {
  return {
    async generateStateParam(installOptions, now) {
      const nonce = randomBytes(16).toString("hex");
      const state = JSON.stringify({ installOptions, at: now.getTime(), nonce });
      return encryption.seal(state, STATE_USE);
    },
    async verifyStateParam(now, state) {
      const { installOptions, at } = open(encryption, state);
      if (Math.abs(now.getTime() - at) > STATE_SECONDS * 1_000) throw new StateRefused("too old");
      const isFirst = await putEvent(sql, {
        source: "slack-oauth",
        eventId: createHash("sha256").update(state).digest("hex"),
        kind: "state",
        subject: "",
        payload: {},
      });
      if (!isFirst) throw new StateRefused("used before");
      return installOptions;
    },
  };
}

function open(
  encryption: Encryption,
  state: string,
): { installOptions: InstallURLOptions; at: number } {
  try {
    return JSON.parse(encryption.unseal(state, STATE_USE).text) as ReturnType<typeof open>;
  } catch (error) {
    throw new StateRefused("not ours", { cause: error });
  }
}

/** With the code that Slack's package has for a wrong state. */
class StateRefused extends Error {
  override readonly name = "StateRefused";
  readonly code = "slack_oauth_invalid_state";
}
