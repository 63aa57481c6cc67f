/** Which servers may discuss what, as it depends on who can invite the bot. */
import type { REST } from "discord.js";
import type { Logger } from "../../src/log.ts";
import { CONTENT_SWITCH, toRefusal } from "./gateway-client.ts";
import { createDiscordRest } from "./rest.ts";
import type { DiscordRestOptions } from "./rest.ts";
import { readApplication } from "./setup.ts";
import type { Application } from "./setup.ts";

const LOOK_MS = 5_000;

/** Tells the operator where anybody can invite the bot, and so discuss every RFC. Never rejects. */
export async function warnOfStrangers(rest: REST, logger: Logger): Promise<void> {
  try {
    const application = await readApplication(rest, AbortSignal.timeout(LOOK_MS));
    if (application.isPublic) logger.warn({}, `Discord: ${describeAccess(application, null)}`);
  } catch (error) {
    logger.debug({ err: error }, "Discord does not say who can invite the bot");
  }
}

/** What servers may discuss, and what changes it. */
export function describeAccess(
  { isPublic }: Pick<Application, "isPublic">,
  guildId: string | null,
): string {
  if (guildId !== null) return `only the server ${guildId} is served (DISCORD_GUILD_ID)`;
  return isPublic
    ? "anybody can invite it, and then discuss every RFC: switch “Public Bot” off in Discord's portal, set DISCORD_GUILD_ID, or say with “redline repositories allow discord <server id> <owner/name>” what each server may discuss"
    : "only its owner invites it (“Public Bot” is off in Discord's portal)";
}

/** Whom the token is of. @throws Error what is wrong: the token, or the switch for the text of messages */
export async function checkDiscord(
  options: DiscordRestOptions,
  { readsContent, guildId }: { readsContent: boolean; guildId: string | null },
): Promise<string> {
  const application = await readApplication(createDiscordRest(options)).catch((error: unknown) => {
    throw toRefusal(error);
  });
  const { name, mayReadContent } = application;
  if (readsContent && !mayReadContent) throw new Error(CONTENT_SWITCH);
  const reads = readsContent ? "which reads messages" : "which reads mentions alone";
  return `the app ${name}, ${reads}; ${describeAccess(application, guildId)}`;
}
