/** `chat` with its adapter for Slack, by Socket Mode: a mention is answered with a stream. */
import { play } from "../support/token-stream.ts";
import type { MadeAt } from "../support/token-stream.ts";
import { account, serve } from "./contender.ts";

/** Of the packages, what is used here: they are not there until the benchmark has installed them. */
interface Packages {
  Chat: new (options: object) => {
    onNewMention(
      answer: (
        thread: { post(stream: AsyncIterable<string>): Promise<unknown> },
        message: { text: string },
      ) => Promise<void>,
    ): void;
    initialize(): Promise<void>;
  };
  createSlackAdapter(options: object): object;
  createMemoryState(): object;
}

const PACKAGES = ["chat", "@chat-adapter/slack", "@chat-adapter/state-memory"];
const modules = await Promise.all(PACKAGES.map((name) => import(name) as Promise<object>));
const { Chat, createSlackAdapter, createMemoryState } = Object.assign({}, ...modules) as Packages;

const { apiUrl, botToken, appToken } = account();
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
