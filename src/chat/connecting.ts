/**
 * People connect their accounts on GitHub: they are shown a code, alone, and this process asks GitHub until they
 * have entered it. Where it ends before, they are told to do it again.
 */
import { randomBytes } from "node:crypto";

import { originLabel } from "../deliveries/remark-text.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { oneLine } from "../one-line.ts";
import type { DeviceCode } from "../ports.ts";
import type { ConnectedAccounts } from "../rfcs/connected-accounts.ts";
import { AccountTaken, JOINABLE_MS } from "../rfcs/connected-accounts.ts";
import {
  claimAbandonedRequests,
  deleteConnectionRequest,
  putConnectionRequest,
  renewConnectionRequest,
} from "../store/connected-accounts.ts";
import type { Sql } from "../store/database.ts";
import type { ChatPerson, ChatPlace, Reply } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import { PlaceRefused } from "./chat-platform.ts";
import { asCode } from "./wording.ts";

export interface ConnectingDeps {
  sql: Sql;
  logger: Logger;
  accounts: ConnectedAccounts;
  platforms: ReadonlyMap<string, ChatPlatform>;
  /** How long a code stays watched without a heartbeat. */
  leaseMs: number;
}

/** Who connects, and how they are answered. */
export interface Connector {
  by: ChatPerson;
  userId: string;
  reply: Reply | ChatPlace;
  /** Whether they say that they are the one who connected the same account elsewhere. */
  joins: boolean;
}

export class Connecting {
  readonly accounts: ConnectedAccounts;
  private readonly deps: ConnectingDeps;
  /** Whose codes are watched here. */
  private readonly watched = new Map<string, AbortController>();

  constructor(deps: ConnectingDeps) {
    this.deps = deps;
    this.accounts = deps.accounts;
  }

  /** Gets a code that takes the place of an earlier one, and watches it. @throws UserError, HostBusy */
  async begin(connector: Connector): Promise<DeviceCode> {
    const { sql, leaseMs } = this.deps;
    const requestId = await putConnectionRequest(sql, connector, leaseMs);
    const key = keyOf(connector.by);
    this.watched.get(key)?.abort();
    const watch = new AbortController();
    this.watched.set(key, watch);
    const beat = setInterval(() => {
      void this.renew(requestId, watch);
    }, leaseMs / 3);
    let show: (code: DeviceCode) => void = () => {};
    const shown = new Promise<DeviceCode>((resolve) => {
      show = resolve;
    });
    const ended = this.accounts.host
      .connect((code) => show(code), watch.signal)
      .finally(() => {
        clearInterval(beat);
        if (this.watched.get(key) === watch) this.watched.delete(key);
      });
    try {
      const code = await Promise.race([shown, ended.then(nothingShown)]);
      void this.follow(connector, requestId, ended, watch.signal);
      return code;
    } catch (error) {
      await deleteConnectionRequest(sql, requestId);
      throw error;
    }
  }

  /** Tells those whose code nobody watches any more. */
  async sweep(): Promise<void> {
    const { sql, leaseMs } = this.deps;
    for (const { id, by, reply } of await claimAbandonedRequests(sql, leaseMs)) {
      const again = this.again(by);
      const isTold = await this.tell(by, reply, `Your code for GitHub was lost; ${again}.`);
      if (isTold) await deleteConnectionRequest(sql, id);
    }
  }

  /** Leaves the codes to the sweep of the next process. */
  stop(): void {
    for (const watch of this.watched.values()) watch.abort();
  }

  /** Waits for the consent, and makes the two accounts one person's. */
  private async follow(
    { by, reply, joins }: Connector,
    requestId: string,
    ended: ReturnType<ConnectedAccounts["host"]["connect"]>,
    signal: AbortSignal,
  ): Promise<void> {
    const { platform, workspaceId, id } = by;
    const identity = { platform, workspaceId, platformUserId: id };
    try {
      const shown = { token: await ended, joins };
      const account = await this.accounts.connect(requestId, identity, shown);
      if (account) await this.tell(by, reply, this.describeConnected(by, account.login));
    } catch (error) {
      // Another code took its place, or this process ends.
      if (signal.aborted) return;
      await this.fail({ by, reply }, requestId, error);
    }
  }

  private async fail(
    { by, reply }: Pick<Connector, "by" | "reply">,
    requestId: string,
    error: unknown,
  ): Promise<void> {
    const { sql, logger } = this.deps;
    let words: string;
    if (error instanceof UserError) {
      words = error.message;
    } else if (error instanceof AccountTaken) {
      words = this.describeTaken(by, error);
    } else {
      const errorId = randomBytes(4).toString("hex");
      logger.error({ err: error, errorId }, "an account could not be connected");
      words = `Something failed on our side; the log has it under ${errorId}; ${this.again(by)}.`;
    }
    try {
      if (await deleteConnectionRequest(sql, requestId)) await this.tell(by, reply, words);
    } catch (failure) {
      // The sweep tells it then.
      logger.warn({ err: failure }, "a request to connect an account could not be ended");
    }
  }

  private async renew(requestId: string, watch: AbortController): Promise<void> {
    const { sql, logger, leaseMs } = this.deps;
    try {
      if (!(await renewConnectionRequest(sql, requestId, leaseMs))) watch.abort();
    } catch (error) {
      logger.warn({ err: error }, "the watch over a code could not be renewed");
    }
  }

  /** False where it is to be tried again. */
  private async tell(by: ChatPerson, reply: Reply | ChatPlace, markdown: string): Promise<boolean> {
    try {
      await this.deps.platforms.get(by.platform)?.tell(by, reply, markdown);
      return true;
    } catch (error) {
      this.deps.logger.warn({ err: error, personId: by.id }, "a person could not be told");
      return error instanceof PlaceRefused;
    }
  }

  private describeConnected(by: ChatPerson, login: string): string {
    const words = this.deps.platforms.get(by.platform)?.words ?? { commandPrefix: "" };
    return `You are connected: ${login} on GitHub is you. Where it may write to an RFC's repository, you may decide on the RFC; ${asCode(words, "disconnect")} ends that.`;
  }

  private describeTaken(on: ChatPerson, { login, by }: AccountTaken): string {
    const words = this.deps.platforms.get(on.platform)?.words ?? { commandPrefix: "" };
    const join = asCode(words, "connect join");
    const who = by.map(({ platform, name, workspace }) => {
      const where = workspace === null ? "" : `, ${oneLine(workspace)}`;
      return `${oneLine(name)} (${originLabel(platform)}${where})`;
    });
    return [
      `Nothing was connected: ${login} on GitHub is ${who.join(" and ")} already.`,
      `If that is you, write ${join} there and then, within ${JOINABLE_MS / 60_000} minutes, here: the two become one person.`,
      `If it is not, take back on GitHub, under Settings, Applications, what you let Redline know of you, and connect once more: that takes ${login} off them.`,
    ].join(" ");
  }

  private again(by: ChatPerson): string {
    const words = this.deps.platforms.get(by.platform)?.words ?? { commandPrefix: "" };
    return `get another one with ${asCode(words, "connect")}`;
  }
}

function nothingShown(): never {
  throw new Error("somebody gave their consent before they were asked");
}

function keyOf({ platform, workspaceId, id }: ChatPerson): string {
  return `${platform} ${workspaceId} ${id}`;
}
