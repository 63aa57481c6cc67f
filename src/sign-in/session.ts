/** Who is signed in on the console, and how they come in. */
import type { User } from "../engine.ts";

/** A browser in which a person is signed in. */
export interface Session {
  id: string;
  /** What the browser calls itself; may be empty. */
  agent: string;
  createdAt: Date;
  seenAt: Date;
  /** Whether it is the one that asks. */
  isCurrent: boolean;
}

/** Somebody who is signed in with their account on the host of repositories. */
export interface SignedIn {
  user: User;
  accountId: string;
  /** The account's name there. */
  login: string;
  sessionId: string;
}

/** What a browser keeps between leaving for the host and coming back: sealed text, for ten minutes. */
export type Flow = string;

export interface SignInDesk {
  /** Where people are sent to, and what the browser keeps meanwhile. @param to a path of the console */
  begin(to: string): { url: string; flow: Flow };
  /**
   * Signs in whoever came back. `token` is what the browser is to hold; `to` is where they wanted to go.
   *
   * @throws UserError, HostBusy
   */
  finish(flow: Flow | null, back: Returned): Promise<{ token: string; to: string }>;
  /** Where the flow was to lead; "/" where nothing is known of it. */
  targetOf(flow: Flow | null): string;
  /** Who holds this token; null where nobody does any more. */
  find(token: string): Promise<SignedIn | null>;
  /** Where they are signed in. */
  sessions(who: SignedIn): Promise<Session[]>;
  signOut(who: SignedIn): Promise<void>;
  signOutEverywhere(who: SignedIn): Promise<void>;
}

/** What the host sends a browser back with. */
export interface Returned {
  code: string | null;
  state: string | null;
  /** What the host calls the failure; null where there is none. */
  error: string | null;
  /** What the browser calls itself. */
  agent: string;
}
