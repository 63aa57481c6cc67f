/**
 * Which accounts on the host of repositories are people's own, as a token of each has shown. The token stays
 * sealed, and is used for nothing but to ask whether the host still knows it.
 */
import type { Encryption } from "../encryption.ts";
import { UnsealError } from "../encryption.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { AccountHost, AccountToken, HostAccount } from "../ports.ts";
import { putNewest } from "../put-newest.ts";
import type { AccountHolder, ConnectedAccount } from "../store/connected-accounts.ts";
import {
  confirmConnected,
  connectedAccountUse,
  deleteConnected,
  deleteConnectionRequest,
  deleteRequestsOf,
  findConnected,
  findHolder,
  letJoin,
  lockConnected,
  putConnected,
  replaceSealed,
} from "../store/connected-accounts.ts";
import type { Sql, Tx } from "../store/database.ts";
import { isContended } from "../store/database.ts";
import { attachAccount, splitAccount } from "../store/merge-people.ts";
import type { Identity } from "../store/people.ts";
import { ensureAccount, findUser } from "../store/people.ts";
import { deleteSessionsOf } from "../store/sessions.ts";
import { FewAtOnce, pause } from "../waiting.ts";

/** How somebody stands to a repository by an account of theirs. */
export type AccountStanding =
  | { kind: "none" }
  /** The host does not know the token any more: it was revoked, or has expired. */
  | { kind: "unknown"; login: string }
  | { kind: "known"; login: string; mayWrite: boolean };

export interface ConnectedAccountsDeps {
  sql: Sql;
  host: AccountHost;
  encryption: Encryption;
  logger: Logger;
  now?: () => number;
}

/** For how long it is believed what somebody may do, where nothing is decided by it. */
const BELIEVED_MS = 3 * 60_000;
const MOST_BELIEVED = 5_000;
/** A token that ends so soon may have ended before it is used. */
const ENDS_SOON_MS = 60_000;
/** Of all people: each keeps a connection to the database until the host has answered. */
const RENEWALS_AT_ONCE = 4;
/** For how long somebody's other accounts may join them. */
export const JOINABLE_MS = 15 * 60_000;
const TRIES = 10;
const AGAIN_AFTER_MS = 200;
/** Less than the second after which Postgres ends one of two that wait for each other: nobody else's work fails. */
const MOST_WAIT = "800ms";

/** The account is somebody else's in chat, as far as is known; a code that was entered for others joins nobody. */
export class AccountTaken extends Error {
  override readonly name = "AccountTaken";
  readonly login: string;
  readonly by: AccountHolder["accounts"];

  constructor(login: string, by: AccountHolder["accounts"]) {
    super("the account is connected to somebody else in chat");
    this.login = login;
    this.by = by;
  }
}

export class ConnectedAccounts {
  readonly host: AccountHost;
  private readonly deps: ConnectedAccountsDeps;
  /** By repository and account. */
  private readonly believed = new Map<string, { at: number; mayWrite: boolean }>();
  /** Renewals that are under way, by the sealed token that is renewed. */
  private readonly renewing = new Map<string, Promise<AccountToken | null>>();
  private readonly renewals = new FewAtOnce(RENEWALS_AT_ONCE);

  constructor(deps: ConnectedAccountsDeps) {
    this.deps = deps;
    this.host = deps.host;
  }

  /**
   * How the person stands to the repository. For a decision the host is asked anew, also whether it still knows
   * the token; else what it said within the last minutes will do. @throws UserError, HostBusy
   */
  async standing(
    userId: string,
    repository: string,
    isDecision: boolean,
  ): Promise<AccountStanding> {
    const connected = await findConnected(this.deps.sql, userId);
    if (!connected) return { kind: "none" };
    let account: HostAccount = { id: connected.accountId, login: connected.login };
    if (isDecision) {
      const holder = await this.holder(connected);
      if (!holder) return { kind: "unknown", login: account.login };
      account = holder;
    }
    const mayWrite = await this.mayWrite(repository, account, isDecision);
    return { kind: "known", login: account.login, mayWrite };
  }

  /** The account that the person has shown to be theirs, where the host still knows it. @throws HostBusy */
  async confirmed(userId: string): Promise<HostAccount | null> {
    const connected = await findConnected(this.deps.sql, userId);
    return connected && this.holder(connected);
  }

  /**
   * The person behind an account in chat has shown whose token it is: what was known of the two becomes one
   * person. Null where the request for it was ended meanwhile. `joins`: whether they said that they are the one
   * in chat who has the account already. @throws UserError, HostBusy, AccountTaken
   */
  async connect(
    requestId: string,
    identity: Identity,
    { token, joins }: { token: AccountToken; joins: boolean },
  ): Promise<HostAccount | null> {
    const account = await this.host.holderOf(token.token);
    if (!account) {
      throw new UserError("unauthorized", "GitHub took its consent back; connect once more.");
    }
    const sealed = this.seal(account.id, token);
    const revoked = await this.revokedOf(account.id);
    return this.contended(async (tx) => {
      if (!(await deleteConnectionRequest(tx, requestId))) return null;
      await takeOver(tx, identity, account, { joins, revoked });
      const userId = await attachAccount(tx, identity, account);
      await putConnected(tx, { userId, accountId: account.id, login: account.login, sealed });
      return account;
    });
  }

  /**
   * Somebody has shown whose token it is by signing in: they are the person who has the account already, also in
   * chat; unless that one's own token is not known any more, which is how an account is taken back.
   *
   * @throws UserError, HostBusy
   */
  async signIn(token: AccountToken): Promise<{ userId: string; accountId: string }> {
    const account = await this.host.holderOf(token.token);
    if (!account) {
      throw new UserError("unauthorized", "GitHub took its consent back; sign in once more.");
    }
    const sealed = this.seal(account.id, token);
    const revoked = await this.revokedOf(account.id);
    return this.contended(async (tx) => {
      await ensureAccount(tx, account);
      const holder = await findHolder(tx, account.id);
      if (holder && (holder.sealed === null || holder.sealed === revoked)) {
        await deleteConnected(tx, holder.userId);
        await splitAccount(tx, holder.userId);
      }
      const { id: userId } = await ensureAccount(tx, account);
      await putConnected(tx, { userId, accountId: account.id, login: account.login, sealed });
      return { userId, accountId: account.id };
    });
  }

  /**
   * Does something with the person's token; a token that is not known any more is renewed once. `ask` answers with
   * null where the host does not know the token. Null where the person has no account, or it is known no more.
   *
   * @throws HostBusy
   */
  async asking<T>(
    userId: string,
    ask: (account: HostAccount, token: string) => Promise<T | null>,
  ): Promise<T | null> {
    const connected = await findConnected(this.deps.sql, userId);
    const kept = connected && this.open(connected);
    if (!connected || !kept) return null;
    const account = { id: connected.accountId, login: connected.login };
    const now = this.deps.now ?? Date.now;
    const endsSoon = kept.expiresAt !== null && kept.expiresAt.getTime() < now() + ENDS_SOON_MS;
    const said = endsSoon ? null : await ask(account, kept.token);
    if (said !== null || kept.refreshToken === null) return said;
    const next = await this.renew(connected);
    return next && ask(account, next.token);
  }

  /** Another account of the person's may join them for a while. */
  letJoin(userId: string): Promise<void> {
    return letJoin(this.deps.sql, userId, JOINABLE_MS);
  }

  /**
   * Forgets the token, and takes the account off the person; a code that they were shown connects nothing any
   * more. Its login; null where none was connected.
   */
  disconnect(userId: string): Promise<string | null> {
    return this.deps.sql.begin(async (tx) => {
      await deleteRequestsOf(tx, userId);
      const connected = await deleteConnected(tx, userId);
      if (!connected) return null;
      await splitAccount(tx, userId);
      await deleteSessionsOf(tx, userId);
      return connected.login;
    });
  }

  /** Does the work once more where somebody was writing as one of those whom it is about. */
  private async contended<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        const done = await this.deps.sql.begin(async (tx) => {
          await tx`select set_config('lock_timeout', ${MOST_WAIT}, true)`;
          return { value: await work(tx) };
        });
        return done.value;
      } catch (error) {
        if (tried === TRIES || !isContended(error)) throw error;
        await pause(AGAIN_AFTER_MS * (1 + Math.random()));
      }
    }
  }

  /** The sealed token of whoever in chat has the account, where the host does not know it any more. */
  private async revokedOf(accountId: string): Promise<string | null> {
    const { sql } = this.deps;
    const holder = await findHolder(sql, accountId);
    if (!holder || (await this.confirmed(holder.userId))) return null;
    return (await findConnected(sql, holder.userId))?.sealed ?? null;
  }

  private async mayWrite(
    repository: string,
    account: HostAccount,
    isDecision: boolean,
  ): Promise<boolean> {
    if (!this.host.serves(repository)) return false;
    const now = this.deps.now ?? Date.now;
    const key = `${repository.toLowerCase()} ${account.id}`;
    const known = this.believed.get(key);
    if (!isDecision && known && now() - known.at < BELIEVED_MS) return known.mayWrite;
    const mayWrite = await this.host.mayWrite(repository, account);
    putNewest(this.believed, key, { at: now(), mayWrite }, MOST_BELIEVED);
    return mayWrite;
  }

  /** Null where the token is the account's no more. @throws HostBusy */
  private async holder(connected: ConnectedAccount): Promise<HostAccount | null> {
    const { accountId } = connected;
    const kept = this.open(connected);
    if (!kept) return null;
    const now = this.deps.now ?? Date.now;
    const endsSoon = kept.expiresAt !== null && kept.expiresAt.getTime() < now() + ENDS_SOON_MS;
    let holder = endsSoon ? null : await this.host.holderOf(kept.token);
    if (!holder && kept.refreshToken !== null) {
      const next = await this.renew(connected);
      holder = next && (await this.host.holderOf(next.token));
    }
    if (holder?.id !== accountId) return null;
    if (kept.isOld) await this.sealAnew(connected);
    await confirmConnected(this.deps.sql, { ...connected, login: holder.login });
    return holder;
  }

  /** A refresh token serves once: whoever comes second takes what the first one got, also a failure. */
  private renew(seen: ConnectedAccount): Promise<AccountToken | null> {
    const underWay = this.renewing.get(seen.sealed);
    if (underWay) return underWay;
    const renewed = this.renewals
      .run(() => this.renewLocked(seen))
      .finally(() => this.renewing.delete(seen.sealed));
    this.renewing.set(seen.sealed, renewed);
    return renewed;
  }

  /** Another process may be at the same. */
  private renewLocked(seen: ConnectedAccount): Promise<AccountToken | null> {
    return this.deps.sql.begin(async (tx) => {
      const connected = await lockConnected(tx, seen.userId);
      const kept = connected && this.open(connected);
      if (!kept || connected.sealed !== seen.sealed) return kept;
      const next = kept.refreshToken === null ? null : await this.host.refresh(kept.refreshToken);
      if (next) await replaceSealed(tx, connected, this.seal(connected.accountId, next));
      return next;
    });
  }

  /** With the key of now, so that the one before can be given up. */
  private async sealAnew(seen: ConnectedAccount): Promise<void> {
    const { encryption, sql } = this.deps;
    const use = connectedAccountUse(seen.accountId);
    await replaceSealed(sql, seen, encryption.seal(encryption.unseal(seen.sealed, use).text, use));
  }

  private seal(accountId: string, token: AccountToken): string {
    return this.deps.encryption.seal(JSON.stringify(token), connectedAccountUse(accountId));
  }

  /** Null where the key that it was sealed with is gone: then it has to be connected anew. */
  private open({
    accountId,
    sealed,
  }: ConnectedAccount): (AccountToken & { isOld: boolean }) | null {
    try {
      const { text, isOld } = this.deps.encryption.unseal(sealed, connectedAccountUse(accountId));
      const { expiresAt, ...kept } = JSON.parse(text) as Omit<AccountToken, "expiresAt"> & {
        expiresAt: string | null;
      };
      return { ...kept, expiresAt: expiresAt === null ? null : new Date(expiresAt), isOld };
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      this.deps.logger.warn({ err: error, accountId }, "a connected account cannot be read");
      return null;
    }
  }
}

/**
 * Whoever is known in chat with the account keeps it where theirs is still known, unless both have said that they
 * are one person. @throws AccountTaken
 */
async function takeOver(
  tx: Tx,
  identity: Identity,
  account: HostAccount,
  { joins, revoked }: { joins: boolean; revoked: string | null },
): Promise<void> {
  // Whoever comes at the same moment waits for what becomes of it.
  await ensureAccount(tx, account);
  const holder = await findHolder(tx, account.id);
  if (!holder || holder.userId === (await findUser(tx, identity))?.id) return;
  if (holder.sealed === null || holder.sealed === revoked) {
    await deleteConnected(tx, holder.userId);
    await splitAccount(tx, holder.userId);
    return;
  }
  if (!joins || !holder.isJoinable) throw new AccountTaken(account.login, holder.accounts);
}
