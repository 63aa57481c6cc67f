import type { Sight } from "../store/sight.ts";

/** Somebody over all their accounts. */
export interface Person {
  id: string;
  displayName: string;
  isBot: boolean;
  accounts: PersonAccount[];
  /** Where the person may decide by being named. */
  maintains: { where: string; rfcSlug: string | null }[];
  /** When they were last heard of. */
  seenAt: Date | null;
}

export interface PersonAccount {
  platform: string;
  /** The name of the workspace or server; null where there is none. */
  workspace: string | null;
  name: string;
  /** Of an account on GitHub: whether the person showed that it is theirs. */
  isConnected: boolean;
  /** Why private messages do not reach them there. */
  unreachableWhy: string | null;
}

/** What somebody wants to decide. */
export interface Deciding {
  rfcSlug: string;
  /** `accept`, `decline`, `edit`, `place`, `propose_merge`, … */
  act: string;
  /** Id of what it is about: a change, a proposal. */
  subject: string | null;
  /** The same for the same event, which may be handled again; left out where nothing is. */
  eventKey?: string | undefined;
}

export interface PeopleDesk {
  /** The console's user on a loopback address. */
  localMaintainer(): Promise<{ id: string; displayName: string; email: string | null }>;
  /** Newest heard of first; at most 500. */
  list(sight?: Sight): Promise<Person[]>;
  find(userId: string): Promise<Person | null>;
  maintainers(rfcSlug: string): Promise<{ userId: string; name: string }[]>;
  /** @throws UserError not-found */
  setMaintainer(
    rfcSlug: string,
    userId: string,
    isOne: boolean,
    byUserId: string,
    sight?: Sight,
  ): Promise<void>;
  /** For whoever acts in no workspace; what is refused is noted. @throws UserError forbidden */
  assertMayDecide(userId: string, door: string, about: Deciding): Promise<void>;
  /** Does what is asked of certain people alone; that it was refused to somebody is noted. */
  noting<T>(
    userId: string,
    door: string,
    about: Deciding & { why: string },
    work: () => Promise<T>,
  ): Promise<T>;
  /** Notes that somebody who did not say who they are wanted to decide. */
  noteStranger(act: string, subject: string, why: string): Promise<void>;
}
