/**
 * Who may decide on an RFC: accept and decline its changes, give them their places, propose its merge. Named are
 * people by their workspace, or one of its roles, and by the RFC; who may write to its repository on the host
 * needs no naming once they have shown whose account it is.
 */
import { UserError } from "../errors.ts";
import { HostBusy } from "../ports.ts";
import { insertRefusal, insertStrangersRefusal } from "../store/audit.ts";
import type { Sql } from "../store/database.ts";
import { isConsoleUser } from "../store/people.ts";
import { isRfcMaintainer } from "../store/rfc-maintainers.ts";
import { findRfc } from "../store/rfcs.ts";
import type { AccountStanding, ConnectedAccounts } from "./connected-accounts.ts";
import type { Deciding } from "./person.ts";

/** What is known of somebody who wants to decide. */
export interface Standing {
  /** Uses the console on this machine. */
  isConsoleUser: boolean;
  isNamedForRfc: boolean;
  /** In the workspace that they act in, themselves or by a role. */
  isNamedInWorkspace: boolean;
  account: AccountStanding;
}

export type Verdict =
  | { may: true }
  /** `account` is null where none is connected. */
  | { may: false; account: { login: string; isKnown: boolean } | null };

/** Pure. */
export function judge({ account, ...named }: Standing): Verdict {
  if (named.isConsoleUser || named.isNamedForRfc || named.isNamedInWorkspace) return { may: true };
  if (account.kind === "none") return { may: false, account: null };
  if (account.kind === "known" && account.mayWrite) return { may: true };
  return { may: false, account: { login: account.login, isKnown: account.kind === "known" } };
}

/** Somebody who wants to decide. */
export interface Decider {
  userId: string;
  /** Asked only where nothing nearer says so already. */
  isNamedInWorkspace(): Promise<boolean>;
}

/** What is asked of certain people alone; of no RFC where it is about a whole workspace. */
type Refusing = Omit<Deciding, "rfcSlug"> & { rfcSlug: string | null; why: string };

/** Refusals that anybody could cause, in a minute; the log has them all. */
const MOST_STRANGERS = 60;

export interface PermissionsDeps {
  sql: Sql;
  /** Null where people cannot connect accounts. */
  accounts: ConnectedAccounts | null;
}

export class Permissions {
  private readonly deps: PermissionsDeps;

  constructor(deps: PermissionsDeps) {
    this.deps = deps;
  }

  /** Whether people can show that an account is theirs, which may write to the RFC's repository. */
  async takesAccounts(rfcSlug: string): Promise<boolean> {
    return (await this.repositoryOf(rfcSlug)) !== null;
  }

  /**
   * @param isDecision false where nothing is decided by it: then the host need not be asked anew
   * @throws UserError, such as host-busy where the host of the repository cannot be asked
   */
  async verdict(who: Decider, rfcSlug: string, isDecision: boolean): Promise<Verdict> {
    const { sql } = this.deps;
    const none: AccountStanding = { kind: "none" };
    const [isConsole, isNamedForRfc] = await Promise.all([
      isConsoleUser(sql, who.userId),
      isRfcMaintainer(sql, rfcSlug, who.userId),
    ]);
    const near = { isConsoleUser: isConsole, isNamedForRfc };
    const isNamedInWorkspace = !isConsole && !isNamedForRfc && (await who.isNamedInWorkspace());
    const named = judge({ ...near, isNamedInWorkspace, account: none });
    if (named.may) return named;
    const account = await this.account(who.userId, rfcSlug, isDecision);
    return judge({ ...near, isNamedInWorkspace, account });
  }

  /** Notes that somebody was refused, and does nothing else. @param door `slack`, `discord` or `http` */
  async noteRefusal(
    userId: string,
    door: string,
    { rfcSlug, act, subject, eventKey }: Deciding,
    { account }: Verdict & { may: false },
  ): Promise<void> {
    const why =
      account === null
        ? "not named, and no account connected"
        : account.isKnown
          ? `not named, and ${account.login} may not write to the repository`
          : `not named, and the token of ${account.login} is not known any more`;
    const about = { userId, door, rfcSlug, act, subject, why, eventKey: eventKey ?? null };
    await insertRefusal(this.deps.sql, about);
  }

  /** Does what is asked of certain people alone; that it was refused to somebody is noted. */
  async noting<T>(
    userId: string,
    door: string,
    about: Refusing,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UserError && error.type === "forbidden") {
        const { rfcSlug, act, subject, why, eventKey = null } = about;
        const refusal = { userId, door, rfcSlug, act, subject, why, eventKey };
        await insertRefusal(this.deps.sql, refusal);
      }
      throw error;
    }
  }

  /** The same of somebody who did not say who they are, so many a minute. */
  async noteStranger(act: string, subject: string, why: string): Promise<void> {
    const refusal = { act, door: "http", subject, why };
    await insertStrangersRefusal(this.deps.sql, refusal, MOST_STRANGERS);
  }

  /** For whoever acts in no workspace. @throws UserError forbidden */
  async assertMayDecide(userId: string, door: string, about: Deciding): Promise<void> {
    const who = { userId, isNamedInWorkspace: () => Promise.resolve(false) };
    const verdict = await this.verdict(who, about.rfcSlug, true);
    if (verdict.may) return;
    await this.noteRefusal(userId, door, about, verdict);
    throw new UserError("forbidden", "Only maintainers decide on this RFC.");
  }

  private async account(
    userId: string,
    rfcSlug: string,
    isDecision: boolean,
  ): Promise<AccountStanding> {
    const repository = await this.repositoryOf(rfcSlug);
    if (repository === null) return { kind: "none" };
    try {
      return await this.deps.accounts!.standing(userId, repository, isDecision);
    } catch (error) {
      if (!(error instanceof HostBusy)) throw error;
      const message = `Whether you may decide cannot be asked now: ${error.message}`;
      throw new UserError("host-busy", message, { cause: error });
    }
  }

  /** Null where accounts say nothing about it. */
  private async repositoryOf(rfcSlug: string): Promise<string | null> {
    const { accounts, sql } = this.deps;
    const repository = accounts && (await findRfc(sql, rfcSlug))?.repository;
    return repository && accounts.host.serves(repository) ? repository : null;
  }
}
