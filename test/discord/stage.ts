/** Discord as a stage of conversations: one thread of a text channel. */
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel, Interaction, Message } from "../fakes/discord/model.ts";
import type { ChatDoing } from "../support/chat-stage.ts";
import { ChatStage } from "../support/chat-stage.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";

const MODAL = 9;
const LABELS = { accept: "Accept", decline: "Decline", edit: "Edit" } as const;

export class DiscordStage extends ChatStage<DiscordApp, FakeUser> {
  /** What the thread was begun from. */
  private first: Message | null = null;
  private readonly said = new Map<string, Message>();

  static async start(document?: string): Promise<DiscordStage> {
    return new DiscordStage(await DiscordApp.start(document === undefined ? {} : { document }));
  }

  seen(): string[] {
    if (!this.first) return [];
    const { discord, channel } = this.world;
    const first = discord.visible(channel).filter(({ id }) => id === this.first!.id);
    return [...first, ...discord.visible(this.thread())].map(
      ({ author, text }) => `${author}: ${this.plain(text)}`,
    );
  }

  calls(): Record<string, number> {
    const { discord, ada, bob } = this.world;
    // When somebody is told in private is chance.
    const posted = discord
      .requestsOf("POST /channels/{channel_id}/messages")
      .filter(({ body }) => !JSON.stringify(body).includes("_You get this because"));
    const deleted = discord.requestsOf("DELETE /channels/{channel_id}/messages/{message_id}");
    const forms = discord.interactions.filter(({ answer }) => answer === MODAL);
    return {
      messages: posted.filter(({ status }) => status === 200).length,
      ephemerals: ada.told().length + bob.told().length,
      deletions: deleted.filter(({ status }) => status === 204).length,
      forms: forms.length,
    };
  }

  pings(): readonly unknown[] {
    return this.world.discord.pings;
  }

  protected get mention(): string {
    return this.world.discord.mention;
  }

  protected toldTo(user: FakeUser): string[] {
    return this.world.told(user);
  }

  protected async act(user: FakeUser, doing: ChatDoing): Promise<void> {
    if ("says" in doing) return await this.say(user, doing.says);
    if ("edits" in doing) {
      const message = this.said.get(doing.edits)!;
      user.edits(message, this.typed(doing.to));
      return await this.world.stored(`update:${message.id}:`);
    }
    if ("deletes" in doing) {
      const message = this.said.get(doing.deletes)!;
      user.deletes(message);
      return await this.world.stored(`delete:${message.id}`);
    }
    if ("presses" in doing) return await this.press(user, doing);
    const form = await until(async () => user.modal, "a form");
    await this.taken(await user.submits(form, doing.sends));
  }

  private async say(user: FakeUser, words: string): Promise<void> {
    const place = this.first ? this.thread() : this.world.channel;
    const message = user.says(place, this.typed(words));
    this.said.set(words, message);
    await this.world.stored(`create:${message.id}`);
    if (this.first) return;
    this.first = message;
    await this.world.threadOf(message);
  }

  private async press(
    user: FakeUser,
    { presses, change }: Extract<ChatDoing, { presses: string }>,
  ): Promise<void> {
    const card = this.thread().messages.findLast(
      ({ id, components }) =>
        components.length > 0 && new RegExp(`Change #${change}\\b`, "u").test(this.textOf(id)),
    );
    if (!card) throw new Error(`there is no card of change #${change}`);
    await this.taken(await user.presses(card, LABELS[presses]));
  }

  /** Answered in time, and stored. */
  private async taken({ id, answer }: Interaction): Promise<void> {
    if (answer === null) throw new Error("the interaction was not answered in time");
    await this.world.stored(`interaction:${id}`);
  }

  private thread(): Channel {
    const thread = this.first && this.world.discord.world.threadOf(this.first);
    if (!thread) throw new Error("there is no thread");
    return thread;
  }

  private textOf(id: string): string {
    return this.world.visible(this.thread()).find((one) => one.id === id)?.text ?? "";
  }
}
