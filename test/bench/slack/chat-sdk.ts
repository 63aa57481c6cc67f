/** `chat` with its adapter for Slack, by Socket Mode: a mention is answered with a stream. */
import type { ChatPackages } from "../support/program.ts";
import { account, serve } from "../support/program.ts";
import { play } from "../support/token-stream.ts";
import type { MadeAt } from "../support/token-stream.ts";
import type { SlackAccount } from "./account.ts";

interface Packages extends ChatPackages {
  createSlackAdapter(options: object): object;
}

const PACKAGES = ["chat", "@chat-adapter/slack", "@chat-adapter/state-memory"];
const modules = await Promise.all(PACKAGES.map((name) => import(name) as Promise<object>));
const { Chat, createSlackAdapter, createMemoryState } = Object.assign({}, ...modules) as Packages;

const { apiUrl, botToken, appToken } = account() as SlackAccount;
const made: MadeAt = {};
const chat = new Chat({
  userName: "redline",
  adapters: { slack: createSlackAdapter({ apiUrl, botToken, appToken, mode: "socket" }) },
  state: createMemoryState(),
  logger: "error",
});
chat.onNewMention(async (thread, message) => {
  const stream = Number(/tokens (\d)/.exec(message.text)?.[1]);
  await thread.post(play(stream, made));
});
await chat.initialize();
serve(made, () => Promise.resolve());
