/**
 * What somebody who is signed in on the console may see and set up. They see an RFC where their account may read its
 * repository on the host, or where they are named for it; of its threads those that are for their eyes
 * (`src/store/sight.ts`). What they may not see is answered like what is not there. Who may decide is said by
 * `src/rfcs/permissions.ts`, as in chat.
 */
import { UserError } from "../errors.ts";
import type { PullRequestHost, SignInHost } from "../ports.ts";
import { HostBusy } from "../ports.ts";
import { putNewest } from "../put-newest.ts";
import type { ConnectedAccounts } from "../rfcs/connected-accounts.ts";
import { insertRefusal } from "../store/audit.ts";
import type { Sql } from "../store/database.ts";
import { isRfcMaintainer } from "../store/rfc-maintainers.ts";
import { deleteSessionsOf } from "../store/sessions.ts";
import type { FoundSubject, Sight, SubjectKind } from "../store/sight.ts";
import { findSubject, isInSight, listSeeable } from "../store/sight.ts";
import type { SignedIn } from "./session.ts";

export interface AccessDeps {
  sql: Sql;
  host: SignInHost;
  accounts: ConnectedAccounts;
  pullRequestHosts: readonly PullRequestHost[];
  now?: () => number;
}

/** What a call is about. */
export interface Subject {
  kind: SubjectKind;
  id: string;
}

/** What somebody tried to do, for the list of refusals. */
export interface Attempt {
  act: string;
  subject: string | null;
}

export interface AccessDesk {
  /** @throws UserError unauthorized where the host knows the account's token no more; HostBusy */
  sightOf(who: SignedIn): Promise<Exclude<Sight, null>>;
  /**
   * Where the subject stands, which they may see. @throws UserError not-found, the same for what is not there and for
   * what is not theirs; unauthorized; HostBusy
   */
  assertMaySee(who: SignedIn, about: Subject): Promise<FoundSubject>;
  /**
   * For what is set up for a whole repository. @param named as people name it: `owner/name`, or the address of a pull
   * request. @throws UserError not-found | forbidden | unauthorized; HostBusy
   */
  assertMayWrite(who: SignedIn, named: string, tried: Attempt): Promise<void>;
  noteRefusal(who: SignedIn, tried: Attempt, why: string): Promise<void>;
}

/** For how long it is believed what the host said; where it does not answer, a yes a little longer. */
const BELIEVED_MS = 3 * 60_000;
const BELIEVED_WHILE_BUSY_MS = 15 * 60_000;
const MOST_BELIEVED = 20_000;
const QUESTIONS_AT_ONCE = 8;

interface Belief {
  at: number;
  may: boolean;
}

export class Access implements AccessDesk {
  private readonly deps: AccessDeps;
  /** By account and repository, what was asked last at the end. */
  private readonly believed = new Map<string, Belief>();
  /** Questions that are under way, by the same. */
  private readonly asked = new Map<string, Promise<boolean>>();
  /** By account, why and until when the host wants no more questions. */
  private readonly busy = new Map<string, HostBusy>();

  constructor(deps: AccessDeps) {
    this.deps = deps;
  }

  async sightOf(who: SignedIn): Promise<Exclude<Sight, null>> {
    const all = await listSeeable(this.deps.sql, who.user.id);
    const onHost = all.filter(({ repository }) => this.deps.accounts.host.serves(repository));
    const toAsk = onHost.filter(({ isNamed }) => !isNamed).map(({ repository }) => repository);
    const repositories = [...new Set(toAsk)];
    const readable = new Set<string>();
    const ask = async (): Promise<void> => {
      for (let next = repositories.pop(); next !== undefined; next = repositories.pop()) {
        if (await this.mayRead(who, next)) readable.add(next);
      }
    };
    await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, ask));
    const seen = onHost.filter(({ isNamed, repository }) => isNamed || readable.has(repository));
    return { userId: who.user.id, rfcSlugs: seen.map(({ slug }) => slug) };
  }

  async assertMaySee(who: SignedIn, { kind, id }: Subject): Promise<FoundSubject> {
    const found = await findSubject(this.deps.sql, kind, id);
    if (found && (await this.maySee(who, found))) return found;
    throw new UserError(
      "not-found",
      `There is no such ${kind === "rfc" ? "RFC" : kind}, or it is not yours to see: you see what your account on GitHub, ${who.login}, may read there.`,
    );
  }

  async assertMayWrite(who: SignedIn, named: string, tried: Attempt): Promise<void> {
    const repository = this.repositoryOf(named);
    const { accounts } = this.deps;
    const isThere = accounts.host.serves(repository) && (await this.mayRead(who, repository));
    if (!isThere) {
      throw new UserError(
        "not-found",
        `There is no such repository on GitHub, or it is not yours to see: here you name one that your account there, ${who.login}, may write to.`,
      );
    }
    const standing = await accounts.standing(who.user.id, repository, true);
    if (standing.kind === "known" && standing.mayWrite) return;
    await this.noteRefusal(who, tried, `${who.login} may not write to the repository`);
    throw new UserError(
      "forbidden",
      `Your account on GitHub, ${who.login}, may not write to ${repository}: ask somebody who may.`,
    );
  }

  noteRefusal(who: SignedIn, { act, subject }: Attempt, why: string): Promise<void> {
    const about = { act, subject, why, rfcSlug: null, eventKey: null };
    return insertRefusal(this.deps.sql, { ...about, userId: who.user.id, door: "http" });
  }

  private async maySee(who: SignedIn, at: FoundSubject): Promise<boolean> {
    const { sql, accounts } = this.deps;
    const { rfcSlug, repository, threadId } = at;
    // What lies on this machine's disk is for who runs Redline.
    if (!accounts.host.serves(repository)) return false;
    const isNamed = await isRfcMaintainer(sql, rfcSlug, who.user.id);
    if (!isNamed && !(await this.mayRead(who, repository))) return false;
    const sight = { userId: who.user.id, rfcSlugs: [rfcSlug] };
    return threadId === null || isInSight(sql, sight, threadId);
  }

  /** @throws UserError unauthorized; HostBusy */
  private async mayRead(who: SignedIn, repository: string): Promise<boolean> {
    const now = this.now();
    const key = `${who.accountId} ${repository.toLowerCase()}`;
    const known = this.believed.get(key);
    if (known && now - known.at < BELIEVED_MS) return known.may;
    try {
      return await this.askOnce(key, who, repository);
    } catch (error) {
      const stillBelieved = known?.may === true && now - known.at < BELIEVED_WHILE_BUSY_MS;
      if (error instanceof HostBusy && stillBelieved) return true;
      if (!(error instanceof HostBusy)) throw error;
      const words = `What you may see cannot be asked now: ${error.message}`;
      throw new HostBusy(words, error.retryAt, { cause: error });
    }
  }

  /** Whoever comes while the same is asked waits for its answer; a host that wants no questions gets none. */
  private askOnce(key: string, who: SignedIn, repository: string): Promise<boolean> {
    const underWay = this.asked.get(key);
    if (underWay) return underWay;
    const asked = this.askUnlessBusy(key, who, repository).finally(() => this.asked.delete(key));
    this.asked.set(key, asked);
    return asked;
  }

  private async askUnlessBusy(key: string, who: SignedIn, repository: string): Promise<boolean> {
    this.assertNotBusy(who);
    const at = this.now();
    try {
      const may = await this.askWhetherMayRead(who, repository);
      putNewest(this.believed, key, { at, may }, MOST_BELIEVED);
      return may;
    } catch (error) {
      if (error instanceof HostBusy) putNewest(this.busy, who.accountId, error, MOST_BELIEVED);
      throw error;
    }
  }

  private async askWhetherMayRead(who: SignedIn, repository: string): Promise<boolean> {
    const { sql, host, accounts } = this.deps;
    const may = await accounts.asking(who.user.id, (account, token) => {
      // Something that was asked beside it may have been refused meanwhile.
      this.assertNotBusy(who);
      return host.mayRead(repository, account, token);
    });
    if (may !== null) return may;
    await deleteSessionsOf(sql, who.user.id);
    throw new UserError(
      "unauthorized",
      `GitHub does not know any more that ${who.login} is your account; sign in once more.`,
    );
  }

  /** @throws HostBusy */
  private assertNotBusy({ accountId }: SignedIn): void {
    const busy = this.busy.get(accountId);
    if (busy && this.now() < busy.retryAt.getTime()) throw busy;
  }

  private now(): number {
    return (this.deps.now ?? Date.now)();
  }

  private repositoryOf(named: string): string {
    for (const host of this.deps.pullRequestHosts) {
      const pull = host.parseUrl(named);
      if (pull) return pull.repository;
    }
    return named;
  }
}
