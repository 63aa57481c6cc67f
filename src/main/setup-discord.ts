/** `redline setup discord`: invites the bot, and registers its commands. Part of the composition root. */
import { INVALID_TOKEN } from "../../adapters/discord/errors.ts";
import { PERMISSIONS, inviteLink } from "../../adapters/discord/intents.ts";
import { createDiscordRest } from "../../adapters/discord/rest.ts";
import { describeAccess } from "../../adapters/discord/access.ts";
import { clearCommands, readApplication, syncCommands } from "../../adapters/discord/setup.ts";
import type { Application } from "../../adapters/discord/setup.ts";
import { readConfig } from "../config.ts";
import { UserError } from "../errors.ts";

/** @param given the one server to register the commands in; null for what DISCORD_GUILD_ID says, else all */
export async function setupDiscord(given: string | null): Promise<number> {
  const { config, secrets } = readConfig();
  const { apiUrl, readsContent, guildId: configured } = config.discord;
  const { discordToken: token } = secrets;
  if (token === null) {
    process.stdout.write(NO_TOKEN);
    return 1;
  }
  const guildId = given ?? configured;
  const rest = createDiscordRest({ token, apiUrl });
  const application = await readApplication(rest).catch((error: unknown) => {
    throw refusal(error, "Discord did not answer");
  });
  process.stdout.write(discordSetup(application, { readsContent, guildId, configured }));
  const outcome = await syncCommands(rest, application.id, guildId).catch((error: unknown) => {
    throw refusal(error, "Discord did not take the commands");
  });
  if (guildId !== null) await clearCommands(rest, application.id, null);
  const where = guildId === null ? "on every server" : `on the server ${guildId}`;
  const did = outcome === "registered" ? "are registered now" : "were registered already";
  process.stdout.write(`The commands ${did}, ${where}.\n`);
  return 0;
}

/** What a person has to do. Pure. */
export function discordSetup(
  application: Application,
  {
    readsContent,
    guildId,
    configured,
  }: { readsContent: boolean; guildId: string | null; configured: string | null },
): string {
  const { id, name, mayReadContent } = application;
  const width = Math.max(...PERMISSIONS.map((permission) => permission.name.length));
  return [
    `This link adds ${name} to a server, for one of its administrators:`,
    inviteLink(id, guildId),
    "",
    "It asks for:",
    ...PERMISSIONS.map(
      (permission) =>
        `  ${permission.name.padEnd(width)}  ${permission.why}${permission.isOptional ? " (optional)" : ""}`,
    ),
    "",
    contentWords(readsContent, mayReadContent),
    `Who may discuss what: ${describeAccess(application, configured)}.`,
    "",
    "",
  ].join("\n");
}

function contentWords(readsContent: boolean, mayReadContent: boolean): string {
  if (!readsContent) {
    return "The text of messages that do not mention the bot is not read (DISCORD_MESSAGE_CONTENT is off): no privileged intent is needed.";
  }
  return mayReadContent
    ? "The Message Content Intent is on, as it has to be."
    : "Switch on “Message Content Intent” in Discord's developer portal, under “Bot”, “Privileged Gateway Intents”; or set DISCORD_MESSAGE_CONTENT=off, and only mentions, commands and menus are read.";
}

const NO_TOKEN = `1. Make an application at https://discord.com/developers/applications; under “Bot”, reset its token: DISCORD_TOKEN.
2. There, under “Privileged Gateway Intents”, switch on “Message Content Intent” (or set DISCORD_MESSAGE_CONTENT=off).
3. Run this again with DISCORD_TOKEN set: it prints the invite link and registers the commands.
`;

function refusal(error: unknown, what: string): UserError {
  const { status, message } = error as { status?: unknown; message?: unknown };
  const words = status === 401 ? INVALID_TOKEN : `${what}: ${String(message)}.`;
  return new UserError("not-ready", words, { cause: error });
}
