import { createSlackPlatform } from "../../../adapters/slack/platform.ts";
import { LocalCallSlots } from "../../../src/chat/call-slots.ts";
import type { CallSlots } from "../../../src/chat/call-slots.ts";
import type { ChatPerson, ChatPlace, Reply } from "../../../src/chat/chat-event.ts";
import type { ChatPlatform } from "../../../src/chat/chat-platform.ts";
import type { Logger } from "../../../src/log.ts";
import { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import type { FakeSlackOptions } from "../../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../../fakes/slack/fake-team.ts";
import type { FakeUser } from "../../fakes/slack/fake-user.ts";
import type { Channel } from "../../fakes/slack/model.ts";

interface LogLine {
  level: string;
  fields: object;
  message: string;
}

export interface OutWorldOptions extends FakeSlackOptions {
  slots?: CallSlots;
  paceFactor?: number;
  apiUrl?: string;
}

/** The platform over a fake Slack with a workspace, a channel and a thread in it. */
export class OutWorld implements AsyncDisposable {
  readonly slack: FakeSlack;
  readonly team: FakeTeam;
  readonly ada: FakeUser;
  readonly channel: Channel;
  readonly root: string;
  readonly platform: ChatPlatform;
  readonly log: LogLine[] = [];

  private constructor(slack: FakeSlack, options: OutWorldOptions) {
    this.slack = slack;
    this.team = slack.addTeam("Acme");
    this.ada = this.team.addUser("ada");
    this.channel = this.team.addChannel("rfcs", { members: [this.ada] });
    this.root = this.ada.says(this.channel, "what about section 2?").ts;
    const { team } = this;
    this.platform = createSlackPlatform({
      tokenFor: (teamId) =>
        Promise.resolve(
          teamId === team.id ? { token: team.botToken, botUserId: team.botUserId } : null,
        ),
      apiUrl: options.apiUrl ?? slack.apiUrl,
      slots: options.slots ?? new LocalCallSlots(),
      logger: this.#logger(),
      // Waits of milliseconds instead of seconds, where a test does not measure them.
      paceFactor: options.paceFactor ?? 0.001,
    });
  }

  static async start(options: OutWorldOptions = {}): Promise<OutWorld> {
    const rates = { postInterval: 1, ...options.rates };
    return new OutWorld(await FakeSlack.start({ ...options, rates }), options);
  }

  get at(): ChatPlace {
    return this.placeOf(`${this.channel.id}/${this.root}`);
  }

  get person(): ChatPerson {
    return { platform: "slack", workspaceId: this.team.id, id: this.ada.id };
  }

  placeOf(place: string): ChatPlace {
    return { platform: "slack", workspaceId: this.team.id, place };
  }

  reply(more: Partial<Reply> = {}): Reply {
    const { channel, root: thread } = this;
    return { channel: channel.id, thread, trigger: null, responseUrl: null, ...more };
  }

  /** What a person sees in the thread after its first message. */
  get seen(): ReturnType<FakeSlack["visible"]> {
    return this.slack.visible(this.channel, this.root).slice(1);
  }

  #logger(): Logger {
    const write = (level: string) => (fields: object, message: string) => {
      this.log.push({ level, fields, message });
    };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.slack.dispose();
  }
}
