/** What running one of the app's commands brings. */
import type { Channel, Command, Json, Message } from "./model.ts";
import { guildPermissions } from "./permissions.ts";
import { channelJson, memberJson, messageJson, roleJson, userJson } from "./wire.ts";
import type { World } from "./world.ts";

/** By name; people, roles and channels by their ids. */
export type OptionValues = Record<string, string | number | boolean>;

const SUB = { command: 1, group: 2 } as const;
const ID_TYPES = { user: 6, channel: 7, role: 8, mentionable: 9 } as const;
const NUMBERS = new Set<unknown>([4, 10]);

/** @throws Error for what the client would not let pass */
export function commandData(
  world: World,
  channel: Channel,
  userId: string,
  typed: string,
  values: OptionValues,
): Json {
  const { command, path, options } = find(world, channel, userId, typed);
  for (const name of Object.keys(values)) {
    if (!options.some((one) => one["name"] === name)) throw new Error(`${typed} has no ${name}`);
  }
  const given = options.flatMap((option) => {
    const value = values[String(option["name"])];
    if (value === undefined && option["required"] === true) {
      throw new Error(`${typed} needs ${String(option["name"])}`);
    }
    return value === undefined ? [] : [optionOf(option, value)];
  });
  return {
    ...common(command, 1),
    options: nested(path, given),
    ...resolvedOf(world, channel, options, values),
  };
}

/** With one option that is being typed. */
export function focusedData(
  world: World,
  channel: Channel,
  userId: string,
  typed: string,
  focused: string,
  text: string,
  values: OptionValues,
): Json {
  const { command, path, options } = find(world, channel, userId, typed);
  const option = options.find((one) => one["name"] === focused);
  if (option?.["autocomplete"] !== true) throw new Error(`${typed} completes no ${focused}`);
  const others = options.flatMap((one) => {
    const value = values[String(one["name"])];
    return value === undefined || one === option ? [] : [optionOf(one, value)];
  });
  const { name, type } = option;
  return {
    ...common(command, 1),
    options: nested(path, [...others, { name, type, value: text, focused: true }]),
  };
}

export function menuData(
  world: World,
  channel: Channel,
  userId: string,
  name: string,
  message: Message,
): Json {
  const command = visibleTo(world, channel, userId).find(
    ({ body }) => body["name"] === name && body["type"] === 3,
  );
  if (!command) throw new Error(`there is no command ${name} for messages`);
  const target = messageJson(world, message, { isBlank: false, withNonce: false });
  return {
    ...common(command, 3),
    target_id: message.id,
    resolved: { messages: { [message.id]: target } },
  };
}

const common = ({ id, body, guildId }: Command, type: number): Json => ({
  id,
  name: body["name"],
  type,
  ...(guildId !== null && { guild_id: guildId }),
});

const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** Registered for that place, and allowed to that person by default. */
function visibleTo(world: World, channel: Channel, userId: string): Command[] {
  const guild = channel.guildId === null ? null : world.guild(channel.guildId);
  return world.commands.filter(({ guildId, body }) => {
    if (guildId !== null && guildId !== channel.guildId) return false;
    if (!guild) return isForDirect(body);
    const contexts = body["contexts"];
    if (Array.isArray(contexts) && !contexts.includes(0)) return false;
    const needed = body["default_member_permissions"] as string | number | null | undefined;
    if (needed == null) return true;
    const bits = BigInt(needed);
    return bits !== 0n && (guildPermissions(guild, userId) & bits) === bits;
  });
}

function isForDirect(body: Json): boolean {
  const { contexts, dm_permission: inDirect } = body;
  return Array.isArray(contexts) ? contexts.includes(1) : inDirect !== false;
}

function find(
  world: World,
  channel: Channel,
  userId: string,
  typed: string,
): { command: Command; path: Json[]; options: Json[] } {
  const [name = "", ...words] = typed.replace(/^\//, "").split(" ");
  const command = visibleTo(world, channel, userId).find(
    ({ body }) => body["name"] === name && (body["type"] ?? 1) === 1,
  );
  if (!command) throw new Error(`there is no command /${name} here`);
  let options = listOf(command.body["options"]);
  const path: Json[] = [];
  for (const word of words) {
    const found = options.find((one) => one["name"] === word && isSub(one));
    if (!found) throw new Error(`there is no command ${typed}`);
    path.push(found);
    options = listOf(found["options"]);
  }
  if (options.some(isSub)) throw new Error(`${typed} needs a subcommand`);
  return { command, path, options };
}

const isSub = ({ type }: Json): boolean => type === SUB.command || type === SUB.group;

const nested = (path: readonly Json[], options: readonly Json[]): Json[] =>
  path
    .toReversed()
    .reduce<Json[]>((inner, { name, type }) => [{ name, type, options: inner }], [...options]);

function optionOf(option: Json, value: string | number | boolean): Json {
  const { name, type } = option;
  const label = `${String(name)} = ${String(value)}`;
  if (NUMBERS.has(type) && typeof value !== "number") throw new Error(`${label} is no number`);
  if (type === 3 && typeof value !== "string") throw new Error(`${label} is no text`);
  if (type === 5 && typeof value !== "boolean") throw new Error(`${label} is no true or false`);
  const choices = listOf(option["choices"]);
  if (choices.length > 0 && !choices.some((one) => one["value"] === value)) {
    throw new Error(`${label} is none of its choices`);
  }
  const most = option["max_length"];
  if (typeof most === "number" && String(value).length > most) throw new Error(`${label} is long`);
  return { name, type, value };
}

function resolvedOf(
  world: World,
  channel: Channel,
  options: readonly Json[],
  values: OptionValues,
): Json {
  const guild = channel.guildId === null ? null : world.guild(channel.guildId);
  const users: Json = {};
  const members: Json = {};
  const roles: Json = {};
  const channels: Json = {};
  for (const { name, type } of options) {
    const id = String(values[String(name)] ?? "");
    const user = world.users.get(id);
    const role = guild?.roles.get(id);
    const isUser = type === ID_TYPES.user || type === ID_TYPES.mentionable;
    const isRole = type === ID_TYPES.role || type === ID_TYPES.mentionable;
    if (user && isUser) {
      users[id] = userJson(user);
      const member = guild?.members.get(id);
      if (member) members[id] = memberJson(member);
    }
    if (role && isRole) roles[id] = roleJson(role);
    const found = type === ID_TYPES.channel ? world.findChannel(id) : null;
    if (found) channels[id] = channelJson(world, found);
  }
  const all = Object.entries({ users, members, roles, channels });
  const some = all.filter(([, one]) => Object.keys(one).length > 0);
  return some.length === 0 ? {} : { resolved: Object.fromEntries(some) };
}
