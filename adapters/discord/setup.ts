/** What the app is, and which commands it has: registered where they differ from Redline's. */
import type { REST } from "discord.js";
import type { Json } from "../../src/json.ts";
import { list, record, text } from "../../src/json.ts";
import { commandDefinitions } from "./commands.ts";
import { callDiscord } from "./rest.ts";

export interface Application {
  id: string;
  name: string;
  /** Whether the switch for the text of messages is on in the developer portal. */
  mayReadContent: boolean;
  /** Whether anybody may invite it, and so run a server that it is in. */
  isPublic: boolean;
}

/** `GATEWAY_MESSAGE_CONTENT`, and the same for apps of few servers. */
const CONTENT_FLAGS = (1 << 18) | (1 << 19);

/** Rejects as Discord's API does. */
export async function readApplication(rest: REST, signal?: AbortSignal): Promise<Application> {
  const request = { method: "GET", route: "/applications/@me", ...(signal && { signal }) } as const;
  const given = record(await callDiscord(rest, request));
  return {
    id: text(given["id"]) ?? "",
    name: text(given["name"]) ?? "",
    mayReadContent: (Number(given["flags"] ?? 0) & CONTENT_FLAGS) !== 0,
    isPublic: given["bot_public"] === true,
  };
}

/**
 * Registers the commands, everywhere or in one server. Everywhere only where they are not as they should be:
 * people's clients fetch them anew each time.
 */
export async function syncCommands(
  rest: REST,
  applicationId: string,
  guildId: string | null,
): Promise<"registered" | "unchanged"> {
  const route = routeOf(applicationId, guildId);
  const wanted = commandDefinitions();
  if (guildId === null) {
    // Where they cannot be listed they are registered each time.
    const known = await listCommands(rest, applicationId, guildId).catch(() => null);
    if (known && sameCommands(known, wanted)) return "unchanged";
  }
  await callDiscord(rest, { method: "PUT", route, body: wanted });
  return "registered";
}

/**
 * Takes Redline's commands away where they are registered a second time, as pickers show both. What else is
 * registered there is left alone, and they with it. Never rejects.
 */
export async function clearCommands(
  rest: REST,
  applicationId: string,
  guildId: string | null,
): Promise<void> {
  try {
    const known = await listCommands(rest, applicationId, guildId);
    const own = new Set(commandDefinitions().map(({ name }) => name));
    if (known.length === 0 || !known.every(({ name }) => own.has(name))) return;
    await callDiscord(rest, { method: "PUT", route: routeOf(applicationId, guildId), body: [] });
  } catch {
    // They are shown twice there, and work.
  }
}

async function listCommands(
  rest: REST,
  applicationId: string,
  guildId: string | null,
): Promise<Json[]> {
  const route = routeOf(applicationId, guildId);
  return list(await callDiscord(rest, { method: "GET", route })).map(record);
}

const routeOf = (applicationId: string, guildId: string | null) =>
  `/applications/${applicationId}${guildId === null ? "" : (`/guilds/${guildId}` as const)}/commands` as const;

/** Discord adds ids, versions and what it takes for granted. Pure. */
export function sameCommands(known: readonly Json[], wanted: readonly Json[]): boolean {
  return canonical(known) === canonical(wanted);
}

function canonical(commands: readonly Json[]): string {
  const parts = commands.map((command) => JSON.stringify(comparable(command)));
  return parts.toSorted().join("\n");
}

function comparable(given: Json): unknown {
  const sorted = (values: unknown): string[] => list(values).map(String).toSorted();
  return [
    given["name"],
    given["type"] ?? 1,
    given["description"] ?? "",
    given["required"] ?? false,
    given["autocomplete"] ?? false,
    given["min_value"] ?? null,
    given["max_length"] ?? null,
    list(given["choices"]).map((choice) => [record(choice)["name"], record(choice)["value"]]),
    list(given["options"]).map((option) => comparable(record(option))),
    sorted(given["contexts"]),
    sorted(given["integration_types"]),
  ];
}

/** The bot leaves the server. Rejects as Discord's API does, also where it is not in it. */
export async function leaveServer(rest: REST, guildId: string): Promise<void> {
  await callDiscord(rest, { method: "DELETE", route: `/users/@me/guilds/${guildId}` });
}
