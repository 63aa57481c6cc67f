import type { ChatContent } from "../../src/chat/card.ts";
import type { ChatPlace, Reply } from "../../src/chat/chat-event.ts";
import type { AnswerLimits, ChatPlatform } from "../../src/chat/chat-platform.ts";
import { neutraliseDiscord } from "../../src/rendering/neutralise.ts";
import { DiscordAnswers } from "./answers.ts";
import { DiscordClient } from "./client.ts";
import type { DiscordClientOptions } from "./client.ts";
import { LIMITS } from "./components/component.ts";
import { ForumTags } from "./forum-tags.ts";
import { DiscordMessages } from "./messages.ts";
import { DirectChannels, DiscordPrivateMessages } from "./private-messages.ts";
import { DiscordPeople, parseMention, parseRole } from "./people.ts";
import { addressOf } from "./place.ts";
import type { DiscordAddress } from "./place.ts";
import { DiscordStatus } from "./status.ts";

/** Discord counts code points; UTF-16 units are never fewer. The rest is for what parts add where they meet. */
const LIMITS_OF_ANSWERS: AnswerLimits = {
  posted: { limit: LIMITS.content - 100, measure: (part) => neutraliseDiscord(part).length },
  streamed: null,
  streamMs: 0,
};

const CAVEAT =
  "I only see messages here that mention me, as this bot is not shown the others (its Message Content intent is off).";

export interface DiscordPlatformOptions extends DiscordClientOptions {
  /** Whether Redline is shown messages that do not mention it. */
  seesMessages: boolean;
}

export interface DiscordPlatform extends ChatPlatform {
  /** Takes away the “thinking” of a command that ended without a word. Never rejects. */
  settle(reply: Pick<Reply, "responseUrl">): Promise<void>;
}

/** Discord as a chat platform, for all servers that the bot is on. */
export function createDiscordPlatform(options: DiscordPlatformOptions): DiscordPlatform {
  const { logger } = options;
  const client = new DiscordClient(options);
  const messages = new DiscordMessages(client);
  const tags = new ForumTags(client, messages.threads, logger);
  const status = new DiscordStatus(client, logger);
  const directs = new DirectChannels(client);
  const answers = new DiscordAnswers(client, directs, logger);
  const privates = new DiscordPrivateMessages(client, directs);
  const people = new DiscordPeople(client);
  return {
    name: "discord",
    words: {
      workspace: "server",
      commandPrefix: "/rfc ",
      maintainer: "@user or @role",
      tellsParticipants: false,
      unreadable:
        "I cannot read what is said here; give my role the permissions “View Channel” and “Read Message History” first.",
    },
    limits: LIMITS_OF_ANSWERS,
    caveat: options.seesMessages ? null : CAVEAT,
    post: (at, content, key, guard) =>
      inPlace(at, async (address) => {
        if (content.kind === "text") await status.show(address);
        return messages.post(address, content, key, guard);
      }),
    edit: (at, id, take, urgency) =>
      inPlace(at, (address) => {
        const newest = (): ChatContent | null => {
          const content = take();
          if (content?.kind === "text") void status.show(address);
          return content;
        };
        return messages.edit(address, id, newest, urgency);
      }),
    remove: (at, id) => inPlace(at, (address) => messages.remove(address, id)),
    listOwn: (at, since) => inPlace(at, (address) => messages.listOwn(address, since)),
    openStream: () => Promise.resolve(null),
    endStream: () => Promise.resolve(),
    async setStatus(at, line) {
      try {
        await status.set(addressOf(at), line !== null);
      } catch (error) {
        logger.debug({ err: error }, "typing is not shown");
      }
    },
    tell: (to, reply, markdown) => answers.tell(to, reply, markdown),
    sendPrivate: (to, markdown, key, sending) => privates.send(to, markdown, key, sending),
    openForm: (to, reply, form) => answers.openForm(to, reply, form),
    // Discord's apps have no home.
    publishHome: () => Promise.resolve(),
    startThread: (workspaceId, channel, markdown, key, since) =>
      messages.threads.start(workspaceId, channel, markdown, key, since),
    markState: (at, state) => inPlace(at, (address) => tags.mark(address, state)),
    linkTo: (at, id) => Promise.resolve(linkTo(addressOf(at), id)),
    ...knownPeople(people),
    settle: (reply) => answers.settle(reply),
  };
}

type People = Pick<
  ChatPlatform,
  "nameOf" | "timeZoneOf" | "isAdmin" | "parseMention" | "rolesOf" | "parseRole" | "nameOfRole"
>;

function knownPeople(people: DiscordPeople): People {
  return {
    nameOf: (person) => people.nameOf(person),
    // Discord's apps are not told.
    timeZoneOf: () => Promise.resolve(null),
    isAdmin: (person) => people.isAdmin(person),
    parseMention,
    rolesOf: (person) => people.rolesOf(person),
    parseRole,
    nameOfRole: (workspaceId, roleId) => people.nameOfRole(workspaceId, roleId),
  };
}

async function inPlace<T>(at: ChatPlace, act: (address: DiscordAddress) => Promise<T>): Promise<T> {
  return act(addressOf(at));
}

function linkTo({ guildId, thread }: DiscordAddress, messageId: string | null): string {
  const place = `https://discord.com/channels/${guildId ?? "@me"}/${thread}`;
  return messageId === null ? place : `${place}/${messageId}`;
}
