import { ConfigError } from "./config-error.ts";
import type { Values } from "./variables.ts";
import { ENCRYPTION_KEY } from "./variables.ts";

/**
 * How Slack reaches this installation: `socket` and `http` serve the one workspace of the bot's token,
 * `oauth` every workspace that installs the app.
 */
export type SlackMode = "socket" | "http" | "oauth";

/** @throws ConfigError when what the mode needs is not set */
export function slackMode(values: Values): SlackMode | null {
  const need = (name: keyof Values, beside: string, what: string): void => {
    if (values[name] !== undefined) return;
    throw new ConfigError(`${name} must be set beside ${beside}: ${what}.`);
  };
  if (values.SLACK_CLIENT_ID !== undefined || values.SLACK_CLIENT_SECRET !== undefined) {
    const beside = values.SLACK_CLIENT_ID === undefined ? "SLACK_CLIENT_SECRET" : "SLACK_CLIENT_ID";
    need("SLACK_CLIENT_ID", beside, "the client id of the Slack app");
    need("SLACK_CLIENT_SECRET", beside, "the client secret of the Slack app");
    need("SLACK_SIGNING_SECRET", beside, "the signing secret of the Slack app");
    need("ENCRYPTION_KEY", beside, `${ENCRYPTION_KEY}, for the tokens of workspaces`);
    if (values.SLACK_APP_TOKEN === undefined) return "oauth";
    throw new ConfigError(
      "SLACK_APP_TOKEN must not be set beside SLACK_CLIENT_ID: Socket Mode serves one workspace, OAuth many.",
    );
  }
  if (values.SLACK_APP_TOKEN !== undefined) {
    need("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "the bot's token, which begins with xoxb-");
    return "socket";
  }
  if (values.SLACK_BOT_TOKEN === undefined) {
    if (values.SLACK_SIGNING_SECRET === undefined) return null;
    const beside = "SLACK_SIGNING_SECRET";
    need("SLACK_CLIENT_ID", beside, "the client id of the Slack app, or SLACK_BOT_TOKEN");
    return null;
  }
  if (values.SLACK_SIGNING_SECRET !== undefined) return "http";
  const what = "the app-level token, which begins with xapp- (or SLACK_SIGNING_SECRET, for HTTP)";
  need("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", what);
  return null;
}
