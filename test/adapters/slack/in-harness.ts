/** The inbound half of Slack as the app has it: real Bolt, Socket Mode and HTTP, the store and the worker. */
import { createSlackEvents } from "../../../adapters/slack/bolt-app.ts";
import { createSlackReceiver } from "../../../adapters/slack/http.ts";
import { createSingleToken } from "../../../adapters/slack/installations.ts";
import type { SlackTokens } from "../../../adapters/slack/installations.ts";
import { createSlackIntake } from "../../../adapters/slack/intake.ts";
import { EVENTS_PATH } from "../../../adapters/slack/manifest.ts";
import { openSlackSocket } from "../../../adapters/slack/socket.ts";
import type { PlatformPage } from "../../../adapters/web/options.ts";
import { createWebServer } from "../../../adapters/web/server.ts";
import type { ChatEvent, ChatPerson } from "../../../src/chat/chat-event.ts";
import { InboxIntake } from "../../../src/chat/inbox-intake.ts";
import { InboxWorker } from "../../../src/chat/inbox-worker.ts";
import type { Sql } from "../../../src/store/database.ts";
import { FakeEngine } from "../../fakes/fake-engine.ts";
import type { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../../fakes/slack/fake-team.ts";
import type { LogLine } from "../../support/test-app.ts";
import { memoryLogger, until } from "../../support/test-app.ts";

export interface InboundOptions {
  sql: Sql;
  slack: FakeSlack;
  team: FakeTeam;
  via: "socket" | "http";
  tokens?: SlackTokens;
  handle?: (event: ChatEvent) => Promise<void>;
  limitMs?: number;
  pages?: Record<string, PlatformPage>;
}

export class Inbound implements AsyncDisposable {
  readonly events: ChatEvent[] = [];
  readonly log: LogLine[] = [];
  url = "";
  private readonly options: InboundOptions;
  private readonly parts: (() => Promise<unknown>)[] = [];

  private constructor(options: InboundOptions) {
    this.options = options;
  }

  static async start(options: InboundOptions): Promise<Inbound> {
    const inbound = new Inbound(options);
    await inbound.open();
    return inbound;
  }

  /** All that came is worked off. */
  async settled(): Promise<ChatEvent[]> {
    const { sql, slack } = this.options;
    await slack.settled();
    await until(async () => {
      const [row] = await sql<{ count: number }[]>`
        select count(*) from inbox where state = 'waiting' and source = 'slack'`;
      return row!.count === 0;
    }, "the end of what came").catch((error: unknown) => {
      throw new Error(JSON.stringify(this.log), { cause: error });
    });
    return this.events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.parts.toReversed()) await close();
  }

  private async open(): Promise<void> {
    const { sql, slack, team, via, limitMs } = this.options;
    const logger = memoryLogger(this.log);
    const token = team.state.install?.botToken ?? "";
    const tokens =
      this.options.tokens ?? createSingleToken({ token, apiUrl: slack.apiUrl, sql, logger });
    const worker = new InboxWorker({
      sql,
      source: "slack",
      handle: createSlackEvents({
        apiUrl: slack.apiUrl,
        tokens,
        nameOf: async ({ id }: ChatPerson) => team.state.users.get(id)?.displayName ?? id,
        handle:
          this.options.handle ??
          (async (event) => {
            this.events.push(event);
          }),
        logger,
      }),
      logger,
      leaseMs: 2_000,
      concurrency: 8,
    });
    this.parts.push(() => worker.stop(2_000));
    const wake = (): void => void worker.wake();
    const store = new InboxIntake({
      sql,
      source: "slack",
      wake,
      logger,
      ...(limitMs !== undefined && { limitMs }),
    });
    const intake = createSlackIntake({ store: (event) => store.store(event), logger });
    if (via === "socket") {
      const { appToken } = slack.app;
      const socket = openSlackSocket({ appToken, apiUrl: slack.apiUrl, intake, logger });
      this.parts.push(() => socket.close());
      await socket.connected;
      return;
    }
    const { signingSecret } = slack.app;
    const web = await createWebServer({
      engine: new FakeEngine(),
      host: "127.0.0.1",
      port: 0,
      token: null,
      logger,
      servesPeople: false,
      webhooks: { [EVENTS_PATH]: createSlackReceiver({ signingSecret, intake, logger }) },
      platformPages: this.options.pages ?? {},
    });
    this.parts.push(() => web.close());
    this.url = web.url;
    slack.deliverTo(web.url + EVENTS_PATH);
  }
}
