/** Messages that read otherwise now: history follows, and what an edit asks is asked in a new message. */
import { findChatMessage, putEditTold } from "../store/chat-messages.ts";
import { hasTurn } from "../store/messages.ts";
import type { ChatMessage } from "./chat-event.ts";
import { describeClosed, describeQuiet } from "./descriptions.ts";
import { findHeld } from "./held-places.ts";
import { takeEdit } from "./messages.ts";
import { participationIn } from "./participation.ts";
import type { ChatServices } from "./services.ts";
import { asked } from "./telling.ts";

const ASK_ANEW = "I do not answer what an edit adds; ask me in a new message.";

/** Whoever lets an edit address Redline hears once that it is no question. `key` is that of the event. */
export async function followMessage(
  services: ChatServices,
  message: ChatMessage,
  key: string,
): Promise<void> {
  await takeEdit(services, message);
  const held = await findHeld(services, message.at);
  if (!held || !(await isNewlyAddressed(services, message))) return;
  await asked(services, { by: message.by, reply: message.at, key }, async ({ platform }) => {
    const { link, thread } = held;
    if (thread.state === "closed") {
      return describeClosed(services.links.thread(thread.rfcSlug, thread.id));
    }
    const isQuiet = participationIn(link.mode, message) === "hint";
    return isQuiet ? describeQuiet(platform.words) : ASK_ANEW;
  });
  await putEditTold(services.sql, message);
}

/** Whether the message asks Redline something only since it was edited, and no answer is under way. */
async function isNewlyAddressed({ sql }: ChatServices, message: ChatMessage): Promise<boolean> {
  if (!message.addressed || message.text.trim() === "") return false;
  const known = await findChatMessage(sql, message);
  if (!known || known.editTold) return false;
  const { messageId, deletedAt } = known;
  return deletedAt !== null || messageId === null || !(await hasTurn(sql, messageId));
}
