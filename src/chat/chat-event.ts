/**
 * What happens on a chat platform, in Redline's words. Adapters make these out of what the platform sends;
 * texts are plain: the platform's escapes are decoded, its mentions are names.
 */

/** Where a conversation is held: `place` is the platform's name of a thread, `""` of no thread at all. */
export interface ChatPlace {
  platform: ChatPlatformName;
  workspaceId: string;
  /** Such as `C123/1700000000.000100` for a thread in Slack. */
  place: string;
}

/** The channel that a place is in, or is itself. */
export function channelOf({ place }: Pick<ChatPlace, "place">): string {
  return place.split("/", 1)[0]!;
}

/**
 * Within what a closed place's changes are known: its channel; on Discord the place alone, as threads may be
 * closed to others of their channel.
 */
export function circleOf(at: Pick<ChatPlace, "platform" | "place">): string {
  return at.platform === "discord" ? at.place : channelOf(at);
}

export type ChatPlatformName = "slack" | "discord";

/** Somebody on the platform. */
export interface ChatPerson {
  platform: ChatPlatformName;
  workspaceId: string;
  /** The platform's id. */
  id: string;
  /** Of another workspace, in a channel that is shared with it; left out for the workspace's own people. */
  isOutsider?: boolean;
}

/** A message of a person, in a thread or as the first of one. */
export interface ChatMessage {
  /** The place that it is in; of a message outside of threads, the one that answers to it would be in. */
  at: ChatPlace;
  /** The platform's id of the message, unique within the channel. */
  id: string;
  by: ChatPerson;
  text: string;
  /** Lines that began with `>`, or what was replied to. */
  quote: string | null;
  /** Whether Redline is mentioned, or spoken to in private; the mention is no part of `text`. */
  addressed: boolean;
  /** Whom it mentions beside Redline, in order; left out where that is nobody. */
  mentioned?: readonly ChatPerson[];
  /** Ids of the roles that it mentions; left out where that is none. */
  mentionedRoles?: readonly string[];
  /** Whether it begins with a mention of somebody else. */
  addressesOther: boolean;
  /** Whether the place is a conversation with Redline alone: a direct message or the agent's view. */
  isPrivate: boolean;
  /** Whether everybody in the workspace may read along in its channel; left out where that is not known. */
  isPublic?: boolean;
  /** Whether it stands outside of any thread: linking there begins one. */
  startsThread: boolean;
}

export type ChatEvent =
  | { kind: "message"; message: ChatMessage }
  | { kind: "edited"; message: ChatMessage }
  | { kind: "deleted"; at: ChatPlace; id: string }
  /** `/rfc …`; `at` is the thread that it was called in, `channel` the place that a new thread begins in. */
  | {
      kind: "command";
      at: ChatPlace | null;
      channel: string;
      by: ChatPerson;
      text: string;
      /** As of a message. */
      isPrivate?: boolean;
      isPublic?: boolean;
      reply: Reply;
    }
  | {
      kind: "pressed";
      action: string;
      ref: string;
      choice: number | null;
      by: ChatPerson;
      reply: Reply;
    }
  /** A form was sent off. */
  | {
      kind: "submitted";
      form: FormKind;
      ref: string;
      values: Readonly<Record<string, string>>;
      by: ChatPerson;
      reply: Reply;
    }
  /** “Discuss in RFC” on a message. */
  | { kind: "discuss"; message: ChatMessage; by: ChatPerson; reply: Reply }
  /** “Propose edit” on a message. */
  | { kind: "propose"; message: ChatMessage; by: ChatPerson; reply: Reply }
  /** The platform's own stop button. */
  | { kind: "stopped"; at: ChatPlace; by: ChatPerson | null }
  /** Somebody opened Redline's home. */
  | { kind: "home"; by: ChatPerson }
  /** The channel is gone, or Redline was removed from it; with `place` that one thread of it alone. */
  | { kind: "place_gone"; at: Omit<ChatPlace, "place">; channel: string; place?: string }
  /** Not everybody in the workspace may read the channel any more. */
  | { kind: "channel_closed"; at: Omit<ChatPlace, "place">; channel: string }
  | { kind: "uninstalled"; platform: ChatPlatformName; workspaceId: string };

/** How the person who did something is answered, and what opens a form for them. Opaque to the engine. */
export interface Reply {
  /** The channel, and the thread in it if any. */
  channel: string;
  thread: string | null;
  /** Opens one form within seconds. */
  trigger: string | null;
  /** Takes answers for half an hour, where the platform gives one. */
  responseUrl: string | null;
}

/**
 * `decline`: a reason. `edit`: the proposed text. `concern`: what it is. `discuss`: which RFC. `propose`: the
 * original text, the proposed text and a reason.
 */
export type FormKind = "decline" | "edit" | "concern" | "discuss" | "propose";

/** A form for one person. */
export interface ChatForm {
  kind: FormKind;
  /** Comes back with the values. */
  ref: string;
  title: string;
  submit: string;
  fields: readonly ChatField[];
}

export type ChatField =
  | {
      kind: "text";
      name: string;
      label: string;
      value: string;
      multiline: boolean;
      required: boolean;
      maxLength: number;
    }
  | {
      kind: "choice";
      name: string;
      label: string;
      options: readonly { value: string; label: string }[];
    };
