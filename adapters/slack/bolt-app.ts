/**
 * Replays stored envelopes through Bolt, whose listeners say in Redline's words what happened. Nothing is
 * acknowledged here: that was done once the envelope was stored.
 */
import { App, LogLevel } from "@slack/bolt";
import type { Receiver } from "@slack/bolt";
import type { ChatEvent, ChatPerson } from "../../src/chat/chat-event.ts";
import type { InboxItem } from "../../src/chat/inbox-worker.ts";
import type { Logger } from "../../src/log.ts";
import { CHANNEL_ENDS, CHANNEL_LEAVINGS, COMMAND, DISCUSS } from "./manifest.ts";
import { teamOf } from "./envelopes.ts";
import type { SlackTokens } from "./installations.ts";
import { list, record, text } from "../../src/json.ts";
import { slackLogger } from "./logger.ts";
import {
  readChannelGone,
  readCommand,
  readDiscuss,
  readHome,
  readMessage,
  readPress,
  readStop,
  readSubmission,
} from "./bolt-app-events.ts";
import type { Reading } from "./bolt-app-events.ts";

export interface SlackEventsOptions {
  apiUrl: string;
  tokens: SlackTokens;
  /** A person's name as others see it. */
  nameOf(person: ChatPerson): Promise<string>;
  /** Records and decides, given what the event came in. A rejection makes the envelope run again. */
  handle(event: ChatEvent, item: InboxItem): Promise<void>;
  logger: Logger;
}

/** What the listeners of one replay share. */
interface Replay {
  collect(event: ChatEvent | null): void;
  reading: Reading;
}

/** The app is not in the workspace; what comes from there concerns nobody. */
class UnknownWorkspace extends Error {
  override readonly name = "UnknownWorkspace";
}

/** Works off one stored envelope. Rejects as `handle` does, or where access cannot be looked up. */
export function createSlackEvents(options: SlackEventsOptions): (item: InboxItem) => Promise<void> {
  const { tokens, handle, logger } = options;
  const app = createApp(options);

  const eventsIn = async (body: Record<string, unknown>): Promise<ChatEvent[]> => {
    const events: ChatEvent[] = [];
    const reading: Reading = {
      workspaceId: teamOf(body),
      botUserId: "",
      nameOf: (id) =>
        options
          .nameOf({ platform: "slack", workspaceId: reading.workspaceId, id })
          // A name is no reason to keep a message waiting.
          .catch(() => id),
    };
    const replay: Replay = { collect: (event) => event && events.push(event), reading };
    await app.processEvent({ body, ack: async () => {}, customProperties: { replay } });
    return events;
  };

  return async (item) => {
    const { eventId, payload, receivedAt } = item;
    const body = { ...record(payload) };
    const removal = readRemoval(body);
    if (removal) {
      const { workspaceId, bots } = removal;
      if (!(await tokens.forget(workspaceId, bots, happenedAt(body, receivedAt)))) return;
      return handle({ kind: "uninstalled", platform: "slack", workspaceId }, item);
    }
    let events: ChatEvent[] = [];
    try {
      events = await eventsIn(body);
    } catch (error) {
      const about = { eventId, workspaceId: teamOf(body) };
      if (isUnknownWorkspace(error)) {
        logger.warn(about, "an event of a workspace that is not installed");
        return;
      }
      const cause = unwrapped(error);
      // Bolt takes Slack at its word; where it stumbles, it would stumble again.
      if (!(cause instanceof TypeError)) throw cause;
      logger.error({ ...about, err: cause }, "what Slack sent cannot be read");
    }
    for (const event of events) await handle(event, item);
  };
}

function createApp({ apiUrl, tokens, logger }: SlackEventsOptions): App {
  const receiver: Receiver = { init() {}, start: async () => {}, stop: async () => {} };
  const app = new App({
    receiver,
    logger: slackLogger(logger, "Bolt"),
    logLevel: LogLevel.INFO,
    // Each event runs through here once; there is no conversation to keep in memory.
    convoStore: false,
    clientOptions: { slackApiUrl: apiUrl },
    authorize: async ({ teamId }) => {
      const access = teamId === undefined ? null : await tokens.tokenFor(teamId);
      if (!access) throw new UnknownWorkspace();
      return { botToken: access.token, botUserId: access.botUserId };
    },
  });
  app.error(async (error) => {
    throw error;
  });
  app.use(async ({ context, next }) => {
    const replay = replayOf(context);
    replay.reading.botUserId = text(context.botUserId) ?? "";
    await next();
  });
  listenToEvents(app, logger);
  listenToPeople(app);
  return app;
}

function listenToEvents(app: App, logger: Logger): void {
  // Whichever of the two came first was stored.
  for (const type of ["message", "app_mention"] as const) {
    app.event(type, async ({ context, event }) => {
      const { collect, reading } = replayOf(context);
      collect(await readMessage(record(event), reading));
    });
  }
  app.event("app_home_opened", async ({ context, event }) => {
    const { collect, reading } = replayOf(context);
    collect(readHome(record(event), reading));
  });
  app.event("agent_session_stopped", async ({ context, event }) => {
    const { collect, reading } = replayOf(context);
    collect(readStop(record(event), reading));
  });
  for (const type of CHANNEL_ENDS) {
    app.event(type, async ({ context, event }) => {
      const { collect, reading } = replayOf(context);
      collect(readChannelGone(record(event), reading));
    });
  }
  for (const type of CHANNEL_LEAVINGS) {
    app.event(type, async ({ context, event }) => {
      const about = {
        workspaceId: replayOf(context).reading.workspaceId,
        channel: record(event)["channel"],
      };
      logger.warn(about, "Redline was removed from a channel; invite it to go on there");
    });
  }
}

function listenToPeople(app: App): void {
  app.command(COMMAND, async ({ context, command }) => {
    const { collect, reading } = replayOf(context);
    collect(await readCommand(record(command), reading));
  });
  app.shortcut(DISCUSS, async ({ context, body }) => {
    const { collect, reading } = replayOf(context);
    collect(await readDiscuss(record(body), reading));
  });
  app.action(/^redline:/, async ({ context, body, action }) => {
    const { collect, reading } = replayOf(context);
    collect(readPress(record(body), record(action), reading));
  });
  app.view(/^redline:/, async ({ context, body }) => {
    const { collect, reading } = replayOf(context);
    collect(readSubmission(record(body), reading));
  });
}

function replayOf(context: object): Replay {
  return (context as { replay: Replay }).replay;
}

/** The end of an installation, of which Bolt knows nothing; `bots` null is all of it. */
function readRemoval(
  body: Readonly<Record<string, unknown>>,
): { workspaceId: string; bots: string[] | null } | null {
  const event = record(body["event"]);
  const workspaceId = teamOf(body);
  if (event["type"] === "app_uninstalled") return { workspaceId, bots: null };
  if (event["type"] !== "tokens_revoked") return null;
  const bots = list(record(event["tokens"])["bot"]).filter((id) => typeof id === "string");
  return { workspaceId, bots };
}

/** When it was so at the latest: what is heard of late may have been said long before. */
function happenedAt(body: Readonly<Record<string, unknown>>, receivedAt: Date): Date {
  const seconds = body["event_time"];
  if (typeof seconds !== "number") return receivedAt;
  // Slack tells whole seconds.
  return new Date(Math.min(receivedAt.getTime(), (seconds + 1) * 1_000));
}

/** Bolt wraps what it does not know. */
function unwrapped(error: unknown): unknown {
  const { original } = error as { original?: unknown };
  return original instanceof Error ? unwrapped(original) : error;
}

function isUnknownWorkspace(error: unknown): boolean {
  return unwrapped(error) instanceof UnknownWorkspace;
}
