/** `redline delete-workspace`: a workspace with everything in it. Part of the composition root. */
import { cancelTurn } from "../conversation/cancel-turn.ts";
import type { Config, Secrets } from "../config.ts";
import { Encryption } from "../encryption.ts";
import { UserError } from "../errors.ts";
import { silent } from "../log.ts";
import type { StreamRelay } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import type { WorkspaceContents } from "../store/workspace-deletion.ts";
import { countContents, listDeletions } from "../store/workspace-deletion.ts";
import type { WorkspaceKey } from "../store/workspaces.ts";
import { deleteWorkspace as deleteEverything } from "../upkeep/delete-workspace.ts";
import { pause } from "../waiting.ts";
import { isAgreed } from "./agreement.ts";
import { assertSchema, withDatabase } from "./with-database.ts";

/** Running processes see by the rows what has changed. */
const NOBODY_LISTENS: StreamRelay = {
  publish: () => {},
  subscribe: () => Promise.resolve(() => {}),
};

const QUESTION = { to: "delete it", otherwise: "Nothing was deleted" };

export function deleteWorkspace({
  workspace,
  yes,
}: {
  workspace: WorkspaceKey;
  yes: boolean;
}): Promise<number> {
  return withDatabase(async (sql, _url, secrets, config) => {
    await assertSchema(sql);
    const place = `${workspace.platform} ${workspace.workspaceId}`;
    const contents = await countContents(sql, workspace);
    const isBegun = (await listDeletions(sql)).some(
      (one) => one.platform === workspace.platform && one.workspaceId === workspace.workspaceId,
    );
    if (!isBegun && isEmpty(contents)) {
      throw new UserError("not-found", `Nothing is known of ${place}; look at its id.`);
    }
    process.stdout.write(describeContents(place, contents));
    if (isBegun) process.stdout.write("Its deletion was begun before, and is gone on with.\n");
    else if (!yes && !(await isAgreed(workspace.workspaceId, QUESTION))) return 1;
    await deleteEverything(
      {
        sql,
        relay: NOBODY_LISTENS,
        cancel: (turnId) => cancelTurn({ sql, relay: NOBODY_LISTENS }, turnId),
        leave: () => leave(config, secrets, sql, workspace),
        pause,
        warn: say,
      },
      workspace,
    );
    process.stdout.write(`Nothing of ${place} is left. Backups made before still have it.\n`);
    return 0;
  });
}

const say = (words: string): void => void process.stderr.write(`redline: ${words}\n`);

const isEmpty = ({ name, ...counts }: WorkspaceContents): boolean =>
  name === null && Object.values(counts).every((count) => !count);

/** What will go, line by line. Pure. */
export function describeContents(place: string, found: WorkspaceContents): string {
  const { name, isInstalled } = found;
  return [
    `${place}${name === null ? "" : ` (${name})`}${isInstalled ? ", where the app is installed" : ""}. This goes, for good:`,
    `  ${found.threads} conversations that are held there alone, with ${found.messages} messages${found.commits === 0 ? "" : `; of ${found.commits} changes that were accepted in them, the commits and who decided stay`}`,
    `  what was said there in ${found.sharedThreads} conversations that are held elsewhere, too, be it in the console: ${found.sharedMessages} messages`,
    `  ${found.people} people who are known there alone, with all that they wrote; ${found.otherPeople} are known elsewhere and stay there`,
    `  ${found.events} events, and the settings, maintainers, tokens and what was spent`,
    "",
  ].join("\n");
}

/** What is not possible any more, such as with a token that was revoked, does not keep the rest up. */
async function leave(
  config: Config,
  secrets: Secrets,
  sql: Sql,
  { platform, workspaceId }: WorkspaceKey,
): Promise<void> {
  try {
    if (platform === "slack") await leaveSlack(config, secrets, sql, workspaceId);
    else await leaveDiscord(config, secrets, workspaceId);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(
      `Redline could not leave ${platform} ${workspaceId} by itself (${why}): remove the app there.`,
    );
  }
}

async function leaveSlack(
  { slack: { mode, apiUrl } }: Config,
  { encryptionKeys: keys, slackBotToken: token }: Secrets,
  sql: Sql,
  teamId: string,
): Promise<void> {
  if (mode === null) throw new Error("Slack is off");
  const { createSingleToken, SlackInstallations } =
    await import("../../adapters/slack/installations.ts");
  const { revokeToken } = await import("../../adapters/slack/leave.ts");
  const tokens =
    mode === "oauth"
      ? keys && new SlackInstallations(sql, new Encryption(keys.current, keys.previous))
      : token && createSingleToken({ token, apiUrl, sql, logger: silent });
  const access = tokens ? await tokens.tokenFor(teamId) : null;
  if (!access) throw new Error("no token of it is known");
  await revokeToken(access.token, { apiUrl, logger: silent });
}

async function leaveDiscord(
  { discord: { apiUrl } }: Config,
  { discordToken: token }: Secrets,
  guildId: string,
): Promise<void> {
  if (token === null) throw new Error("Discord is off");
  const { createDiscordRest } = await import("../../adapters/discord/rest.ts");
  const { leaveServer } = await import("../../adapters/discord/setup.ts");
  await leaveServer(createDiscordRest({ token, apiUrl }), guildId);
}
