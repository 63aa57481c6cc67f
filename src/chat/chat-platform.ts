/**
 * The seam of chat platforms: what Redline shows in a place, and what it asks of a workspace. Every write is
 * tried once: after a failure that leaves it open whether it took effect, the caller looks before it repeats.
 */
import type { SegmentBudget } from "../rendering/segments.ts";
import type { ChatContent } from "./card.ts";
import type { ChatForm, ChatPerson, ChatPlace, ChatPlatformName, Reply } from "./chat-event.ts";
import type { Home } from "./home.ts";

/**
 * How pressing a call is. `preview`: may be dropped, since a newer one follows; it waits its turn behind all
 * others of its kind in the workspace. `final`: has to arrive, and goes first.
 */
export type Urgency = "preview" | "final";

/**
 * Asked after all waiting, at the moment when a call would be made; throws where it is another worker's by now.
 */
export type CallGuard = () => void;

/** A message of Redline's own, as the platform has it. */
export interface OwnMessage {
  id: string;
  /** What it was posted with; null where the platform does not keep it, as for streams. */
  key: string | null;
  postedAt: Date;
}

/** What bounds one message of an answer. */
export interface AnswerLimits {
  /** Of a message that is posted and edited. */
  posted: SegmentBudget;
  /** Of a streamed one; null where there are no streams. */
  streamed: SegmentBudget | null;
  /** Milliseconds after which a stream is closed and another begun. */
  streamMs: number;
}

/**
 * A message that grows. Its calls follow each other: none is begun before the last one has ended.
 * @throws StreamOver, StreamStopped, SendUncertain, PlaceRefused, HostBusy
 */
export interface ChatStream {
  readonly id: string;
  /**
   * Appends what `take` answers with at the moment when the call may be made, so that the newest text goes;
   * null calls nothing. Resolves with whether something was sent.
   */
  append(take: () => string | null): Promise<boolean>;
  /** A line beside the text for what is being done, such as drafting a change; replaced by its `id`. */
  showTask(task: { id: string; title: string; done: boolean }): Promise<void>;
  /** Ends it; `rest` is what was not appended yet. */
  close(rest: string): Promise<void>;
}

/** How sentences to its people read. */
export interface PlatformWords {
  /** What its people are in together. */
  workspace: "workspace" | "server";
  /** Stands before a command that people are pointed to; "" where a mention is the way in threads. */
  commandPrefix: "" | "/rfc ";
  /** Who can be made a maintainer there. */
  maintainer: "@user" | "@user or @role";
  /** Whether the platform tells whoever wrote in a thread of what others write there. */
  tellsParticipants: boolean;
  /** What to do about a place that Redline may not read; a sentence. */
  unreadable: string;
}

/** How a private message is sent. */
export interface PrivateSending {
  /** From when on it may have been sent before, so that it is looked for first; null where this is the first time. */
  since: Date | null;
  guard?: CallGuard;
}

/** How far the discussion in a place is. */
export type PlaceState = "open" | "accepted" | "closed";

export interface ChatPlatform {
  readonly name: ChatPlatformName;
  readonly words: PlatformWords;
  readonly limits: AnswerLimits;
  /** One sentence for people about what Redline is not shown there; null where that is nothing. */
  readonly caveat: string | null;

  /** Posts a message and answers with its id. @throws SendUncertain, PlaceRefused, HostBusy */
  post(at: ChatPlace, content: ChatContent, key: string, guard?: CallGuard): Promise<string>;
  /**
   * Changes a message. `take` is asked when the call may be made, so that the newest goes; null calls
   * nothing. @throws MessageGone, MessageTooOld, SendUncertain, PlaceRefused, HostBusy
   */
  edit(
    at: ChatPlace,
    messageId: string,
    take: () => ChatContent | null,
    urgency: Urgency,
  ): Promise<void>;
  remove(at: ChatPlace, messageId: string): Promise<void>;
  /** Redline's own messages in the place from a moment on, oldest first. */
  listOwn(at: ChatPlace, since: Date): Promise<OwnMessage[]>;
  /**
   * Begins a stream that answers `to`; null where the platform or the place has none, so that the answer is
   * posted and edited. The guard is that of the stream's calls, too. @throws SendUncertain, PlaceRefused, HostBusy
   */
  openStream(at: ChatPlace, to: ChatPerson | null, guard?: CallGuard): Promise<ChatStream | null>;
  /** Ends a stream that another process began, as it is; harmless when it has ended. */
  endStream(at: ChatPlace, messageId: string): Promise<void>;
  /** What Redline is doing, beside the thread; null clears it. Never rejects. */
  setStatus(at: ChatPlace, status: string | null): Promise<void>;

  /** Answers one person, where they did something; nobody else sees it. @throws PlaceRefused */
  tell(to: ChatPerson, reply: Reply | ChatPlace, markdown: string): Promise<void>;
  /**
   * Writes to somebody alone, outside of all places, and answers with the message's id.
   * @throws PersonUnreachable, SendUncertain, HostBusy, PlaceRefused
   */
  sendPrivate(
    to: ChatPerson,
    markdown: string,
    key: string,
    sending: PrivateSending,
  ): Promise<string>;
  /** @throws UserError when the moment for it has passed */
  openForm(to: ChatPerson, reply: Reply, form: ChatForm): Promise<void>;
  /** Shows the overview to the person in the app's home. */
  publishHome(to: ChatPerson, home: Home): Promise<void>;
  /**
   * Begins a thread in a channel with a message of Redline's; answers with its place. `since`: from when on
   * this may have been done before, so that a message with the key is looked for first; null where this is
   * the first time.
   */
  startThread(
    workspaceId: string,
    channel: string,
    markdown: string,
    key: string,
    since: Date | null,
  ): Promise<ChatPlace>;
  /**
   * Marks how far the discussion in a place is, where places carry such marks; elsewhere it does nothing.
   * @throws PlaceRefused, HostBusy
   */
  markState?(at: ChatPlace, state: PlaceState): Promise<void>;
  /** The address of a message, for people. */
  linkTo(at: ChatPlace, messageId: string | null): Promise<string | null>;
  /** A person's name as others see it. */
  nameOf(person: ChatPerson): Promise<string>;
  /** The person's time zone as an IANA name; null where the platform does not tell. Never rejects. */
  timeZoneOf(person: ChatPerson): Promise<string | null>;
  /** Whether the person runs the workspace. */
  isAdmin(person: ChatPerson): Promise<boolean>;
  /** The person that a mention in a command names, such as `<@U123>`; null when it names none. */
  parseMention(workspaceId: string, text: string): ChatPerson | null;
  /** Ids of the person's roles in their workspace, as they are now. @throws HostBusy, PlaceRefused access */
  rolesOf(person: ChatPerson): Promise<string[]>;
  /** The id of the role that a mention such as `<@&123>` names; null when it names none, or everybody. */
  parseRole(workspaceId: string, text: string): string | null;
  /** A role's name as people see it; null where there is no such role. @throws HostBusy, PlaceRefused access */
  nameOfRole(workspaceId: string, roleId: string): Promise<string | null>;
}

/** The stream takes no more: too old, or too long. What was appended stays. */
export class StreamOver extends Error {
  override readonly name = "StreamOver";
}

/** A person stopped it with the platform's own button. */
export class StreamStopped extends Error {
  override readonly name = "StreamStopped";
}

/** The call may or may not have taken effect. */
export class SendUncertain extends Error {
  override readonly name = "SendUncertain";
}

/** The message is not there, or cannot be changed any more. */
export class MessageGone extends Error {
  override readonly name = "MessageGone";
}

/** The message is there, and takes no more changes for its age; a new one takes its place. */
export class MessageTooOld extends Error {
  override readonly name = "MessageTooOld";
}

/** The person takes no private messages of Redline's there, or is not there any more. */
export class PersonUnreachable extends Error {
  override readonly name = "PersonUnreachable";
}

/** The platform does not take it, and will not by being asked again. */
export class PlaceRefused extends Error {
  override readonly name = "PlaceRefused";
  /**
   * `content`: this message, as it is. `place`: anything here, until somebody mends it (removed, archived).
   * `access`: the app's token or its rights.
   */
  readonly scope: "content" | "place" | "access";

  /** @param message one sentence for people, with what to do */
  constructor(scope: PlaceRefused["scope"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.scope = scope;
  }
}
