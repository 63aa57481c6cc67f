/** Puts Slack's adapter together as the settings ask for it. Part of the composition root. */
import { EVENTS_PATH } from "../../adapters/slack/manifest.ts";
import type { PlatformPage, WebhookHandler } from "../../adapters/web/options.ts";
import type { ChatSource } from "../build-chat.ts";
import { SafeCallSlots } from "../chat/call-slots.ts";
import type { InboxIntake } from "../chat/inbox-intake.ts";
import type { Config, Secrets } from "../config.ts";
import { Encryption } from "../encryption.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { createCallSlots } from "../store/call-slots.ts";
import type { Sql } from "../store/database.ts";

export interface Slack extends ChatSource {
  /** Begins to take in what happens; null where that comes by HTTP. */
  listen(intake: InboxIntake): { close(): Promise<void> } | null;
  /** What is taken in by HTTP, by path. */
  webhooks(intake: InboxIntake): Record<string, WebhookHandler>;
  /** Pages for people who install the app. */
  pages: Record<string, PlatformPage>;
}

interface SlackParts {
  sql: Sql;
  logger: Logger;
  metrics: Metrics;
  paceFactor: number | undefined;
  streamMs: number | undefined;
}

/** Null where Slack is off. Its packages are loaded only where they are used. */
export async function createSlack(
  config: Config,
  secrets: Secrets,
  { sql, logger, metrics, paceFactor, streamMs }: SlackParts,
): Promise<Slack | null> {
  const { mode, apiUrl, clientId } = config.slack;
  if (mode === null) return null;
  const [installing, platforms, bolt, intakes, http, socket, askers] = await loadAdapter();
  const { encryptionKeys: keys, slackBotToken, slackAppToken, slackSigningSecret } = secrets;
  const encryption = keys && new Encryption(keys.current, keys.previous);
  const installations =
    mode === "oauth" && encryption ? new installing.SlackInstallations(sql, encryption) : null;
  const tokens =
    installations ?? installing.createSingleToken({ token: slackBotToken!, apiUrl, sql, logger });
  const platform = platforms.createSlackPlatform({
    tokenFor: (teamId) => tokens.tokenFor(teamId),
    apiUrl,
    slots: new SafeCallSlots(createCallSlots(sql), logger),
    logger,
    metrics,
    ...(paceFactor !== undefined && { paceFactor }),
    ...(streamMs !== undefined && { streamMs }),
  });
  const take = (intake: InboxIntake) =>
    intakes.createSlackIntake({ store: (event) => intake.store(event), logger });
  const pages: Record<string, PlatformPage> = {};
  if (installations && encryption && clientId !== null) {
    const { createSlackOAuth } = await import("../../adapters/slack/oauth.ts");
    const clientSecret = secrets.slackClientSecret!;
    const { publicUrl } = config.web;
    const options = { clientId, clientSecret, apiUrl, publicUrl, installations, encryption };
    Object.assign(pages, createSlackOAuth({ ...options, sql, logger }));
  }
  return {
    platform,
    isOpen: mode !== "oauth",
    dispatch: (handle) => {
      const nameOf = platform.nameOf.bind(platform);
      return bolt.createSlackEvents({ apiUrl, tokens, nameOf, handle, logger });
    },
    askerOf: askers.readAsker,
    listen: (intake) =>
      mode === "socket"
        ? socket.openSlackSocket({ appToken: slackAppToken!, apiUrl, intake: take(intake), logger })
        : null,
    webhooks: (intake): Record<string, WebhookHandler> => {
      if (mode === "socket") return {};
      const signingSecret = slackSigningSecret!;
      const receiver = http.createSlackReceiver({ signingSecret, intake: take(intake), logger });
      return { [EVENTS_PATH]: receiver };
    },
    pages,
  };
}

const loadAdapter = () =>
  Promise.all([
    import("../../adapters/slack/installations.ts"),
    import("../../adapters/slack/platform.ts"),
    import("../../adapters/slack/bolt-app.ts"),
    import("../../adapters/slack/intake.ts"),
    import("../../adapters/slack/http.ts"),
    import("../../adapters/slack/socket.ts"),
    import("../../adapters/slack/asker.ts"),
  ]);
