/** `redline setup slack`: everything that Slack wants to know of the app. Part of the composition root. */
import { createManifest, manifestLink } from "../../adapters/slack/manifest.ts";
import { readConfig } from "../config.ts";

export function setupSlack(): number {
  const { slack, web } = readConfig().config;
  process.stdout.write(slackSetup(web.publicUrl, slack.apiUrl));
  return 0;
}

/** @param publicUrl where Slack reaches this installation; null for Socket Mode. Pure. */
export function slackSetup(publicUrl: string | null, apiUrl: string): string {
  const manifest = createManifest({ publicUrl });
  return [
    JSON.stringify(manifest, null, 2),
    "",
    "This link creates the app from it, in the workspace that you choose:",
    manifestLink(manifest, apiUrl),
    "",
    ...(publicUrl === null ? SOCKET_MODE : HTTP),
    "",
  ].join("\n");
}

const SOCKET_MODE = [
  "1. Under “Basic Information”, make an app-level token with the scope connections:write: SLACK_APP_TOKEN.",
  "2. Under “Install App”, install the app: the bot user's token is SLACK_BOT_TOKEN.",
  "3. Start Redline with both, and invite @Redline to a channel. (REDLINE_URL makes the app use HTTP instead.)",
];

const HTTP = [
  "1. From “Basic Information” take SLACK_SIGNING_SECRET and, for many workspaces, SLACK_CLIENT_ID and SLACK_CLIENT_SECRET.",
  "2. For many workspaces set ENCRYPTION_KEY too (“openssl rand -base64 32”); for one, install the app and set SLACK_BOT_TOKEN.",
  "3. Start Redline; for many workspaces, open /slack/install below REDLINE_URL. Then invite @Redline to a channel.",
];
