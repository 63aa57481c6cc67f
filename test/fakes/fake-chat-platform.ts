import type { ChatContent } from "../../src/chat/card.ts";
import type {
  ChatForm,
  ChatPerson,
  ChatPlace,
  ChatPlatformName,
  Reply,
} from "../../src/chat/chat-event.ts";
import type {
  AnswerLimits,
  ChatPlatform,
  ChatStream,
  OwnMessage,
  PlaceState,
  PlatformWords,
  PrivateSending,
  Urgency,
} from "../../src/chat/chat-platform.ts";
import {
  MessageGone,
  MessageTooOld,
  PersonUnreachable,
  PlaceRefused,
  SendUncertain,
  StreamOver,
  StreamStopped,
} from "../../src/chat/chat-platform.ts";
import type { Home } from "../../src/chat/home.ts";

/** A message of Redline's, as everybody in the place sees it. */
export interface ShownMessage {
  id: string;
  at: ChatPlace;
  /** What it shows now; a stream's text is `text`. */
  content: ChatContent;
  /** Null for a stream. */
  key: string | null;
  postedAt: Date;
  edits: number;
  removed: boolean;
  stream: "open" | "closed" | null;
  tasks: Map<string, { title: string; done: boolean }>;
}

/** The calls that can be made to fail. */
export type FailingCall =
  | "post"
  | "edit"
  | "remove"
  | "listOwn"
  | "openStream"
  | "append"
  | "showTask"
  | "close"
  | "endStream"
  | "startThread"
  | "tell"
  | "sendPrivate"
  | "openForm"
  | "publishHome"
  | "markState"
  | "rolesOf";

export interface CallRecord {
  call: FailingCall | "setStatus";
  place: string;
  messageId: string | null;
}

export interface Told {
  to: ChatPerson;
  where: Reply | ChatPlace;
  markdown: string;
}

/** A message to somebody alone. */
export interface SentPrivately {
  id: string;
  to: ChatPerson;
  markdown: string;
  key: string;
}

interface Fault {
  call: FailingCall;
  /** Whether the call takes effect all the same. */
  moment: "before" | "after";
  error: Error;
}

export interface FakeChatOptions {
  name?: ChatPlatformName;
  /** Null where there are no streams. Milliseconds; a stream takes nothing any more after them. */
  streamLifetimeMs?: number | null;
  /** Characters that one stream takes. */
  streamCharacters?: number;
  limits?: AnswerLimits;
  /** Whether it tells what texts were posted with; it does unless this is false. */
  keepsKeys?: boolean;
  now?: () => number;
}

const SLACK_WORDS: PlatformWords = {
  workspace: "workspace",
  commandPrefix: "",
  maintainer: "@user",
  tellsParticipants: true,
  unreadable: "Invite @Redline to this channel first; I cannot read what is said here.",
};
export const DISCORD_WORDS: PlatformWords = {
  workspace: "server",
  commandPrefix: "/rfc ",
  maintainer: "@user or @role",
  tellsParticipants: false,
  unreadable:
    "I cannot read what is said here; give my role the permissions “View Channel” and “Read Message History” first.",
};

/** A chat platform in memory that keeps what it shows, and fails when it is told to. */
export class FakeChatPlatform implements ChatPlatform {
  readonly name: ChatPlatformName;
  words: PlatformWords;
  readonly limits: AnswerLimits;
  caveat: string | null = null;
  /** In the order in which they were posted, removed ones too. */
  readonly messages: ShownMessage[] = [];
  readonly told: Told[] = [];
  /** In the order in which they were sent. */
  readonly sentPrivately: SentPrivately[] = [];
  /** Ids of persons who take no private messages. */
  readonly unreachable = new Set<string>();
  /** By the person's id. */
  readonly timeZones = new Map<string, string>();
  readonly forms: { to: ChatPerson; reply: Reply; form: ChatForm }[] = [];
  readonly homes: { to: ChatPerson; home: Home }[] = [];
  readonly threadsStarted: { channel: string; markdown: string; key: string; at: ChatPlace }[] = [];
  readonly calls: CallRecord[] = [];
  readonly statuses = new Map<string, string>();
  /** Ids of persons. */
  readonly admins = new Set<string>();
  readonly names = new Map<string, string>();
  /** Ids of roles, by the person's id. */
  readonly roles = new Map<string, readonly string[]>();
  /** Names of roles, by their ids. */
  readonly roleNames = new Map<string, string>();
  /** What places were marked as, in the order of the calls. */
  readonly marks: { place: string; state: PlaceState }[] = [];
  /** Messages that take no more changes. */
  readonly tooOld = new Set<string>();
  /** Places, or channels, that take nothing any more. */
  readonly refusedPlaces = new Map<string, PlaceRefused["scope"]>();
  /** Called before every call takes effect; a test can wait or stop the world in it. */
  onCall: (record: CallRecord) => void | Promise<void> = () => {};
  private readonly streams = new Map<string, FakeStream>();
  private readonly faults: Fault[] = [];
  private readonly options: FakeChatOptions;
  private counter = 0;

  constructor(options: FakeChatOptions = {}) {
    this.options = options;
    this.name = options.name ?? "slack";
    this.limits = options.limits ?? LIMITS;
    this.words = this.name === "discord" ? DISCORD_WORDS : SLACK_WORDS;
  }

  /** The next such call fails; after its effect it is left open whether it took place. */
  failNext(call: FailingCall, moment: "before" | "after" = "before", error?: Error): void {
    const fallback = new SendUncertain(`${call} was lost ${moment} its effect`);
    this.faults.push({ call, moment, error: error ?? fallback });
  }

  now(): number {
    return this.options.now?.() ?? Date.now();
  }

  /** What is visible in a place, oldest first. */
  shownIn(place: string): ShownMessage[] {
    return this.messages.filter((message) => message.at.place === place && !message.removed);
  }

  /** What one person was told, oldest first. */
  toldTo(personId: string): string[] {
    return this.told.filter(({ to }) => to.id === personId).map(({ markdown }) => markdown);
  }

  /** The person presses the platform's own stop button. */
  stopStream(messageId: string): void {
    this.streams.get(messageId)?.stop();
  }

  /** Somebody deletes a message of Redline's. */
  deleteByHand(messageId: string): void {
    this.find(messageId).removed = true;
  }

  post(at: ChatPlace, content: ChatContent, key: string): Promise<string> {
    return this.run("post", at.place, null, () => this.put(at, content, key).id);
  }

  async edit(
    at: ChatPlace,
    messageId: string,
    take: () => ChatContent | null,
    _urgency: Urgency,
  ): Promise<void> {
    await this.run("edit", at.place, messageId, () => {
      const message = this.messages.find(({ id }) => id === messageId);
      if (!message || message.removed) throw new MessageGone(`there is no message ${messageId}`);
      if (this.tooOld.has(messageId)) throw new MessageTooOld(`${messageId} is too old`);
      const content = take();
      if (!content) return;
      message.content = content;
      message.edits += 1;
    });
  }

  remove(at: ChatPlace, messageId: string): Promise<void> {
    return this.run("remove", at.place, messageId, () => {
      const message = this.messages.find(({ id }) => id === messageId);
      if (message) message.removed = true;
    });
  }

  listOwn(at: ChatPlace, since: Date): Promise<OwnMessage[]> {
    return this.run("listOwn", at.place, null, () =>
      this.shownIn(at.place)
        .filter(({ postedAt }) => postedAt >= since)
        .map(({ id, key, postedAt, content }) => {
          const isKept = this.options.keepsKeys !== false || !("markdown" in content);
          return { id, key: isKept ? key : null, postedAt };
        }),
    );
  }

  async openStream(at: ChatPlace, _to: ChatPerson | null): Promise<ChatStream | null> {
    const { streamLifetimeMs = 300_000, streamCharacters = 100_000 } = this.options;
    if (streamLifetimeMs === null) return null;
    return this.run("openStream", at.place, null, () => {
      const message = this.put(at, { kind: "text", markdown: "" }, null);
      message.stream = "open";
      const limits = { until: this.now() + streamLifetimeMs, characters: streamCharacters };
      const stream = new FakeStream(this, message, limits);
      this.streams.set(message.id, stream);
      return stream;
    });
  }

  endStream(at: ChatPlace, messageId: string): Promise<void> {
    return this.run("endStream", at.place, messageId, () => {
      const message = this.messages.find(({ id }) => id === messageId);
      if (message?.stream === "open") message.stream = "closed";
    });
  }

  async setStatus(at: ChatPlace, status: string | null): Promise<void> {
    this.calls.push({ call: "setStatus", place: at.place, messageId: null });
    if (status === null) this.statuses.delete(at.place);
    else this.statuses.set(at.place, status);
  }

  tell(to: ChatPerson, reply: Reply | ChatPlace, markdown: string): Promise<void> {
    const place = "place" in reply ? reply.place : reply.channel;
    return this.run("tell", place, null, () => void this.told.push({ to, where: reply, markdown }));
  }

  sendPrivate(
    to: ChatPerson,
    markdown: string,
    key: string,
    { since, guard }: PrivateSending,
  ): Promise<string> {
    return this.run("sendPrivate", to.id, null, () => {
      const known = since && this.sentPrivately.find((sent) => sent.key === key);
      if (known) return known.id;
      guard?.();
      if (this.unreachable.has(to.id)) throw new PersonUnreachable("They take none.");
      this.counter += 1;
      const sent = { id: `p${this.counter}`, to, markdown, key };
      this.sentPrivately.push(sent);
      return sent.id;
    });
  }

  async timeZoneOf(person: ChatPerson): Promise<string | null> {
    return this.timeZones.get(person.id) ?? null;
  }

  openForm(to: ChatPerson, reply: Reply, form: ChatForm): Promise<void> {
    return this.run(
      "openForm",
      reply.channel,
      null,
      () => void this.forms.push({ to, reply, form }),
    );
  }

  publishHome(to: ChatPerson, home: Home): Promise<void> {
    return this.run("publishHome", "", null, () => void this.homes.push({ to, home }));
  }

  startThread(
    workspaceId: string,
    channel: string,
    markdown: string,
    key: string,
  ): Promise<ChatPlace> {
    return this.run("startThread", channel, null, () => {
      const known = this.threadsStarted.find((thread) => thread.key === key);
      if (known) return known.at;
      this.counter += 1;
      const at = { platform: this.name, workspaceId, place: `${channel}/${this.counter}` };
      this.threadsStarted.push({ channel, markdown, key, at });
      return at;
    });
  }

  async linkTo(at: ChatPlace, messageId: string | null): Promise<string | null> {
    return `https://chat.example/${at.workspaceId}/${at.place}${messageId ? `/${messageId}` : ""}`;
  }

  async nameOf(person: ChatPerson): Promise<string> {
    return this.names.get(person.id) ?? person.id;
  }

  async isAdmin(person: ChatPerson): Promise<boolean> {
    return this.admins.has(person.id);
  }

  parseMention(workspaceId: string, text: string): ChatPerson | null {
    const id = /^<@(\w+)(?:\|[^>]*)?>$/.exec(text.trim())?.[1];
    return id === undefined ? null : { platform: this.name, workspaceId, id };
  }

  rolesOf(person: ChatPerson): Promise<string[]> {
    return this.run("rolesOf", "", null, () => [...(this.roles.get(person.id) ?? [])]);
  }

  parseRole(_workspaceId: string, text: string): string | null {
    return /^<@&(\w+)>$/.exec(text.trim())?.[1] ?? null;
  }

  async nameOfRole(_workspaceId: string, roleId: string): Promise<string | null> {
    return this.roleNames.get(roleId) ?? null;
  }

  markState(at: ChatPlace, state: PlaceState): Promise<void> {
    return this.run(
      "markState",
      at.place,
      null,
      () => void this.marks.push({ place: at.place, state }),
    );
  }

  /** Makes a call as the platform would: with the faults that were asked for. */
  async run<T>(
    call: FailingCall,
    place: string,
    messageId: string | null,
    effect: () => T,
  ): Promise<T> {
    const record = { call, place, messageId };
    this.calls.push(record);
    await this.onCall(record);
    const at = this.faults.findIndex((fault) => fault.call === call);
    const [fault] = at === -1 ? [] : this.faults.splice(at, 1);
    if (fault?.moment === "before") throw fault.error;
    this.assertTaken(place);
    const result = effect();
    if (fault) throw fault.error;
    return result;
  }

  private assertTaken(place: string): void {
    for (const [refused, scope] of this.refusedPlaces) {
      if (place !== refused && !place.startsWith(`${refused}/`)) continue;
      throw new PlaceRefused(scope, "Redline cannot write there any more; invite it again.");
    }
  }

  private put(at: ChatPlace, content: ChatContent, key: string | null): ShownMessage {
    this.counter += 1;
    const message: ShownMessage = {
      id: `m${this.counter}`,
      at,
      content,
      key,
      postedAt: new Date(this.now()),
      edits: 0,
      removed: false,
      stream: null,
      tasks: new Map(),
    };
    this.messages.push(message);
    return message;
  }

  private find(messageId: string): ShownMessage {
    const message = this.messages.find(({ id }) => id === messageId);
    if (!message) throw new Error(`there is no message ${messageId}`);
    return message;
  }
}

class FakeStream implements ChatStream {
  private readonly platform: FakeChatPlatform;
  private readonly message: ShownMessage;
  private readonly limit: { until: number; characters: number };
  private stopped = false;
  private calling = false;

  constructor(
    platform: FakeChatPlatform,
    message: ShownMessage,
    limit: { until: number; characters: number },
  ) {
    this.platform = platform;
    this.message = message;
    this.limit = limit;
  }

  get id(): string {
    return this.message.id;
  }

  stop(): void {
    this.stopped = true;
    this.message.stream = "closed";
  }

  async append(take: () => string | null): Promise<boolean> {
    return this.call("append", () => {
      const text = take();
      if (text === null) return false;
      this.grow(text);
      return true;
    });
  }

  async showTask(task: { id: string; title: string; done: boolean }): Promise<void> {
    await this.call("showTask", () => {
      this.message.tasks.set(task.id, { title: task.title, done: task.done });
    });
  }

  async close(rest: string): Promise<void> {
    await this.call("close", () => {
      this.grow(rest);
      this.message.stream = "closed";
    });
  }

  private async call<T>(name: "append" | "showTask" | "close", effect: () => T): Promise<T> {
    if (this.calling) throw new Error("a call of this stream is under way already");
    this.calling = true;
    try {
      return await this.platform.run(name, this.message.at.place, this.id, () => {
        if (this.stopped) throw new StreamStopped("stopped by a person");
        if (this.message.removed) throw new MessageGone(`there is no message ${this.id}`);
        if (this.message.stream !== "open" || this.platform.now() > this.limit.until) {
          this.message.stream = "closed";
          throw new StreamOver("the stream has ended");
        }
        return effect();
      });
    } finally {
      this.calling = false;
    }
  }

  private grow(text: string): void {
    const { content } = this.message;
    const shown = content.kind === "text" ? content.markdown : "";
    if (shown.length + text.length > this.limit.characters) throw new StreamOver("too long");
    this.message.content = { kind: "text", markdown: shown + text };
  }
}

const BUDGET = { limit: 4_000, measure: (text: string) => text.length };
const LIMITS: AnswerLimits = { posted: BUDGET, streamed: BUDGET, streamMs: 240_000 };
