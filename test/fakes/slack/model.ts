/** What the fake Slack remembers, in its own terms; show.ts turns it into Slack's JSON. */

export type Json = Record<string, unknown>;

/** The app under test; one app, installed in any number of workspaces. */
export interface App {
  id: string;
  name: string;
  clientId: string;
  clientSecret: string;
  signingSecret: string;
  /** `xapp-…`, for Socket Mode. */
  appToken: string;
}

export interface Token {
  token: string;
  kind: "bot" | "user" | "app";
  /** Null for the app-level token. */
  team: TeamState | null;
  /** Whom it speaks for; empty for the app-level token. */
  userId: string;
  scopes: readonly string[];
  state: "active" | "revoked" | "inactive";
}

export interface Install {
  botToken: string;
  botUserId: string;
  botId: string;
  scopes: readonly string[];
}

export interface TeamState {
  id: string;
  name: string;
  domain: string;
  /** Null while the app is not installed. */
  install: Install | null;
  users: Map<string, Person>;
  channels: Map<string, Channel>;
}

/** A person or a bot user. */
export interface Person {
  id: string;
  teamId: string;
  name: string;
  displayName: string;
  realName: string;
  email: string;
  isAdmin: boolean;
  isOwner: boolean;
  deleted: boolean;
  tz: string;
  /** Set for bot users. */
  botId: string | null;
  /** The app that the bot belongs to. */
  appId: string | null;
}

export type ChannelKind = "public" | "private" | "im" | "mpim";

export interface Channel {
  id: string;
  teamId: string;
  name: string;
  kind: ChannelKind;
  members: Set<string>;
  archived: boolean;
  creator: string;
  /** Unix seconds. */
  created: number;
  topic: string;
  /** In order of ts. */
  messages: Message[];
  ephemerals: Ephemeral[];
}

export interface Message {
  ts: string;
  channelId: string;
  teamId: string;
  userId: string;
  botId: string | null;
  appId: string | null;
  text: string;
  blocks: Json[] | null;
  attachments: Json[] | null;
  threadTs: string | null;
  /** `tombstone`: deleted, but with replies. */
  subtype: "tombstone" | "thread_broadcast" | null;
  edited: { user: string; ts: string } | null;
  metadata: Json | null;
  /** Name → user ids, in order. */
  reactions: Map<string, string[]>;
  stream: Stream | null;
  username: string | null;
}

/** Seen by one person only, and kept nowhere. */
export interface Ephemeral {
  ts: string;
  userId: string;
  text: string;
  blocks: Json[] | null;
  threadTs: string | null;
}

export interface StreamTask {
  id: string;
  title: string;
  status: string;
  details: string;
  output: string;
}

export interface Stream {
  /** Clock's milliseconds. */
  startedAt: number;
  /** `expired` is worked out: see `streamState`. */
  state: "live" | "finished" | "stopped";
  recipientUserId: string | null;
  recipientTeamId: string | null;
  displayMode: string;
  tasks: Map<string, StreamTask>;
  planTitle: string | null;
  /** Blocks that chunks or the stop brought. */
  blocks: Json[];
  /** UTF-8 bytes of all text so far. */
  bytes: number;
}

export interface ViewState {
  id: string;
  rootId: string;
  previousId: string | null;
  team: TeamState;
  type: "modal" | "home";
  externalId: string;
  callbackId: string;
  privateMetadata: string;
  /** As given: title, submit, close, blocks, clear_on_close, notify_on_close. */
  view: Json;
  hash: string;
  /** Who looks at it. */
  userId: string;
  /** Per block_id and action_id. */
  values: Record<string, Record<string, Json>>;
  /** Errors per block_id, from the last submission. */
  errors: Record<string, string>;
  isOpen: boolean;
}

export type DeliveryKind = "events_api" | "slash_commands" | "interactive";

/** One thing that the app is told. */
export interface Delivery {
  kind: DeliveryKind;
  payload: Json;
  /** `message`, `app_mention`, …; the command; `block_actions`, … */
  name: string;
  /** Of the event; null for the others. */
  eventId: string | null;
  attempts: Attempt[];
  state: "waiting" | "held" | "acknowledged" | "failed";
  /** What came with the acknowledgement. */
  response: Json | null;
}

export interface Attempt {
  via: "http" | "socket";
  retryNum: number;
  /** HTTP status; 200 for an acknowledged envelope; 0 where nothing came in time. */
  status: number;
}

/** A reply that a `ts` starts belongs to the thread of that `ts`. */
export const isReply = (message: Message): boolean =>
  message.threadTs !== null && message.threadTs !== message.ts;

export const CHANNEL_TYPES = {
  public: { event: "channel", read: "channels:read", history: "channels:history" },
  private: { event: "group", read: "groups:read", history: "groups:history" },
  im: { event: "im", read: "im:read", history: "im:history" },
  mpim: { event: "mpim", read: "mpim:read", history: "mpim:history" },
} as const satisfies Record<ChannelKind, { event: string; read: string; history: string }>;
