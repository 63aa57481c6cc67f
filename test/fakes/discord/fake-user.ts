import type { Control } from "./components.ts";
import { controlsOf, isSelect } from "./components.ts";
import { commandData, focusedData, menuData } from "./command-data.ts";
import type { OptionValues } from "./command-data.ts";
import { interact } from "./interactions.ts";
import { filledIn } from "./modal-data.ts";
import type { Attachment, Channel, Interaction, Json, Message, Modal, User } from "./model.ts";
import type { Permission } from "./permissions.ts";
import { PERMISSIONS } from "./permissions.ts";
import type { Stage } from "./stage.ts";
import { seen } from "./show.ts";
import type { Seen } from "./show.ts";

/** What a person does in Discord's client; a bot of another app can speak too. */
export class FakeUser {
  readonly user: User;
  readonly #stage: Stage;

  constructor(stage: Stage, user: User) {
    this.#stage = stage;
    this.user = user;
  }

  get id(): string {
    return this.user.id;
  }

  get mention(): string {
    return `<@${this.id}>`;
  }

  /** The direct messages with the bot. */
  get direct(): Channel {
    return this.#stage.world.direct(this.id);
  }

  /** Lets the bot send no direct messages, or does again. */
  blocksBot(blocks = true): void {
    const { blockedBy } = this.#stage.world;
    if (blocks) blockedBy.add(this.id);
    else blockedBy.delete(this.id);
  }

  says(
    channel: Channel,
    text: string,
    options: { repliesTo?: Message; pings?: boolean; files?: Record<string, string> } = {},
  ): Message {
    const { world } = this.#stage;
    const permission = channel.thread ? "SEND_MESSAGES_IN_THREADS" : "SEND_MESSAGES";
    this.#demand(channel, permission);
    if (channel.thread?.locked && !this.#may(channel, "MANAGE_THREADS")) {
      throw new Error(`${channel.name} is locked`);
    }
    const { repliesTo, pings = true } = options;
    channel.thread?.members.add(this.id);
    return world.post(channel, this.id, {
      content: text,
      attachments: this.#files(options.files ?? {}),
      reference: repliesTo ? { channelId: channel.id, messageId: repliesTo.id } : null,
      allowed: { users: "all", roles: "all", everyone: true, repliedUser: pings },
    });
  }

  edits(message: Message, text: string): void {
    const { world } = this.#stage;
    this.#demandOwn(message);
    world.change(message, () => {
      message.content = text;
      message.editedAt = world.clock.now();
    });
  }

  deletes(message: Message): void {
    this.#demandOwn(message);
    this.#stage.world.remove(message);
  }

  reacts(message: Message, emoji: string): void {
    const users = message.reactions.get(emoji) ?? [];
    message.reactions.set(emoji, [...users, this.id]);
    const happened = { message, userId: this.id, emoji, isAdded: true };
    this.#stage.world.tell({ kind: "reaction", ...happened });
  }

  types(channel: Channel): void {
    const { world } = this.#stage;
    channel.typing.set(this.id, world.clock.now() + world.sizes.typingTime);
    world.tell({ kind: "typing", channel, userId: this.id });
  }

  /** A button by its custom_id or its label. Resolves when it is answered, or has failed. */
  async presses(message: Message, button: string): Promise<Interaction> {
    const control = this.#control(message, button, ({ type }) => type === 2);
    if (control.component["disabled"] === true) throw new Error(`${button} is disabled`);
    return await this.#uses(message, control, {});
  }

  /** Options of a menu by their values or their labels. */
  async chooses(
    message: Message,
    menu: string,
    ...values: readonly string[]
  ): Promise<Interaction> {
    const control = this.#control(message, menu, ({ component }) => isSelect(component));
    if (control.component["disabled"] === true) throw new Error(`${menu} is disabled`);
    const options = (control.component["options"] ?? []) as Json[];
    const chosen = values.map((wanted) => {
      const option = options.find(({ value, label }) => value === wanted || label === wanted);
      if (!option && control.type === 3) throw new Error(`${menu} has no option ${wanted}`);
      return option ? String(option["value"]) : wanted;
    });
    const [least, most] = [control.component["min_values"], control.component["max_values"]];
    if (chosen.length < Number(least) || chosen.length > Number(most)) {
      throw new Error(`${menu} takes ${String(least)} to ${String(most)} options`);
    }
    return await this.#uses(message, control, { values: chosen });
  }

  /** The form that is open; null where there is none. */
  get modal(): Modal | null {
    return this.#stage.world.modals.findLast(({ userId }) => userId === this.id) ?? null;
  }

  /** Texts and choices by custom_id. It closes when the app answers. @throws Error for what the client would stop */
  async submits(
    modal: Modal,
    values: Record<string, string | string[]> = {},
  ): Promise<Interaction> {
    const { world } = this.#stage;
    if (!world.modals.includes(modal)) throw new Error("the form is closed");
    const { channelId, source } = modal.interaction;
    const data = { custom_id: modal.customId, ...filledIn(modal, values) };
    const channel = world.channel(channelId);
    const interaction = await interact(world, {
      kind: "modal",
      channel,
      userId: this.id,
      data,
      source,
    });
    if (interaction.answer !== null) this.closes(modal);
    return interaction;
  }

  closes(modal: Modal): void {
    const { modals } = this.#stage.world;
    const at = modals.indexOf(modal);
    if (at !== -1) modals.splice(at, 1);
  }

  /** `/rfc link`, with its options by name; in threads too. @throws Error for what the client would stop */
  async runs(channel: Channel, command: string, options: OptionValues = {}): Promise<Interaction> {
    this.#demandCommands(channel);
    const data = commandData(this.#stage.world, channel, this.id, command, options);
    return await interact(this.#stage.world, { kind: "command", channel, userId: this.id, data });
  }

  /** Types `typed` into an option; resolves with the names offered, null when none came in time. */
  async completes(
    channel: Channel,
    command: string,
    option: string,
    typed: string,
    others: OptionValues = {},
  ): Promise<{ name: string; value: string | number }[] | null> {
    const { world } = this.#stage;
    this.#demandCommands(channel);
    const data = focusedData(world, channel, this.id, command, option, typed, others);
    const kind = "autocomplete";
    const { choices } = await interact(world, { kind, channel, userId: this.id, data });
    return choices as { name: string; value: string | number }[] | null;
  }

  /** A command of a message's context menu. */
  async usesOn(message: Message, command: string): Promise<Interaction> {
    const { world } = this.#stage;
    const channel = world.channelOf(message);
    this.#demandCommands(channel);
    const data = menuData(world, channel, this.id, command, message);
    return await interact(world, { kind: "command", channel, userId: this.id, data });
  }

  /** What is shown to this person alone, in order. */
  told(channel?: Channel): Seen[] {
    const { world } = this.#stage;
    const channels = channel
      ? [channel]
      : [...world.guilds.values()].flatMap((guild) => [...guild.channels.values()]);
    return channels
      .flatMap(({ messages }) => messages)
      .filter(({ onlyFor }) => onlyFor === this.id)
      .map((message) => seen(world, message));
  }

  async #uses(message: Message, control: Control, more: Json): Promise<Interaction> {
    const { world } = this.#stage;
    const channel = world.channelOf(message);
    if (message.onlyFor !== null && message.onlyFor !== this.id) {
      throw new Error(`${this.user.username} does not see this message`);
    }
    const data = {
      custom_id: control.customId,
      component_type: control.type,
      id: control.component["id"],
      ...more,
    };
    const source = message;
    return await interact(world, { kind: "component", channel, userId: this.id, data, source });
  }

  #control(message: Message, wanted: string, fits: (control: Control) => boolean): Control {
    const all = controlsOf(message.components).filter(fits);
    const found = all.filter(({ customId, label }) => customId === wanted || label === wanted);
    const [control] = found;
    const names = all.map(({ customId, label }) => `${label} (${customId})`).join(", ");
    if (!control) throw new Error(`there is no ${wanted}; there are ${names}`);
    if (found.length > 1) throw new Error(`there are ${found.length} of ${wanted}: say which`);
    return control;
  }

  #files(files: Record<string, string>): Attachment[] {
    return Object.entries(files).map(([filename, text]) => ({
      id: this.#stage.world.ids.next(),
      filename,
      description: null,
      contentType: "text/plain; charset=utf-8",
      bytes: Buffer.from(text),
    }));
  }

  #demandOwn(message: Message): void {
    if (message.authorId !== this.id) {
      throw new Error(`${this.user.username} did not write ${message.id}`);
    }
  }

  #demandCommands(channel: Channel): void {
    if (channel.guildId !== null) this.#demand(channel, "USE_APPLICATION_COMMANDS");
  }

  #may(channel: Channel, permission: Permission): boolean {
    return (this.#stage.world.permissions(channel, this.id) & PERMISSIONS[permission]) !== 0n;
  }

  #demand(channel: Channel, permission: Permission): void {
    const isSeen = this.#stage.world.canSee(channel, this.id);
    if (!isSeen || !this.#may(channel, permission)) {
      throw new Error(`${this.user.username} lacks ${permission} in ${channel.name}`);
    }
  }
}

export const personIn = (stage: Stage, name: string, isBot = false): FakeUser =>
  new FakeUser(stage, stage.world.addUser(name, isBot));
