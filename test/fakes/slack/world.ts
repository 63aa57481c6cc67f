/** Everything that the fake remembers, and the events that it tells the app. */
import { randomBytes } from "node:crypto";

import { withIds } from "./blocks.ts";
import type { Clock } from "../clock.ts";
import type {
  App,
  Channel,
  ChannelKind,
  Json,
  Message,
  Person,
  Stream,
  TeamState,
  Token,
  ViewState,
} from "./model.ts";
import { isReply } from "./model.ts";
import { pingsOf } from "./pings.ts";
import type { Ping } from "./pings.ts";
import { richTextOf } from "./rich-text.ts";

export interface Sizes {
  /** Milliseconds that a stream lives, whatever is appended; about 300 s. */
  streamLifetime: number;
  /** UTF-8 bytes of a streamed message; about 10.6 KB. */
  streamBytes: number;
  /** Milliseconds that a trigger_id can be used; 3 s. */
  triggerLifetime: number;
  /** Milliseconds that a response_url can be used; 30 minutes. */
  responseUrlLifetime: number;
}

/** What happens, for who tells the app of it. */
export type WorldEvent =
  | { kind: "posted"; message: Message }
  | { kind: "changed"; message: Message; before: Message; ts: string }
  | { kind: "deleted"; before: Message; ts: string }
  | { kind: "plain"; team: TeamState; channel: Channel | null; event: Json };

export interface NewMessage {
  text: string;
  blocks?: readonly Json[] | null;
  attachments?: Json[] | null;
  threadTs?: string | null;
  metadata?: Json | null;
  stream?: Stream | null;
  username?: string | null;
  linksNames?: boolean;
  isBroadcast?: boolean;
}

export interface OAuthGrant {
  team: TeamState;
  by: Person;
  scopes: readonly string[];
  redirectUri: string | null;
  /** Enterprise Grid: for all workspaces of an organization at once, for which the team stands. */
  isOrgWide: boolean;
}

let worlds = 0;

export class World {
  readonly clock: Clock;
  readonly sizes: Sizes;
  readonly app: App;
  readonly teams = new Map<string, TeamState>();
  readonly tokens = new Map<string, Token>();
  /** OAuth codes that can still be changed into a token. */
  readonly codes = new Map<string, OAuthGrant>();
  /** By trigger_id. */
  readonly triggers = new Map<
    string,
    { team: TeamState; userId: string; at: number; used: boolean; viewId: string | null }
  >();
  readonly views = new Map<string, ViewState>();
  readonly pings: Ping[] = [];
  /** Set by the fake: events go to the app. */
  tell: (event: WorldEvent) => void = () => undefined;
  #lastId: number;
  #lastTs = 0;

  constructor(clock: Clock, sizes: Sizes, appName: string) {
    this.clock = clock;
    this.sizes = sizes;
    worlds += 1;
    this.#lastId = 36 ** 6 * worlds;
    this.app = {
      id: this.nextId("A"),
      name: appName,
      clientId: `${this.#lastId}.${this.#lastId + 1}`,
      clientSecret: secret(),
      signingSecret: secret(),
      appToken: `xapp-1-${secret()}`,
    };
    this.addToken({
      token: this.app.appToken,
      kind: "app",
      team: null,
      userId: "",
      scopes: ["connections:write"],
    });
  }

  nextId(letter: string): string {
    this.#lastId += 7;
    return letter + this.#lastId.toString(36).toUpperCase().padStart(10, "0");
  }

  /** Unique and growing. */
  nextTs(): string {
    this.#lastTs = Math.max(this.clock.now() * 1000, this.#lastTs + 1);
    const text = String(this.#lastTs);
    return `${text.slice(0, -6)}.${text.slice(-6)}`;
  }

  secret(prefix: string): string {
    return `${prefix}-${secret()}`;
  }

  addToken(token: Omit<Token, "state">): Token {
    const stored: Token = { ...token, state: "active" };
    this.tokens.set(token.token, stored);
    return stored;
  }

  addTeam(name: string): TeamState {
    const id = this.nextId("T");
    const domain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const team: TeamState = {
      id,
      name,
      domain,
      install: null,
      users: new Map(),
      channels: new Map(),
    };
    this.teams.set(id, team);
    return team;
  }

  addPerson(team: TeamState, person: Partial<Person> & { name: string }): Person {
    const { name } = person;
    const full: Person = {
      id: this.nextId("U"),
      teamId: team.id,
      displayName: name,
      realName: name,
      email: `${name.replace(/\W+/g, ".")}@${team.domain}.example`,
      isAdmin: false,
      isOwner: false,
      deleted: false,
      tz: "Europe/Berlin",
      botId: null,
      appId: null,
      ...person,
    };
    team.users.set(full.id, full);
    return full;
  }

  addChannel(team: TeamState, name: string, kind: ChannelKind, members: Iterable<string>): Channel {
    const ids = new Set(members);
    const [creator = ""] = ids;
    const channel: Channel = {
      id: this.nextId(kind === "im" ? "D" : "C"),
      teamId: team.id,
      name,
      kind,
      members: ids,
      archived: false,
      creator,
      created: Math.floor(this.clock.now() / 1000),
      topic: "",
      messages: [],
      ephemerals: [],
    };
    team.channels.set(channel.id, channel);
    return channel;
  }

  /** The direct conversation of exactly these; made at its first use. */
  direct(team: TeamState, ids: readonly string[]): { channel: Channel; isNew: boolean } {
    const wanted = new Set(ids);
    const kind = wanted.size <= 2 ? "im" : "mpim";
    const known = [...team.channels.values()].find(
      ({ kind: own, members }) =>
        own === kind && members.size === wanted.size && [...wanted].every((id) => members.has(id)),
    );
    if (known) return { channel: known, isNew: false };
    const name = kind === "im" ? "directmessage" : `mpdm-${[...wanted].join("--").toLowerCase()}-1`;
    return { channel: this.addChannel(team, name, kind, wanted), isNew: true };
  }

  team(id: string): TeamState {
    const team = this.teams.get(id);
    if (!team) throw new Error(`the fake Slack has no team ${id}`);
    return team;
  }

  /** Whether the app's bot is in it. */
  hasBot(channel: Channel): boolean {
    const install = this.team(channel.teamId).install;
    return install !== null && channel.members.has(install.botUserId);
  }

  messageIn(channel: Channel, ts: unknown): Message | null {
    return channel.messages.find((message) => message.ts === ts) ?? null;
  }

  /** With its parent first; empty where there is none. */
  thread(channel: Channel, ts: string): Message[] {
    return channel.messages.filter((one) => one.ts === ts || one.threadTs === ts);
  }

  replies(channel: Channel, ts: string): Message[] {
    return channel.messages.filter((one) => one.threadTs === ts && isReply(one));
  }

  post(channel: Channel, author: Person, message: NewMessage): Message {
    const ts = this.nextTs();
    const isPerson = author.botId === null;
    const blocks = message.blocks ? withIds(message.blocks) : null;
    const posted: Message = {
      ts,
      channelId: channel.id,
      teamId: channel.teamId,
      userId: author.id,
      botId: author.botId,
      appId: author.appId,
      text: message.text,
      blocks: blocks ?? (isPerson && message.text !== "" ? [richTextOf(message.text)] : null),
      attachments: message.attachments ?? null,
      threadTs: message.threadTs ?? null,
      subtype: message.isBroadcast ? "thread_broadcast" : null,
      edited: null,
      metadata: message.metadata ?? null,
      reactions: new Map(),
      stream: message.stream ?? null,
      username: message.username ?? null,
    };
    channel.messages.push(posted);
    // Others ping whom they please.
    if (author.appId === this.app.id) {
      const by = message.stream ? "stream" : "post";
      this.notePings(channel, ts, by, { ...posted, linksNames: message.linksNames ?? false });
    }
    this.tell({ kind: "posted", message: posted });
    return posted;
  }

  notePings(
    channel: Channel,
    ts: string,
    by: Ping["by"],
    what: { text: string; blocks: readonly Json[] | null; linksNames: boolean },
  ): void {
    const targets = pingsOf(what);
    // A stream's text is looked at as a whole each time: a mark may come in two pieces.
    const known = by === "stream" ? this.pings.filter((ping) => ping.ts === ts).length : 0;
    for (const target of targets.slice(known)) {
      this.pings.push({ ...target, channelId: channel.id, ts, by });
    }
  }

  /** Does `change`, and tells of it. */
  change(message: Message, change: () => void): void {
    const before: Message = { ...message, reactions: new Map(message.reactions) };
    change();
    this.tell({ kind: "changed", message, before, ts: this.nextTs() });
  }

  /** Leaves a tombstone where there are replies. */
  remove(message: Message): void {
    const channel = this.channelOf(message);
    if (!isReply(message) && this.replies(channel, message.ts).length > 0) {
      this.change(message, () => {
        message.subtype = "tombstone";
        message.text = "This message was deleted.";
        message.blocks = null;
        message.attachments = null;
        message.userId = "USLACKBOT";
        message.botId = null;
        message.stream = null;
      });
      return;
    }
    channel.messages.splice(channel.messages.indexOf(message), 1);
    this.tell({ kind: "deleted", before: message, ts: this.nextTs() });
  }

  channelOf(message: Message): Channel {
    const channel = this.team(message.teamId).channels.get(message.channelId);
    if (!channel) throw new Error(`the channel ${message.channelId} is gone`);
    return channel;
  }

  newTrigger(team: TeamState, userId: string, viewId: string | null = null): string {
    const id = `${this.nextId("")}.${secret().slice(0, 12)}`;
    this.triggers.set(id, { team, userId, at: this.clock.now(), used: false, viewId });
    return id;
  }
}

const secret = (): string => randomBytes(16).toString("hex");
