/** What Redline asks of Discord: what it hears, and what it may do. Pure. */
import { GatewayIntentBits, OAuth2Scopes, PermissionFlagsBits } from "discord.js";

/** A permission of the bot, with one word why. */
export interface NeededPermission {
  /** As Discord calls it in its own settings. */
  name: string;
  bit: bigint;
  why: string;
  isOptional: boolean;
}

const needed = (bit: bigint, name: string, why: string, isOptional = false): NeededPermission => ({
  name,
  bit,
  why,
  isOptional,
});

export const PERMISSIONS: readonly NeededPermission[] = [
  needed(PermissionFlagsBits.ViewChannel, "View Channels", "reading"),
  needed(PermissionFlagsBits.ReadMessageHistory, "Read Message History", "catching up"),
  needed(PermissionFlagsBits.SendMessages, "Send Messages", "answering"),
  needed(PermissionFlagsBits.SendMessagesInThreads, "Send Messages in Threads", "answering"),
  needed(PermissionFlagsBits.CreatePublicThreads, "Create Public Threads", "linking"),
  needed(PermissionFlagsBits.EmbedLinks, "Embed Links", "cards"),
  needed(PermissionFlagsBits.AttachFiles, "Attach Files", "diffs"),
  needed(PermissionFlagsBits.ManageThreads, "Manage Threads", "tags and reopening", true),
];

/** The least that Redline hears by; with the text of messages where that is switched on. */
export function intentsFor(readsContent: boolean): number {
  const least =
    GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages | GatewayIntentBits.DirectMessages;
  return readsContent ? least | GatewayIntentBits.MessageContent : least;
}

/** Adds the bot to a server, in the browser of whoever opens it. */
export function inviteLink(applicationId: string, guildId: string | null): string {
  const url = new URL("https://discord.com/oauth2/authorize");
  const permissions = PERMISSIONS.reduce((bits, { bit }) => bits | bit, 0n);
  url.searchParams.set("client_id", applicationId);
  url.searchParams.set("scope", [OAuth2Scopes.Bot, OAuth2Scopes.ApplicationsCommands].join(" "));
  url.searchParams.set("permissions", permissions.toString());
  if (guildId !== null) {
    url.searchParams.set("guild_id", guildId);
    url.searchParams.set("disable_guild_select", "true");
  }
  return url.href;
}
