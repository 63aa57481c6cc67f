/** What the fake Discord remembers, in its own terms; wire.ts turns it into Discord's JSON. */

export type Json = Record<string, unknown>;

/** The app under test. */
export interface App {
  id: string;
  name: string;
  /** Its bot's user id; the same as the app's. */
  botId: string;
  token: string;
  /** Privileged intents that are switched on in the developer portal. */
  privileged: Set<Privileged>;
  /** Whether anybody may invite it, as the developer portal says. */
  isPublic: boolean;
}

export type Privileged = "members" | "presences" | "messageContent";

export interface User {
  id: string;
  username: string;
  globalName: string | null;
  isBot: boolean;
}

export interface Role {
  id: string;
  name: string;
  permissions: bigint;
  position: number;
  mentionable: boolean;
}

export interface Member {
  userId: string;
  /** Without the role of everybody. */
  roles: Set<string>;
  nick: string | null;
  /** Clock's milliseconds. */
  joinedAt: number;
}

export interface Guild {
  id: string;
  name: string;
  ownerId: string;
  roles: Map<string, Role>;
  members: Map<string, Member>;
  /** Threads included. */
  channels: Map<string, Channel>;
}

export interface Overwrite {
  /** Of a role or a user. */
  id: string;
  kind: "role" | "member";
  allow: bigint;
  deny: bigint;
}

export const CHANNEL_TYPES = {
  text: 0,
  direct: 1,
  category: 4,
  announcement: 5,
  "announcement-thread": 10,
  "public-thread": 11,
  "private-thread": 12,
  forum: 15,
} as const;

export type ChannelKind = keyof typeof CHANNEL_TYPES;

export interface ForumTag {
  id: string;
  name: string;
  /** Only those with MANAGE_THREADS may set it. */
  moderated: boolean;
}

export interface Channel {
  id: string;
  /** Null for direct messages. */
  guildId: string | null;
  kind: ChannelKind;
  name: string;
  /** Of a thread: the channel that it is in. */
  parentId: string | null;
  topic: string | null;
  overwrites: Overwrite[];
  /** In order of their ids; ephemeral ones too. */
  messages: Message[];
  /** Of a forum. */
  tags: ForumTag[];
  /** Of direct messages: the people, without the bot. */
  recipients: string[];
  thread: ThreadState | null;
  /** User id → clock's milliseconds when the typing shown ends. */
  typing: Map<string, number>;
}

export interface ThreadState {
  ownerId: string;
  archived: boolean;
  locked: boolean;
  invitable: boolean;
  /** Clock's milliseconds. */
  archivedAt: number;
  createdAt: number;
  /** Minutes. */
  autoArchiveDuration: number;
  members: Set<string>;
  appliedTags: string[];
  /** Messages that were ever sent in it. */
  sent: number;
}

export const MESSAGE_TYPES = {
  default: 0,
  pin: 6,
  "thread-created": 18,
  reply: 19,
  command: 20,
  "thread-starter": 21,
  "context-menu": 23,
} as const;

export const FLAGS = {
  suppressEmbeds: 1 << 2,
  hasThread: 1 << 5,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  suppressNotifications: 1 << 12,
  componentsV2: 1 << 15,
} as const;

export interface Attachment {
  id: string;
  filename: string;
  description: string | null;
  contentType: string;
  bytes: Buffer;
}

/** Whom a message addresses. */
export interface Mentions {
  users: string[];
  roles: string[];
  everyone: "everyone" | "here" | null;
}

export interface Message {
  id: string;
  channelId: string;
  guildId: string | null;
  authorId: string;
  type: keyof typeof MESSAGE_TYPES;
  content: string;
  embeds: Json[];
  /** With the `id` that Discord gives each of them. */
  components: Json[];
  attachments: Attachment[];
  /** Bits of FLAGS. */
  flags: number;
  /** Clock's milliseconds. */
  at: number;
  editedAt: number | null;
  nonce: string | number | null;
  reference: { channelId: string; messageId: string } | null;
  mentions: Mentions;
  webhookId: string | null;
  /** The interaction that it answers. */
  interaction: Interaction | null;
  /** Whom alone it is shown to. */
  onlyFor: string | null;
  /** Emoji → user ids. */
  reactions: Map<string, string[]>;
}

export interface Command {
  id: string;
  guildId: string | null;
  /** As it was registered. */
  body: Json;
  version: string;
}

export type InteractionKind = "command" | "component" | "autocomplete" | "modal";

export const INTERACTION_TYPES = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

/** What became the first response, by its callback's type. */
export type Answer = 4 | 5 | 6 | 7 | 8 | 9;

export interface Interaction {
  id: string;
  token: string;
  kind: InteractionKind;
  userId: string;
  channelId: string;
  guildId: string | null;
  /** Clock's milliseconds. */
  at: number;
  /** As it was dispatched. */
  payload: Json;
  /** Null while there is none. */
  answer: Answer | null;
  /** Clock's milliseconds. */
  answeredAt: number | null;
  /** The message that `@original` is. */
  original: Message | null;
  /** Of a component, and of a form that a component opened: the message that it is on. */
  source: Message | null;
  /** What autocompletion offers. */
  choices: Json[] | null;
  /** Called once with the first answer, or when the time for it is up. */
  settle: () => void;
}

/** A form that a person has before them. */
export interface Modal {
  /** Of the interaction that opened it. */
  interaction: Interaction;
  userId: string;
  customId: string;
  title: string;
  components: Json[];
}

export const isThread = (channel: Channel): channel is Channel & { thread: ThreadState } =>
  channel.thread !== null;

export const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;
