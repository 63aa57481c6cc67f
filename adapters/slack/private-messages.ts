/** What one person is told outside of all places: in their conversation with Redline. */
import type { ChatPerson } from "../../src/chat/chat-event.ts";
import { PersonUnreachable, PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { PrivateSending } from "../../src/chat/chat-platform.ts";
import { record, text } from "../../src/json.ts";
import type { SlackClient } from "./client.ts";
import { codeOf } from "./errors.ts";
import type { SlackMessages } from "./messages.ts";

/** Why somebody gets none. Source: docs.slack.dev, errors of `chat.postMessage` and `conversations.open`. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  cannot_dm_bot: "It is a bot.",
  channel_not_found: "Slack lets Redline write this person no direct messages.",
  user_disabled: "The account was deactivated.",
  user_not_found: "Slack knows nobody by this id any more.",
  user_not_visible: "Slack does not show this person to Redline.",
};

export class SlackPrivateMessages {
  readonly #client: SlackClient;
  readonly #messages: SlackMessages;

  constructor(client: SlackClient, messages: SlackMessages) {
    this.#client = client;
    this.#messages = messages;
  }

  async send(
    to: ChatPerson,
    markdown: string,
    key: string,
    { since, guard }: PrivateSending,
  ): Promise<string> {
    const content = { kind: "text", markdown } as const;
    const teamId = to.workspaceId;
    try {
      // A person's id stands for the conversation with them; only what looks for a message needs its own.
      if (since === null) {
        const address = { teamId, channel: to.id, thread: null };
        return await this.#messages.post(address, content, key, guard);
      }
      const address = { teamId, channel: await this.#conversationWith(to), thread: null };
      return await this.#messages.postOnce(address, content, key, since, guard);
    } catch (error) {
      const code = error instanceof PlaceRefused ? codeOf(error.cause) : null;
      const why = code === null ? undefined : UNREACHABLE[code];
      throw why === undefined ? error : new PersonUnreachable(why, { cause: error });
    }
  }

  async #conversationWith({ workspaceId, id }: ChatPerson): Promise<string> {
    const options = { kind: "read" } as const;
    const answer = await this.#client.call(
      workspaceId,
      "conversations.open",
      { users: id },
      options,
    );
    const channel = text(record(answer["channel"])["id"]);
    if (channel === null) throw new PlaceRefused("content", "Slack opened no conversation.");
    return channel;
  }
}
