import type { ChatPlace } from "../../src/chat/chat-event.ts";
import { MessageGone, PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { AnswerLimits, ChatPlatform } from "../../src/chat/chat-platform.ts";
import { HostBusy } from "../../src/ports.ts";
import { neutraliseSlackMarkdown } from "../../src/rendering/neutralise.ts";
import { SlackAnswers } from "./answers.ts";
import { LIMITS } from "./blocks/block.ts";
import { SlackClient } from "./client.ts";
import type { SlackClientOptions } from "./client.ts";
import { text } from "../../src/json.ts";
import { SlackMessages } from "./messages.ts";
import { SlackPeople, parseMention } from "./people.ts";
import { formatPlace } from "./place.ts";
import { SlackPrivateMessages } from "./private-messages.ts";
import { addressOf } from "./address.ts";
import { SlackStatus } from "./status.ts";
import { endStream } from "./stream.ts";
import { SlackStreams } from "./streams.ts";

/**
 * Streams were seen to fail from about 10.6 KB on, and to die after 300 s whatever is appended: both are
 * undocumented, so that there is room on either side.
 */
const LIMITS_OF_ANSWERS: AnswerLimits = {
  posted: { limit: LIMITS.markdown - 500, measure: (part) => neutraliseSlackMarkdown(part).length },
  streamed: {
    limit: 9_000,
    measure: (part) => Buffer.byteLength(neutraliseSlackMarkdown(part), "utf8"),
  },
  streamMs: 240_000,
};

const MAX_LINKS = 2_000;

interface SlackPlatformOptions extends SlackClientOptions {
  /** Milliseconds after which a stream is closed and another begun; for a Slack where they die earlier. */
  streamMs?: number;
}

/** Slack as a chat platform, for all workspaces that have the app. */
export function createSlackPlatform(options: SlackPlatformOptions): ChatPlatform {
  const { logger } = options;
  const client = new SlackClient(options);
  const messages = new SlackMessages(client, logger);
  const streams = new SlackStreams(client, logger);
  const status = new SlackStatus(client, logger);
  const answers = new SlackAnswers(client, options.apiUrl, logger);
  const people = new SlackPeople(client);
  const privates = new SlackPrivateMessages(client, messages);
  const links = new PermalinkReader(client);
  return {
    name: "slack",
    words: {
      workspace: "workspace",
      commandPrefix: "",
      maintainer: "@user",
      tellsParticipants: true,
      unreadable: "Invite @Redline to this channel first; I cannot read what is said here.",
    },
    caveat: null,
    limits: { ...LIMITS_OF_ANSWERS, streamMs: options.streamMs ?? LIMITS_OF_ANSWERS.streamMs },
    post: (at, content, key, guard) =>
      inPlace(at, (address) => messages.post(address, content, key, guard)),
    edit: (at, id, take, urgency) =>
      inPlace(at, (address) => messages.edit(address, id, take, urgency)),
    remove: (at, id) => inPlace(at, (address) => messages.remove(address, id)),
    listOwn: (at, since) => inPlace(at, (address) => messages.listOwn(address, since)),
    openStream: (at, to, guard) => inPlace(at, (address) => streams.open(address, to, guard)),
    endStream: (at, id) => inPlace(at, (address) => endStream(client, { ...address, ts: id })),
    async setStatus(at, line) {
      try {
        await status.set(addressOf(at), line ?? "");
      } catch (error) {
        logger.debug({ err: error }, "the status is not shown");
      }
    },
    tell: (to, reply, markdown) => answers.tell(to, reply, markdown),
    sendPrivate: (to, markdown, key, sending) => privates.send(to, markdown, key, sending),
    openForm: (to, reply, form) => answers.openForm(to, reply, form),
    publishHome: (to, home) => answers.publishHome(to, home),
    async startThread(workspaceId, channel, markdown, key, since) {
      const address = { teamId: workspaceId, channel, thread: null };
      const ts = await messages.postOnce(address, { kind: "text", markdown }, key, since);
      return { platform: "slack", workspaceId, place: formatPlace({ channel, thread: ts }) };
    },
    linkTo: (at, id) => links.linkTo(at, id),
    nameOf: (person) => people.nameOf(person),
    timeZoneOf: (person) => people.timeZoneOf(person),
    isAdmin: (person) => people.isAdmin(person),
    parseMention,
    // Slack has user groups, which decide nothing here.
    rolesOf: () => Promise.resolve([]),
    parseRole: () => null,
    nameOfRole: () => Promise.resolve(null),
  };
}

async function inPlace<T>(
  at: ChatPlace,
  act: (address: ReturnType<typeof addressOf>) => Promise<T>,
): Promise<T> {
  return act(addressOf(at));
}

/** Addresses of messages, each asked for once. */
class PermalinkReader {
  readonly #client: SlackClient;
  readonly #links = new Map<string, string>();

  constructor(client: SlackClient) {
    this.#client = client;
  }

  /** Of the thread's first message where none is named; null where Slack does not tell. */
  async linkTo(at: ChatPlace, messageId: string | null): Promise<string | null> {
    const { teamId, channel, thread } = addressOf(at);
    const ts = messageId ?? thread;
    if (ts === null) return null;
    const key = `${teamId}/${channel}/${ts}`;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const link = await this.#ask(teamId, channel, ts);
    if (this.#links.size >= MAX_LINKS) this.#links.clear();
    if (link !== null) this.#links.set(key, link);
    return link;
  }

  async #ask(teamId: string, channel: string, ts: string): Promise<string | null> {
    try {
      const args = { channel, message_ts: ts };
      const answer = await this.#client.call(teamId, "chat.getPermalink", args, { kind: "read" });
      return text(answer["permalink"]);
    } catch (error) {
      const isUnknown = error instanceof PlaceRefused || error instanceof MessageGone;
      if (isUnknown || error instanceof HostBusy) return null;
      throw error;
    }
  }
}
