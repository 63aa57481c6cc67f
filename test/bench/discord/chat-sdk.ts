/** `chat` with its adapter for Discord, by the gateway: a mention is answered with a stream. */
import type { ChatPackages } from "../support/program.ts";
import { account, serve } from "../support/program.ts";
import { play } from "../support/token-stream.ts";
import type { MadeAt } from "../support/token-stream.ts";
import type { DiscordAccount } from "./account.ts";

interface Packages extends ChatPackages {
  createDiscordAdapter(options: object): object & {
    startGatewayListener(
      options: { waitUntil(work: Promise<unknown>): void },
      durationMs: number,
    ): Promise<Response>;
  };
  /** Of the adapter's own discord.js. */
  DefaultRestOptions: { api: string };
}

const PACKAGES = ["chat", "@chat-adapter/discord", "@chat-adapter/state-memory", "discord.js"];
const modules = await Promise.all(PACKAGES.map((name) => import(name) as Promise<object>));
const packages = Object.assign({}, ...modules) as Packages;
const { Chat, createDiscordAdapter, createMemoryState, DefaultRestOptions } = packages;

const HOUR_MS = 3_600_000;

const { apiUrl, token, applicationId } = account() as DiscordAccount;
// The adapter's option does not reach its gateway client.
DefaultRestOptions.api = apiUrl;
const made: MadeAt = {};
const discord = createDiscordAdapter({
  apiUrl: `${apiUrl}/v10`,
  botToken: token,
  applicationId,
  publicKey: "0".repeat(64),
  // Else each refused edit is an error in its log.
  logger: quiet(),
});
const chat = new Chat({
  userName: "redline",
  adapters: { discord },
  state: createMemoryState(),
  logger: "silent",
});
chat.onNewMention(async (thread, message) => {
  const stream = Number(/tokens (\d)/.exec(message.text)?.[1]);
  await thread.post(play(stream, made));
});
await chat.initialize();
await discord.startGatewayListener({ waitUntil: (work) => void work }, HOUR_MS);
serve(made, () => Promise.resolve());

function quiet(): object {
  const nothing = (): void => {};
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: quiet };
  return logger;
}
