import type { Control } from "./blocks.ts";
import { controlsOf } from "./blocks.ts";
import { actionOf, describeControls, fillIn } from "./form.ts";
import type { FormValue } from "./form.ts";
import { addView, checkedView, homeOf, replaceView, stackOf } from "./methods-views.ts";
import type {
  Channel,
  Delivery,
  Ephemeral,
  Json,
  Message,
  Person,
  TeamState,
  ViewState,
} from "./model.ts";
import { isMessage } from "./response-urls.ts";
import { messageJson, shownBlocks, streamPhase, viewJson } from "./show.ts";
import { SlackError } from "./slack-error.ts";
import type { Stage } from "./stage.ts";

export interface ClickOptions {
  /** Which of several buttons of that action_id. */
  value?: string;
  blockId?: string;
  /** What is chosen in a menu: an option's value, or ids of people or channels. */
  choose?: FormValue;
}

/** What a person does in Slack's client; a bot of another app can speak too. */
export class FakeUser {
  readonly person: Person;
  readonly #stage: Stage;
  readonly #team: TeamState;

  constructor(stage: Stage, team: TeamState, person: Person) {
    this.#stage = stage;
    this.#team = team;
    this.person = person;
  }

  get id(): string {
    return this.person.id;
  }

  get mention(): string {
    return `<@${this.id}>`;
  }

  says(
    channel: Channel,
    text: string,
    options: { threadTs?: string; blocks?: Json[]; broadcast?: boolean } = {},
  ): Message {
    if (channel.archived) throw new Error(`#${channel.name} is archived`);
    // Whoever writes in a public channel is in it.
    if (!channel.members.has(this.id) && channel.kind !== "public") {
      throw new Error(`${this.person.name} is not in ${channel.name}`);
    }
    channel.members.add(this.id);
    const { threadTs } = options;
    if (threadTs !== undefined) this.#message(channel, threadTs);
    return this.#stage.world.post(channel, this.person, {
      text,
      threadTs: threadTs ?? null,
      blocks: options.blocks ?? null,
      isBroadcast: options.broadcast ?? false,
    });
  }

  edits(channel: Channel, ts: string, text: string): void {
    const message = this.#own(channel, ts);
    this.#stage.world.change(message, () => {
      message.text = text;
      message.edited = { user: this.id, ts: this.#stage.world.nextTs() };
    });
  }

  deletes(channel: Channel, ts: string): void {
    this.#stage.world.remove(this.#own(channel, ts));
  }

  reacts(channel: Channel, ts: string, name: string): void {
    const message = this.#message(channel, ts);
    message.reactions.set(name, [...(message.reactions.get(name) ?? []), this.id]);
    this.#tell(channel, {
      type: "reaction_added",
      user: this.id,
      reaction: name,
      item_user: message.userId,
      item: { type: "message", channel: channel.id, ts },
    });
  }

  /** `/rfc`; not within threads, where Slack runs none. Resolves with what the app made of it. */
  async runsCommand(command: string, text: string, channel: Channel): Promise<Delivery> {
    const { world, responseUrls } = this.#stage;
    const place = {
      team: this.#team,
      channel,
      userId: this.id,
      threadTs: null,
      source: null,
    };
    const delivery = await this.#stage.deliveries.send("slash_commands", command, {
      token: "verification-token",
      team_id: this.#team.id,
      team_domain: this.#team.domain,
      channel_id: channel.id,
      channel_name: channel.kind === "public" ? channel.name : channelWord(channel),
      user_id: this.id,
      user_name: this.person.name,
      command,
      text,
      api_app_id: world.app.id,
      is_enterprise_install: "false",
      response_url: responseUrls.make(place),
      trigger_id: world.newTrigger(this.#team, this.id),
    });
    const said = delivery.response;
    if (said && (said["text"] !== undefined || said["blocks"] !== undefined)) {
      const wrong = responseUrls.respond(place, said);
      if (wrong !== null) this.#stage.note(`answer to ${command}: ${wrong}`);
    }
    return delivery;
  }

  /** A button or menu of a message. @throws Error when the message has none of that action_id */
  async clicks(
    channel: Channel,
    ts: string,
    actionId: string,
    options: ClickOptions = {},
  ): Promise<Delivery> {
    const { world, responseUrls } = this.#stage;
    const ephemeral = channel.ephemerals.find((one) => one.ts === ts && one.userId === this.id);
    const source: Message | Ephemeral = ephemeral ?? this.#message(channel, ts);
    const blocks = isMessage(source) ? shownBlocks(source) : source.blocks;
    const control = this.#control(controlsOf(blocks ?? []), actionId, options);
    const { threadTs } = source;
    const place = { team: this.#team, channel, userId: this.id, threadTs, source };
    return await this.#interact("block_actions", {
      container: {
        type: "message",
        message_ts: ts,
        channel_id: channel.id,
        is_ephemeral: ephemeral !== undefined,
        ...(threadTs !== null && { thread_ts: threadTs }),
      },
      trigger_id: world.newTrigger(this.#team, this.id),
      channel: { id: channel.id, name: channelWord(channel) },
      ...(isMessage(source) && { message: messageJson(world, source) }),
      state: { values: {} },
      response_url: responseUrls.make(place),
      actions: [actionOf(control, options.choose, world.nextTs())],
    });
  }

  /** The modal on top, and what of the App Home is shown; null where there is none. */
  get modal(): ViewState | null {
    const open = [...this.#stage.world.views.values()].filter(
      (view) => view.isOpen && view.type === "modal" && view.userId === this.id,
    );
    return open.at(-1) ?? null;
  }

  get home(): ViewState | null {
    return homeOf(this.#stage.world, this.#team.id, this.id);
  }

  /** A button or menu of a modal or of the App Home. */
  async clicksIn(view: ViewState, actionId: string, options: ClickOptions = {}): Promise<Delivery> {
    if (!view.isOpen) throw new Error("the view is closed");
    const { world } = this.#stage;
    const control = this.#control(controlsOf(view.view["blocks"] as Json[]), actionId, options);
    if (options.choose !== undefined) fillIn(view, { [actionId]: options.choose }, false);
    return await this.#interact("block_actions", {
      container: { type: "view", view_id: view.id },
      trigger_id: world.newTrigger(this.#team, this.id, view.id),
      view: viewJson(world, view),
      actions: [actionOf(control, options.choose, world.nextTs())],
    });
  }

  async usesShortcut(callbackId: string, message: Message): Promise<Delivery> {
    const { world, responseUrls } = this.#stage;
    const channel = world.channelOf(message);
    const place = {
      team: this.#team,
      channel,
      userId: this.id,
      threadTs: message.threadTs,
      source: null,
    };
    return await this.#interact("message_action", {
      callback_id: callbackId,
      trigger_id: world.newTrigger(this.#team, this.id),
      action_ts: world.nextTs(),
      message_ts: message.ts,
      response_url: responseUrls.make(place),
      channel: { id: channel.id, name: channelWord(channel) },
      message: messageJson(world, message),
    });
  }

  /** From the composer's menu. */
  async usesGlobalShortcut(callbackId: string): Promise<Delivery> {
    const { world } = this.#stage;
    return await this.#interact("shortcut", {
      callback_id: callbackId,
      trigger_id: world.newTrigger(this.#team, this.id),
      action_ts: world.nextTs(),
    });
  }

  /**
   * Fills in a modal, by action_id or block_id, and submits it. What the app answers happens: it closes, shows
   * errors, changes, or another comes on top. @throws Error for what the client would not let pass
   */
  async submits(view: ViewState, values: Record<string, FormValue> = {}): Promise<Delivery> {
    if (!view.isOpen) throw new Error("the view is closed");
    fillIn(view, values, true);
    const { world } = this.#stage;
    view.errors = {};
    const delivery = await this.#interact("view_submission", {
      trigger_id: world.newTrigger(this.#team, this.id, view.id),
      view: viewJson(world, view),
      response_urls: [],
    });
    if (delivery.state === "acknowledged") this.#follow(view, delivery.response ?? {});
    return delivery;
  }

  /** With the cross or the close button; the app hears of it where it asked to. */
  async closes(view: ViewState): Promise<Delivery | null> {
    view.isOpen = false;
    if (view.view["notify_on_close"] !== true) return null;
    return await this.#interact("view_closed", {
      view: viewJson(this.#stage.world, view),
      is_cleared: false,
    });
  }

  /** The app's own page, or its messages. */
  opensHome(tab: "home" | "messages" = "home"): void {
    const { world } = this.#stage;
    const channel = this.#direct();
    const { home } = this;
    this.#tell(channel, {
      type: "app_home_opened",
      user: this.id,
      channel: channel.id,
      tab,
      ...(home && tab === "home" && { view: viewJson(world, home) }),
    });
  }

  /** Opens the assistant; `from`: the channel that was looked at. Returns the thread's first message. */
  startsAssistantThread(from?: Channel): Message {
    const channel = this.#direct();
    const { world } = this.#stage;
    const bot = this.#team.users.get(this.#team.install?.botUserId ?? "");
    if (!bot) throw new Error("the app is not installed");
    const message = world.post(channel, bot, { text: "New Assistant Thread" });
    this.#tell(channel, {
      type: "assistant_thread_started",
      assistant_thread: {
        user_id: this.id,
        context: from ? { channel_id: from.id, team_id: this.#team.id, enterprise_id: null } : {},
        channel_id: channel.id,
        thread_ts: message.ts,
      },
    });
    return message;
  }

  /** The stop button beside a message that is being streamed: all live streams of its thread stop. */
  stopsStreaming(channel: Channel, ts: string): void {
    const { world } = this.#stage;
    const asked = this.#message(channel, ts);
    const threadTs = asked.threadTs ?? asked.ts;
    const live = world
      .thread(channel, threadTs)
      .filter(({ stream }) => stream && streamPhase(world, stream) === "live");
    if (live.length === 0) throw new Error("nothing is being streamed there");
    for (const { stream } of live) if (stream) stream.state = "stopped";
    this.#tell(channel, {
      type: "agent_session_stopped",
      channel: channel.id,
      user: this.id,
      thread_ts: threadTs,
      streaming_message_ts: live.map((message) => message.ts),
    });
  }

  #direct(): Channel {
    const bot = this.#team.install?.botUserId;
    if (bot === undefined) throw new Error("the app is not installed");
    return this.#stage.world.direct(this.#team, [bot, this.id]).channel;
  }

  async #interact(type: string, payload: Json): Promise<Delivery> {
    const { world, deliveries } = this.#stage;
    return await deliveries.send("interactive", type, {
      type,
      token: "verification-token",
      api_app_id: world.app.id,
      team: { id: this.#team.id, domain: this.#team.domain },
      user: {
        id: this.id,
        username: this.person.name,
        name: this.person.name,
        team_id: this.#team.id,
      },
      enterprise: null,
      is_enterprise_install: false,
      ...payload,
    });
  }

  /** What the answer to a submission makes of the modals. */
  #follow(view: ViewState, answer: Json): void {
    const action = answer["response_action"];
    const note = (problem: string): void =>
      this.#stage.note(`answer to view_submission: ${problem}`);
    if (action === undefined) {
      view.isOpen = false;
    } else if (action === "clear") {
      for (const one of stackOf(this.#stage.world, view)) one.isOpen = false;
    } else if (action === "errors") {
      view.errors = answer["errors"] as Record<string, string>;
      const inputs = (view.view["blocks"] as Json[]).filter((block) => block["type"] === "input");
      const ids = new Set(inputs.map((block) => block["block_id"]));
      for (const id of Object.keys(view.errors)) {
        if (!ids.has(id)) note(`there is no input block ${id} for an error`);
      }
    } else if (action === "update" || action === "push") {
      try {
        const next = checkedView(answer["view"], "modal");
        if (action === "update") replaceView(view, next);
        else addView({ world: this.#stage.world, team: this.#team }, next, this.id, view);
      } catch (error) {
        if (!(error instanceof SlackError)) throw error;
        note(`${error.code} ${JSON.stringify(error.extra)}`);
      }
    } else note(`unknown response_action ${JSON.stringify(action)}`);
  }

  #control(all: readonly Control[], actionId: string, options: ClickOptions): Control {
    const { value, blockId } = options;
    const fitting = all.filter(
      (one) =>
        one.actionId === actionId &&
        (value === undefined || one.element["value"] === value) &&
        (blockId === undefined || one.blockId === blockId),
    );
    const [control] = fitting;
    if (!control) throw new Error(`there is no ${actionId}; there are ${describeControls(all)}`);
    if (fitting.length > 1)
      throw new Error(`there are ${fitting.length} of ${actionId}: say which`);
    return control;
  }

  #message(channel: Channel, ts: string): Message {
    const message = this.#stage.world.messageIn(channel, ts);
    if (!message) throw new Error(`there is no message ${ts} in ${channel.name}`);
    return message;
  }

  #own(channel: Channel, ts: string): Message {
    const message = this.#message(channel, ts);
    if (message.userId !== this.id) throw new Error(`${this.person.name} did not write ${ts}`);
    return message;
  }

  #tell(channel: Channel, event: Json): void {
    this.#stage.world.tell({ kind: "plain", team: this.#team, channel, event });
  }
}

const channelWord = (channel: Channel): string =>
  channel.kind === "private" ? "privategroup" : channel.name;
