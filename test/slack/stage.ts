/** Slack as a stage of conversations: one thread of a channel. */
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { ChatDoing } from "../support/chat-stage.ts";
import { ChatStage } from "../support/chat-stage.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";
import { cardsIn, shownText } from "./scene.ts";

/** An answer that is done early is posted, else streamed: they count as one. */
const WRITES: Record<string, readonly string[]> = {
  messages: ["chat.postMessage", "chat.startStream"],
  ephemerals: ["chat.postEphemeral"],
  deletions: ["chat.delete"],
  forms: ["views.open"],
};

export class SlackStage extends ChatStage<SlackApp, FakeUser> {
  private thread: string | null = null;
  private readonly said = new Map<string, string>();

  static async start(document?: string): Promise<SlackStage> {
    return new SlackStage(await SlackApp.start(document === undefined ? {} : { document }));
  }

  seen(): string[] {
    return this.world.visible(this.thread ?? undefined).map(({ author, text, tasks }) => {
      // Whether there was time for a line about what is being drafted is chance.
      const lines = text.split("\n").filter((line) => !tasks.some(({ title }) => title === line));
      return `${author}: ${this.plain(lines.join("\n"))}`;
    });
  }

  calls(): Record<string, number> {
    const count = (methods: readonly string[]): number =>
      methods
        .flatMap((method) => this.world.slack.callsOf(method))
        // When somebody is told in private is chance.
        .filter(({ args }) => !String(args["channel"]).startsWith("U")).length;
    return Object.fromEntries(Object.entries(WRITES).map(([name, all]) => [name, count(all)]));
  }

  pings(): readonly unknown[] {
    return this.world.slack.pings;
  }

  protected get mention(): string {
    return this.world.team.mention;
  }

  protected toldTo({ id }: FakeUser): string[] {
    return this.world.slack.ephemerals(this.world.channel, id).map(shownText);
  }

  protected override typed(words: string): string {
    const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
    return super.typed(words.replaceAll(/[&<>]/g, (mark) => marks[mark]!));
  }

  protected async act(user: FakeUser, doing: ChatDoing): Promise<void> {
    const { channel } = this.world;
    if ("says" in doing) this.say(user, doing.says);
    else if ("edits" in doing) {
      user.edits(channel, this.said.get(doing.edits)!, this.typed(doing.to));
    } else if ("deletes" in doing) user.deletes(channel, this.said.get(doing.deletes)!);
    else if ("presses" in doing) await this.press(user, doing);
    else {
      const form = await until(async () => user.modal, "a form");
      await user.submits(form, doing.sends);
    }
  }

  private say(user: FakeUser, words: string): void {
    const inThread = this.thread === null ? {} : { threadTs: this.thread };
    const { ts } = user.says(this.world.channel, this.typed(words), inThread);
    this.thread ??= ts;
    this.said.set(words, ts);
  }

  private async press(
    user: FakeUser,
    { presses, change }: Extract<ChatDoing, { presses: string }>,
  ): Promise<void> {
    const cards = cardsIn(this.world, this.thread!);
    const card = cards.find(({ fallback }) => fallback.startsWith(`Change #${change} `));
    if (!card) throw new Error(`there is no card of change #${change}`);
    await user.clicks(this.world.channel, card.ts, `redline:${presses}`);
  }
}
