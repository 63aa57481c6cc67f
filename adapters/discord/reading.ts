import { list, record, text } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";
import { MessageGone } from "../../src/chat/chat-platform.ts";
import type { Urgency } from "../../src/chat/chat-platform.ts";
import type { CallOptions, DiscordClient } from "./client.ts";

const PAGE = 100;
const MAX_PAGES = 20;

/** What is needed to read what was said. */
export const HISTORY: CallOptions = { kind: "read", needs: "Read Message History" };

/**
 * Without “Read Message History” Discord answers a list with nothing at all, but refuses a single message;
 * which one is asked for, and whether there is such a message, makes no difference.
 * @throws PlaceRefused, HostBusy
 */
export async function assertHistory(
  client: DiscordClient,
  channel: string,
  urgency: Urgency = "final",
): Promise<void> {
  const route = `/channels/${channel}/messages/${channel}` as const;
  try {
    await client.ask({ method: "GET", route }, { ...HISTORY, urgency });
  } catch (error) {
    if (!(error instanceof MessageGone)) throw error;
  }
}

/** What was posted in a channel after an id, oldest first; at most 2,000 messages. @throws PlaceRefused, HostBusy */
export async function listSince(
  client: DiscordClient,
  channel: string,
  id: string,
): Promise<Json[]> {
  const found: Json[] = [];
  let after = id;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({ after, limit: String(PAGE) });
    const answer = await client.ask(
      { method: "GET", route: `/channels/${channel}/messages`, query },
      HISTORY,
    );
    const messages = list(answer)
      .map(record)
      .toSorted((a, b) => (BigInt(String(a["id"])) < BigInt(String(b["id"])) ? -1 : 1));
    found.push(...messages);
    after = text(messages.at(-1)?.["id"]) ?? after;
    if (messages.length < PAGE) break;
  }
  if (found.length === 0) await assertHistory(client, channel);
  return found;
}
