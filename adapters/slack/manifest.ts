/** The Slack app that Redline needs: what it may do, what it hears, and how it looks. Pure. */

/** `callback_id` of the message shortcut “Discuss in RFC”. */
export const DISCUSS = "discuss_in_rfc";
export const COMMAND = "/rfc";

/** What the bot may do; each is needed by a call or an event. Source: the reference of those. */
export const BOT_SCOPES = [
  "app_mentions:read",
  // What declares the app an agent, with the agent's view and native streaming.
  "assistant:write",
  "channels:history",
  "channels:read",
  "chat:write",
  "commands",
  "groups:history",
  // To hear that it was removed from a private channel.
  "groups:read",
  "im:history",
  // To look whether a private message was sent already.
  "im:write",
  "mpim:history",
  "users:read",
] as const;

/** Events that end what Redline has in a channel. An archived one may come back, and is only left alone. */
export const CHANNEL_ENDS = ["channel_deleted", "group_deleted"] as const;

/** The bot was removed from a channel; what it has there goes on once it is invited again. */
export const CHANNEL_LEAVINGS = ["channel_left", "group_left"] as const;

/** Subscriptions; Slack sends all of `message.…` as `message`. */
const BOT_EVENTS = [
  "agent_session_stopped",
  "app_home_opened",
  "app_mention",
  "app_uninstalled",
  ...CHANNEL_ENDS,
  ...CHANNEL_LEAVINGS,
  "message.channels",
  "message.groups",
  "message.im",
  "message.mpim",
  "tokens_revoked",
] as const;

/** Types of the events that are heard. */
export const EVENTS: ReadonlySet<string> = new Set(BOT_EVENTS.map((name) => name.split(".")[0]!));

/** Slack's paths, as Bolt has them. */
export const EVENTS_PATH = "/slack/events";
export const INSTALL_PATH = "/slack/install";
export const REDIRECT_PATH = "/slack/oauth_redirect";

export interface ManifestOptions {
  /** Where Slack reaches this installation, such as `https://rfc.example.com`; null for Socket Mode. */
  publicUrl: string | null;
}

/** The app's manifest, as JSON. Source: docs.slack.dev, "App manifest reference". */
export function createManifest({ publicUrl }: ManifestOptions): object {
  const base = publicUrl?.replace(/\/+$/, "") ?? null;
  const requests = base === null ? {} : { request_url: base + EVENTS_PATH };
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: {
      name: "Redline",
      description:
        "Discuss an RFC where you already talk; turn what is agreed into edits and commits.",
      background_color: "#8b1e1e",
    },
    features: {
      bot_user: { display_name: "Redline", always_online: true },
      app_home: {
        home_tab_enabled: true,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: false,
      },
      agent_view: {
        agent_description:
          "Answers questions about an RFC, proposes edits as redlines, and commits what is accepted.",
      },
      slash_commands: [
        {
          command: COMMAND,
          ...(base !== null && { url: base + EVENTS_PATH }),
          description: "Link an RFC here, see its state, decide its changes",
          usage_hint: "link <rfc or pull request> | status | changes | help",
          should_escape: true,
        },
      ],
      shortcuts: [
        {
          name: "Discuss in RFC",
          type: "message",
          callback_id: DISCUSS,
          description: "Takes this message as a quote into an RFC's thread",
        },
      ],
    },
    oauth_config: {
      ...(base !== null && { redirect_urls: [base + REDIRECT_PATH] }),
      scopes: { bot: [...BOT_SCOPES] },
    },
    settings: {
      event_subscriptions: { ...requests, bot_events: [...BOT_EVENTS] },
      interactivity: { is_enabled: true, ...requests },
      org_deploy_enabled: false,
      socket_mode_enabled: base === null,
      token_rotation_enabled: false,
    },
  };
}

/** Creates the app from the manifest, in the browser of whoever opens it. */
export function manifestLink(manifest: object, apiUrl: string): string {
  const url = new URL(`https://api.${siteOf(apiUrl)}/apps?new_app=1`);
  url.searchParams.set("manifest_json", JSON.stringify(manifest));
  return url.href;
}

/** Where people agree to install the app. */
export function authorizeUrl(apiUrl: string): string {
  return `https://${siteOf(apiUrl)}/oauth/v2/authorize`;
}

/**
 * The domain of the pages for people, whose browsers never go through a proxy of the API.
 * Source: docs.slack.dev, "GovSlack".
 */
function siteOf(apiUrl: string): string {
  const { hostname } = new URL(apiUrl);
  return /(?:^|\.)slack-gov\.com$/.test(hostname) ? "slack-gov.com" : "slack.com";
}

/** Scopes that the app needs and was not given. */
export function missingScopes(given: readonly string[]): string[] {
  return BOT_SCOPES.filter((scope) => !given.includes(scope));
}
