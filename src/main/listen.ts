/** What listens to people and platforms. Part of the composition root. */
import type { AdminOptions, SignInOptions, WebhookHandler } from "../../adapters/web/options.ts";
import { createWebServer } from "../../adapters/web/server.ts";
import type { JobBackend } from "../../jobs/backend.ts";
import { createQueueBoard } from "../../jobs/queue-board.ts";
import type { BuiltEngine } from "../build-engine.ts";
import type { InboxIntake } from "../chat/inbox-intake.ts";
import type { Config, Secrets } from "../config.ts";
import type { Logger } from "../log.ts";
import type { Metrics, MetricsPage } from "../metrics.ts";
import { countTaken, noMetrics } from "../metrics.ts";
import type { HostEvent } from "../reviews/host-event.ts";
import type { Teardown } from "../teardown.ts";
import type { Tracing } from "../tracing.ts";
import type { Discord, DiscordListening } from "./discord.ts";
import type { Slack } from "./slack.ts";

export interface ListenParts {
  /** Where this process takes in what happens in Slack. */
  receives: { slack: Slack; intake: InboxIntake } | null;
  /** And in Discord. */
  hears: { discord: Discord; listening: DiscordListening } | null;
  backend: JobBackend;
  /** Where people sign in; null where they cannot. */
  signIn: SignInOptions | null;
  metrics: (Metrics & MetricsPage) | null;
  tracing: Tracing;
  /** Where people reach the console. */
  publicUrl(): string;
  logger: Logger;
  teardown: Teardown;
}

/**
 * Begins to listen as the roles ask for, a process that only works for questions about its health alone; the
 * web server's address, null without one.
 */
export async function listen(
  config: Config,
  secrets: Secrets,
  built: BuiltEngine,
  { receives, hears, backend, signIn, metrics, tracing, publicUrl, logger, teardown }: ListenParts,
): Promise<string | null> {
  const { host, healthPort } = config.web;
  const takesIn = config.roles.has("ingest");
  const servesPeople = config.roles.has("web");
  const port = takesIn || servesPeople ? config.web.port : healthPort;
  if (port === null) return null;
  const slack = takesIn ? receives : null;
  const webhooks =
    takesIn || servesPeople
      ? await gitHubWebhooks(secrets, built, logger, metrics ?? noMetrics)
      : {};
  if (slack) Object.assign(webhooks, slack.slack.webhooks(slack.intake));
  const web = await createWebServer({
    engine: built.engine,
    host,
    port,
    token: secrets.token,
    logger,
    ...(metrics && { metrics }),
    tracing,
    signIn: servesPeople ? signIn : null,
    admin: adminOptions(secrets, backend, publicUrl),
    trustProxy: config.web.trustProxy,
    publicUrl: config.web.publicUrl,
    servesPeople,
    webhooks,
    platformPages: slack?.slack.pages ?? {},
  });
  teardown.add("the web server", () => web.close());
  const socket = slack?.slack.listen(slack.intake);
  if (socket) teardown.add("the connection to Slack", () => socket.close());
  if (takesIn && hears) {
    const gateway = hears.discord.listen(hears.listening);
    teardown.add("the connection to Discord", () => gateway.close());
    await gateway.begun;
  }
  return web.url;
}

function adminOptions(
  { adminToken: token }: Secrets,
  backend: JobBackend,
  publicUrl: () => string,
): AdminOptions | null {
  if (token === null) return null;
  const links = [
    { text: "Overview", url: "/overview" },
    { text: "Sign out", url: "/admin/sign-out" },
  ];
  return { token, publicUrl, queues: (path) => createQueueBoard(backend, path, links) };
}

async function gitHubWebhooks(
  { githubWebhookSecret: secret }: Secrets,
  { hostEvents }: BuiltEngine,
  logger: Logger,
  metrics: Metrics,
): Promise<Record<string, WebhookHandler>> {
  if (secret === null) return {};
  const { createWebhookReceiver } = await import("../../adapters/github/webhooks.ts");
  const store = (event: HostEvent): Promise<"stored" | "known"> =>
    countTaken(metrics, event, () => hostEvents.receive(event));
  return { "/webhooks/github": createWebhookReceiver({ secret, store, logger }) };
}

const EVERYWHERE = ["0.0.0.0", "::", "[::]"];

/** Where the console of this configuration listens, in whatever process. */
export function listenUrl({ web: { host, port } }: Config): string {
  const name = EVERYWHERE.includes(host) ? "localhost" : host;
  return `http://${name.includes(":") && !name.startsWith("[") ? `[${name}]` : name}:${port}`;
}
