/** The real client, pointed at the fake, without its long waits. */
import { Client, Events, GatewayIntentBits, Partials, REST } from "discord.js";
import type { ClientOptions, DiscordAPIError } from "discord.js";

import type { FakeDiscord } from "./fake-discord.ts";
import type { Json } from "./model.ts";

/** A dispatch as it came. */
export interface Heard {
  t: string;
  d: Json;
}

export const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.MessageContent,
] as const;

/** Tries once, and does not wait for rate limits. */
export const restClient = (discord: FakeDiscord, token = discord.token): REST =>
  new REST({ api: discord.apiUrl, retries: 0, rejectOnRateLimit: () => true }).setToken(token);

/** A client that is ready; it is destroyed when disposed of. */
export async function ready(
  discord: FakeDiscord,
  options: Partial<ClientOptions> = {},
): Promise<AsyncDisposable & { client: Client<true>; heard: Heard[] }> {
  const client: Client = new Client({
    intents: INTENTS,
    partials: [Partials.Channel, Partials.Message],
    ...options,
    rest: { api: discord.apiUrl, retries: 0, ...options.rest },
  });
  const heard: Heard[] = [];
  client.on(Events.Raw as never, (packet: Heard) => void heard.push(packet));
  const isReady = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(discord.token);
  await isReady;
  return {
    client: client as Client<true>,
    heard,
    [Symbol.asyncDispose]: async () => await client.destroy(),
  };
}

/** `status/code` of a call that must fail; the name of what is no answer of Discord. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { status, code, name } = error as DiscordAPIError;
    return status === undefined ? name.replace(/\[.*/, "") : `${status}/${code}`;
  }
  throw new Error("the call succeeded");
}
