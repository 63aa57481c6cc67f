/** Where Slack's tokens come from: one that is given, or those of workspaces that installed the app. */
import type { Installation, InstallationQuery, InstallationStore } from "@slack/bolt";
import { WebClient } from "@slack/web-api";
import type { Encryption } from "../../src/encryption.ts";
import type { Logger } from "../../src/log.ts";
import type { Sql } from "../../src/store/database.ts";
import {
  deleteInstallation,
  installationUse,
  readInstallation,
  resealInstallation,
  saveInstallation,
  saveWorkspace,
} from "../../src/store/installations.ts";
import type { SlackAccess } from "./client.ts";
import { toChatError } from "./errors.ts";
import { slackLogger } from "./logger.ts";

/** Access to workspaces. */
export interface SlackTokens {
  /** Null where the app is not installed. */
  tokenFor(teamId: string): Promise<SlackAccess | null>;
  /**
   * Slack has taken the app out of the workspace, or its tokens: `bots` are the bot users concerned, null all.
   * `heardAt` is when Slack told it; an installation that was made later stays. True where the workspace is
   * without the app now.
   */
  forget(teamId: string, bots: readonly string[] | null, heardAt: Date): Promise<boolean>;
}

/** A whole organization cannot install the app, only a workspace. */
class OrgInstallation extends Error {
  override readonly name = "OrgInstallation";
}

const PLATFORM = "slack";
const useOf = (teamId: string): string =>
  installationUse({ platform: PLATFORM, workspaceId: teamId });

/** Installations in Postgres, sealed. */
export class SlackInstallations implements InstallationStore, SlackTokens {
  private readonly sql: Sql;
  private readonly encryption: Encryption;

  constructor(sql: Sql, encryption: Encryption) {
    this.sql = sql;
    this.encryption = encryption;
  }

  async storeInstallation<AuthVersion extends "v1" | "v2">(
    installation: Installation<AuthVersion>,
  ): Promise<void> {
    const team = installation.team;
    if (installation.isEnterpriseInstall === true || !team) throw new OrgInstallation();
    const key = { platform: PLATFORM, workspaceId: team.id };
    const sealed = this.encryption.seal(JSON.stringify(installation), useOf(team.id));
    await this.sql.begin(async (tx) => {
      await saveWorkspace(tx, key, team.name ?? team.id);
      await saveInstallation(tx, key, sealed);
    });
  }

  async fetchInstallation(query: InstallationQuery<boolean>): Promise<Installation> {
    const found = query.teamId === undefined ? null : await this.read(query.teamId);
    if (!found) throw new Error(`the app is not installed in ${query.teamId ?? "an organization"}`);
    return found;
  }

  async deleteInstallation({ teamId }: InstallationQuery<boolean>): Promise<void> {
    if (teamId !== undefined) await this.forget(teamId, null, new Date());
  }

  async tokenFor(teamId: string): Promise<SlackAccess | null> {
    const bot = (await this.read(teamId))?.bot;
    return bot ? { token: bot.token, botUserId: bot.userId } : null;
  }

  async forget(teamId: string, bots: readonly string[] | null, heardAt: Date): Promise<boolean> {
    const bot = bots === null ? null : ((await this.read(teamId))?.bot ?? null);
    if (bots !== null && bot !== null && !bots.includes(bot.userId)) return false;
    if (bots?.length === 0) return false;
    const key = { platform: PLATFORM, workspaceId: teamId };
    await deleteInstallation(this.sql, key, heardAt);
    return (await readInstallation(this.sql, key)) === null;
  }

  /** @throws UnsealError */
  private async read(teamId: string): Promise<Installation<"v2"> | null> {
    const key = { platform: PLATFORM, workspaceId: teamId };
    const stored = await readInstallation(this.sql, key);
    if (!stored) return null;
    const { text, isOld } = this.encryption.unseal(stored.sealed, useOf(teamId));
    if (isOld) {
      await resealInstallation(
        this.sql,
        key,
        stored.sealed,
        this.encryption.seal(text, useOf(teamId)),
      );
    }
    return JSON.parse(text) as Installation<"v2">;
  }
}

export interface SingleTokenOptions {
  token: string;
  apiUrl: string;
  sql: Sql;
  logger: Logger;
}

/** The one workspace that a bot's token is of. Slack is asked which, once it is needed. */
export function createSingleToken(options: SingleTokenOptions): SlackTokens {
  const { token, apiUrl, sql, logger } = options;
  const client = new WebClient(token, {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logger: slackLogger(logger, "Web API"),
  });
  let known: Promise<{ teamId: string; access: SlackAccess }> | null = null;
  const identify = async (): Promise<{ teamId: string; access: SlackAccess }> => {
    const answer = await client.auth.test().catch((error: unknown) => {
      throw toChatError(error, "read", Date.now());
    });
    const teamId = String(answer.team_id);
    await saveWorkspace(sql, { platform: PLATFORM, workspaceId: teamId }, answer.team ?? teamId);
    return { teamId, access: { token, botUserId: String(answer.user_id) } };
  };
  const tokenFor = async (teamId: string): Promise<SlackAccess | null> => {
    known ??= identify().catch((error: unknown) => {
      known = null;
      throw error;
    });
    const found = await known;
    return found.teamId === teamId ? found.access : null;
  };
  return {
    tokenFor,
    // There is nothing to remove: the token is in the settings.
    forget: async (teamId, bots) => {
      if (bots === null) return true;
      const access = await tokenFor(teamId).catch(() => null);
      return bots.length > 0 && (access === null || bots.includes(access.botUserId));
    },
  };
}
