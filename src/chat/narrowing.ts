/** Places that not everybody in the workspace may read any more: what is said there must not be shown elsewhere. */
import { transact } from "../conversation/transact.ts";
import { originLabel } from "../deliveries/remark-text.ts";
import { insertSystemMessage } from "../store/messages.ts";
import type { OpenLink } from "../store/thread-links.ts";
import { endLink, listOpenLinks, narrowReach } from "../store/thread-links.ts";
import { lockThreads } from "../store/threads.ts";
import type { ChatPlace, ChatPlatformName } from "./chat-event.ts";
import type { ChatServices } from "./services.ts";

type Services = Pick<ChatServices, "sql" | "relay">;

/** All places of a channel. */
export async function narrowChannel(
  services: Services,
  at: Omit<ChatPlace, "place">,
  channel: string,
): Promise<void> {
  for (const link of await listOpenLinks(services.sql, at, channel)) {
    await narrowPlace(services, link, at.platform);
  }
}

/**
 * Ends the link where its conversation is held elsewhere, too, and the maintainers did not agree to that; all of
 * its places are told.
 */
export async function narrowPlace(
  { sql, relay }: Services,
  { id, threadId }: OpenLink,
  platform: ChatPlatformName,
): Promise<void> {
  await transact(sql, relay, async (tx, emit) => {
    await lockThreads(tx, [threadId]);
    if (!(await narrowReach(tx, id)) || !(await endLink(tx, id))) return;
    const said = `Not everybody in the ${platform === "discord" ? "server" : "workspace"} may read this conversation's place in ${originLabel(platform)} any more, so it is not held there any longer. Its maintainers may join it again: \`share\` in another place of the conversation gives a code for that.`;
    const messageId = await insertSystemMessage(tx, threadId, said);
    await emit(threadId, { kind: "message", messageId, role: "system" });
  });
}
