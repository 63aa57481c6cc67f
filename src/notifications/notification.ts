/** What a person is told about, and how. */

import type { Sight } from "../store/sight.ts";

/** Direct ones go to the person at once; churn is gathered into digests. */
export type NotificationCategory = "personal-direct" | "churn";

export type NotificationKind =
  /** Somebody wrote in a thread that the person has written in. */
  | "chat_reply_to_my_message"
  /** Somebody wrote in a thread of an RFC that the person watches. */
  | "chat_message_in_participated_thread"
  /** A change that the person proposed or asked for. */
  | "change_accepted"
  | "change_declined"
  | "change_stale"
  | "change_conflicted"
  /** A change waits for somebody who may decide on it. */
  | "decision_requested"
  | "rfc_merged"
  | "rfc_closed"
  /** The passage that the person's concern is about reads otherwise now. */
  | "concern_passage_changed"
  /** Somebody else settled the person's concern. */
  | "concern_settled"
  | "merge_word_requested"
  | "merge_settled";

export interface NotificationView {
  id: number;
  kind: NotificationKind;
  category: NotificationCategory;
  rfcSlug: string;
  rfcTitle: string;
  threadId: string | null;
  /** The open pull request of a review thread. */
  prNumber: number | null;
  changeId: string | null;
  /** One plain sentence. */
  text: string;
  /** Of the message that it is about; null where there is none, or it was deleted. */
  excerpt: string | null;
  /** Where it is to be seen. */
  url: string;
  createdAt: Date;
  readAt: Date | null;
}

export interface NotificationPage {
  /** Newest first. */
  items: NotificationView[];
  unread: number;
  /** Id to go on before; null at the end. */
  before: number | null;
}

/** `off`: churn is only to be seen in the console. */
export type DigestRhythm = "hourly" | "daily" | "off";

export interface NotificationSettings {
  digest: DigestRhythm;
  /** IANA name; null: what the platform tells, else UTC. */
  timeZone: string | null;
  /** Whether direct ones are sent in private. */
  direct: boolean;
}

/** What of a person's watching and muting there is about one RFC. */
export interface WatchedRfc {
  rfcSlug: string;
  rfcTitle: string;
  isWatched: boolean;
  isMuted: boolean;
  /** Threads of it that are watched or muted by themselves. */
  threads: { threadId: string; title: string | null; isWatched: boolean; isMuted: boolean }[];
}

/** For whoever shows a person what they were told, and lets them choose. */
export interface NotificationDesk {
  /** @param before as of a page; at most 100 items */
  list(
    userId: string,
    page: { before?: number; limit?: number },
    sight?: Sight,
  ): Promise<NotificationPage>;
  /** Of the given ones, or of all up to now. */
  markRead(userId: string, ids: readonly number[] | "all"): Promise<void>;
  settings(userId: string): Promise<NotificationSettings>;
  /** @throws UserError for a time zone that is none */
  choose(userId: string, set: Partial<NotificationSettings>): Promise<NotificationSettings>;
  watched(userId: string, sight?: Sight): Promise<WatchedRfc[]>;
  /** The whole RFC, or one thread of it. @throws UserError not-found */
  watch(userId: string, about: Subject, isWatched: boolean): Promise<void>;
  mute(userId: string, about: Subject, isMuted: boolean): Promise<void>;
}

export interface Subject {
  rfcSlug: string;
  threadId?: string | undefined;
}
