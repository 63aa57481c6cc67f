import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import {
  authorizeUrl,
  BOT_SCOPES,
  createManifest,
  manifestLink,
} from "../../../adapters/slack/manifest.ts";
import { slackSetup } from "../../../src/main/setup-slack.ts";

interface Reference {
  methods: Record<string, { scope: { bot?: string[] } }>;
  events: Record<string, { scopes: string[] }>;
}
interface Manifest {
  features: {
    slash_commands: { command: string; url?: string }[];
    shortcuts: { callback_id: string }[];
  };
  oauth_config: { scopes: { bot: string[] }; redirect_urls?: string[] };
  settings: {
    event_subscriptions: { bot_events: string[]; request_url?: string };
    interactivity: { is_enabled: boolean; request_url?: string };
    socket_mode_enabled: boolean;
  };
}

const reference = JSON.parse(
  readFileSync(new URL("../../contracts/slack.methods.json", import.meta.url), "utf8"),
) as Reference;
const API = "https://slack.com/api/";
const manifest = (publicUrl: string | null) => createManifest({ publicUrl }) as Manifest;

/** Every method that the adapter calls. */
const CALLED = [
  "auth.test",
  "chat.postMessage",
  "chat.update",
  "chat.delete",
  "chat.postEphemeral",
  "chat.getPermalink",
  "chat.startStream",
  "chat.appendStream",
  "chat.stopStream",
  "conversations.history",
  "conversations.replies",
  "users.info",
  "views.open",
  "views.publish",
  "assistant.threads.setStatus",
  "agents.sessions.setStatus",
];
const HISTORY = ["channels:history", "groups:history", "im:history", "mpim:history"];

describe("the manifest", () => {
  it("asks for the scopes of its calls, events and features, and for nothing more", () => {
    const needed = new Set([
      // The slash command and the shortcut, and what declares the app an agent.
      "commands",
      "assistant:write",
      // Of conversations it opens those with one person alone.
      "im:write",
      ...CALLED.flatMap((method) => reference.methods[method]!.scope.bot ?? []),
      // The reference names `app_mentions:read` with a dot.
      ...manifest(null).settings.event_subscriptions.bot_events.flatMap((name) =>
        reference.events[name]!.scopes.map((scope) => scope.replace("mentions.", "mentions:")),
      ),
    ]);
    expect([...needed].toSorted()).toEqual([...BOT_SCOPES].toSorted());
    expect(HISTORY.every((scope) => needed.has(scope))).toBe(true);
    expect(manifest(null).oauth_config.scopes.bot).toEqual([...BOT_SCOPES]);
  });

  it("goes by Socket Mode, or names where Slack reaches it", () => {
    const socket = manifest(null);
    expect(socket.settings.socket_mode_enabled).toBe(true);
    expect(JSON.stringify(socket)).not.toMatch(/"(request_)?url"/);
    const http = manifest("https://rfc.example.com/");
    expect(http.settings.socket_mode_enabled).toBe(false);
    const events = "https://rfc.example.com/slack/events";
    expect(http.settings.event_subscriptions.request_url).toBe(events);
    expect(http.settings.interactivity).toEqual({ is_enabled: true, request_url: events });
    expect(http.features.slash_commands[0]).toMatchObject({ command: "/rfc", url: events });
    expect(http.oauth_config.redirect_urls).toEqual([
      "https://rfc.example.com/slack/oauth_redirect",
    ]);
  });

  it("is in the link that creates the app", () => {
    const url = new URL(manifestLink(manifest(null), API));
    expect(url.origin + url.pathname).toBe("https://api.slack.com/apps");
    expect(url.searchParams.get("new_app")).toBe("1");
    expect(JSON.parse(url.searchParams.get("manifest_json")!)).toEqual(manifest(null));
  });

  it.each([
    ["Slack itself", API, "https://api.slack.com/apps", "https://slack.com"],
    [
      "GovSlack",
      "https://slack-gov.com/api/",
      "https://api.slack-gov.com/apps",
      "https://slack-gov.com",
    ],
    [
      "a proxy",
      "http://proxy.internal:8080/slack/api/",
      "https://api.slack.com/apps",
      "https://slack.com",
    ],
    [
      "a host that looks alike",
      "https://not-slack-gov.com/api/",
      "https://api.slack.com/apps",
      "https://slack.com",
    ],
  ])("sends people to the pages of %s, whose API is at %s", (_, apiUrl, apps, slack) => {
    const printed = slackSetup(null, apiUrl);
    expect(printed.match(/https\S+(?=\?new_app=1)/)?.[0]).toBe(apps);
    expect(authorizeUrl(apiUrl)).toBe(`${slack}/oauth/v2/authorize`);
  });

  it("is printed as JSON, with the link and three steps", () => {
    const printed = slackSetup(null, API);
    const json = printed.slice(0, printed.indexOf("\n}\n") + 2);
    expect(JSON.parse(json)).toEqual(manifest(null));
    expect(printed).toContain("https://api.slack.com/apps?new_app=1&manifest_json=");
    expect(printed.match(/^\d\. /gm)).toHaveLength(3);
  });
});
