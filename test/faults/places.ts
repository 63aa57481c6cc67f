/** Where people ask in chat, and what they see there. */
import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeUser as DiscordUser } from "../fakes/discord/fake-user.ts";
import type { Channel as DiscordChannel } from "../fakes/discord/model.ts";
import type { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser as SlackUser } from "../fakes/slack/fake-user.ts";
import type { Channel as SlackChannel } from "../fakes/slack/model.ts";
import { isPlaceholder } from "../support/chat-places.ts";
import { until } from "../support/test-app.ts";
import { marksIn } from "./marks.ts";

abstract class Place {
  abstract readonly name: string;
  /** What was asked here, by its mark. */
  readonly asked: string[] = [];

  /** Texts of what Redline shows here. */
  protected abstract texts(): string[];
  protected abstract unfinished(): string[];

  /** Marks that no answer here has. */
  unseen(): string[] {
    const shown = new Set(this.texts().flatMap(marksIn));
    return this.asked.filter((mark) => !shown.has(mark));
  }

  broken(): string[] {
    const shown = this.texts().flatMap(marksIn);
    const doubled = shown.filter((mark, at) => shown.indexOf(mark) !== at);
    return [
      ...doubled.map((mark) => `${this.name} shows the answer to ${mark} more than once`),
      ...this.unseen().map((mark) => `${this.name} does not show the answer to ${mark}`),
      ...this.unfinished().map((text) => `${this.name} shows something unfinished: ${text}`),
    ];
  }
}

export class SlackPlace extends Place {
  readonly name = "Slack";
  readonly fake: FakeSlack;
  readonly team: FakeTeam;
  readonly #ada: SlackUser;
  readonly #channel: SlackChannel;
  #thread = "";

  constructor(fake: FakeSlack) {
    super();
    this.fake = fake;
    this.team = fake.addTeam("Acme");
    this.#ada = this.team.addUser("ada", { isAdmin: true });
    this.#channel = this.team.addChannel("rfcs", { members: [this.#ada] });
  }

  async link(): Promise<void> {
    const { ts } = this.#ada.says(this.#channel, `${this.team.mention} link rfc new`);
    this.#thread = ts;
    await until(async () => this.texts().length === 1, "the greeting in Slack");
  }

  ask(mark: string): void {
    this.asked.push(mark);
    this.#ada.says(this.#channel, `${this.team.mention} question ${mark}`, {
      threadTs: this.#thread,
    });
  }

  #replies() {
    return this.fake.visible(this.#channel, this.#thread).filter(({ isBot }) => isBot);
  }

  protected texts(): string[] {
    return this.#replies().map(({ text }) => text);
  }

  protected unfinished(): string[] {
    return this.#replies()
      .filter(({ state, tasks, text }) => {
        const hasOpenTask = tasks.some(({ status }) => status !== "complete");
        return state === "live" || hasOpenTask || isPlaceholder(text);
      })
      .map(({ text }) => text);
  }
}

export class DiscordPlace extends Place {
  readonly name = "Discord";
  readonly fake: FakeDiscord;
  readonly #ada: DiscordUser;
  readonly #channel: DiscordChannel;
  #thread: DiscordChannel | null = null;

  constructor(fake: FakeDiscord) {
    super();
    this.fake = fake;
    const guild = fake.addGuild("Acme");
    this.#ada = guild.addMember("ada", ["MANAGE_GUILD"]);
    this.#channel = guild.addChannel("rfcs");
  }

  async link(): Promise<void> {
    const said = this.#ada.says(this.#channel, `${this.fake.mention} link rfc new`);
    this.#thread = await until(async () => this.fake.world.threadOf(said), "a thread in Discord");
    await until(async () => this.texts().length === 1, "the greeting in Discord");
  }

  ask(mark: string): void {
    this.asked.push(mark);
    this.#ada.says(this.#thread!, `${this.fake.mention} question ${mark}`);
  }

  protected texts(): string[] {
    return this.fake
      .visible(this.#thread!)
      .filter(({ isBot }) => isBot)
      .map(({ text }) => text);
  }

  protected unfinished(): string[] {
    const typing = this.fake.typing(this.#thread!);
    return [...typing, ...this.texts().filter(isPlaceholder)];
  }
}
