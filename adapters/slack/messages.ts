/** Messages of Redline's own: posted, changed, removed and found again. */
import type { ChatContent } from "../../src/chat/card.ts";
import { MessageGone, PlaceRefused, SendUncertain } from "../../src/chat/chat-platform.ts";
import type { CallGuard, OwnMessage, Urgency } from "../../src/chat/chat-platform.ts";
import type { Logger } from "../../src/log.ts";
import { HostBusy } from "../../src/ports.ts";
import { pause } from "../../src/waiting.ts";
import { LIMITS } from "./blocks/block.ts";
import { renderContent, renderPlain } from "./blocks/content.ts";
import type { Answer, CallArguments, SlackClient } from "./client.ts";
import { codeOf, detailsOf } from "./errors.ts";
import { list, record, text } from "../../src/json.ts";
import { keyOf, metadataOf } from "./metadata.ts";
import type { Json } from "../../src/json.ts";
import { inThread } from "./address.ts";
import type { SlackAddress } from "./address.ts";
import { endStream } from "./stream.ts";

/** What `chat.postMessage` takes of a text. */
const POSTED_TEXT = 39_000;

const BLOCKS_REFUSED = new Set([
  "invalid_blocks",
  "invalid_blocks_format",
  "msg_blocks_too_long",
  "msg_blocks_too_many",
  "msg_too_long",
]);

/** Slack's clock and ours differ by less. */
const SKEW_MS = 5_000;
const PAGE = 200;
const MAX_PAGES = 20;
/** Apps outside of Slack's marketplace read one page a minute. */
const NEXT_PAGE_MS = 90_000;

export class SlackMessages {
  readonly #client: SlackClient;
  readonly #logger: Logger;

  constructor(client: SlackClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Answers with the message's `ts`. */
  async post(
    at: SlackAddress,
    content: ChatContent,
    key: string,
    guard?: CallGuard,
  ): Promise<string> {
    const { blocks, text: fallback } = renderContent(content);
    const common = {
      ...inThread(at),
      metadata: metadataOf(key),
      unfurl_links: false,
      unfurl_media: false,
    };
    const options = { kind: "post", guard } as const;
    const call = (args: CallArguments) =>
      this.#client.call(at.teamId, "chat.postMessage", { ...common, ...args }, options);
    try {
      return idOf(await call({ blocks, text: fallback }));
    } catch (error) {
      this.#rethrowUnlessRefused(error, blocks);
      return idOf(await call({ text: renderPlain(content, POSTED_TEXT) }));
    }
  }

  /** Like `post`, but for a message of that key which may be there since then. */
  async postOnce(
    at: SlackAddress,
    content: ChatContent,
    key: string,
    since: Date | null,
    guard?: CallGuard,
  ): Promise<string> {
    // Apps outside of Slack's marketplace may read once a minute; most never need to.
    const own = since === null ? [] : await this.listOwn(at, since);
    const found = own.find((message) => message.key === key);
    return found?.id ?? (await this.post(at, content, key, guard));
  }

  async edit(
    at: SlackAddress,
    ts: string,
    take: () => ChatContent | null,
    urgency: Urgency,
  ): Promise<void> {
    const { channel } = at;
    let taken: ChatContent | null = null;
    const newest = (): CallArguments | null => {
      taken = take() ?? taken;
      return taken && { channel, ts, ...renderContent(taken) };
    };
    try {
      await this.#update(at, newest, urgency);
    } catch (error) {
      if (isStreamed(error)) {
        await endStream(this.#client, { teamId: at.teamId, channel, ts });
        await this.#update(at, newest, urgency).catch((again: unknown) => {
          throw isStreamed(again)
            ? new SendUncertain("the stream does not end", { cause: again })
            : again;
        });
        return;
      }
      // TypeScript does not see what `newest` sets.
      const refused = taken as ChatContent | null;
      this.#rethrowUnlessRefused(error, refused && renderContent(refused).blocks);
      if (!refused) return;
      const plain = { channel, ts, blocks: [], text: renderPlain(refused, LIMITS.text) };
      await this.#update(at, () => plain, "final");
    }
  }

  async #update(
    at: SlackAddress,
    take: () => CallArguments | null,
    urgency: Urgency,
  ): Promise<void> {
    await this.#client.callWith(at.teamId, "chat.update", at.channel, take, {
      kind: "edit",
      urgency,
    });
  }

  /** One that is not there any more is left alone. */
  async remove({ teamId, channel }: SlackAddress, ts: string): Promise<void> {
    try {
      await this.#client.call(teamId, "chat.delete", { channel, ts }, { kind: "edit" });
    } catch (error) {
      if (!(error instanceof MessageGone)) throw error;
    }
  }

  async listOwn(at: SlackAddress, since: Date): Promise<OwnMessage[]> {
    const { teamId, channel, thread } = at;
    const { botUserId } = await this.#client.accessTo(teamId);
    const oldest = since.getTime() - SKEW_MS;
    const found = new Map<string, OwnMessage>();
    let cursor = "";
    for (let page = 0; page < MAX_PAGES && (page === 0 || cursor !== ""); page += 1) {
      const answer = await this.#page(
        teamId,
        thread === null ? "conversations.history" : "conversations.replies",
        {
          channel,
          ...(thread !== null && { ts: thread }),
          oldest: (oldest / 1_000).toFixed(6),
          inclusive: true,
          include_all_metadata: true,
          limit: PAGE,
          ...(cursor !== "" && { cursor }),
        },
      );
      for (const message of list(answer["messages"])) {
        const own = ownMessage(record(message), botUserId);
        // A thread's first message comes with every page.
        if (own && own.postedAt.getTime() >= oldest) found.set(own.id, own);
      }
      cursor = text(record(answer["response_metadata"])["next_cursor"]) ?? "";
    }
    return [...found.values()].toSorted((a, b) => Number(a.id) - Number(b.id));
  }

  /** Waits for what Slack asks of slow readers after the first page, which would be read again otherwise. */
  async #page(teamId: string, method: string, args: CallArguments): Promise<Answer> {
    try {
      return await this.#client.call(teamId, method, args, { kind: "read" });
    } catch (error) {
      if (args["cursor"] === undefined || !(error instanceof HostBusy)) throw error;
      const wait = error.retryAt.getTime() - Date.now();
      if (wait > NEXT_PAGE_MS) throw error;
      await pause(Math.max(0, wait));
      return await this.#client.call(teamId, method, args, { kind: "read" });
    }
  }

  /** Goes on where Slack refused the blocks, which are logged so that they can be mended. */
  #rethrowUnlessRefused(error: unknown, blocks: unknown): void {
    const cause = error instanceof PlaceRefused ? error.cause : null;
    const code = codeOf(cause);
    if (code === null || !BLOCKS_REFUSED.has(code)) throw error;
    const fields = { code, details: detailsOf(cause), blocks };
    this.#logger.error(fields, "Slack refused blocks; they are shown as plain text");
  }
}

const isStreamed = (error: unknown): boolean =>
  error instanceof PlaceRefused && codeOf(error.cause) === "streaming_state_conflict";

/** Of a message that was posted. @throws SendUncertain where Slack's answer does not have it */
export function idOf(answer: Answer): string {
  const id = text(answer["ts"]);
  if (id === null) throw new SendUncertain("Slack's answer has no id of the message");
  return id;
}

function ownMessage(message: Json, botUserId: string): OwnMessage | null {
  const id = text(message["ts"]);
  if (id === null || message["user"] !== botUserId) return null;
  return { id, key: keyOf(message), postedAt: new Date(Number(id) * 1_000) };
}
