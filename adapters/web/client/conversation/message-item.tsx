import type { MessageJson } from "../../views/thread-view.ts";
import { MarkdownText } from "../markdown/markdown-text.tsx";
import { memo } from "../ui/memo.ts";
import { Time } from "../ui/time.tsx";

/** What a person said, or what the system noted. */
export const MessageItem = memo(function MessageItem({ message }: { message: MessageJson }) {
  if (message.role === "system") {
    return (
      <div class="message message-system">
        <span>{message.text}</span> <Time iso={message.created_at} />
      </div>
    );
  }
  return (
    <article class="message message-user" data-message={message.id}>
      <header class="message-head">
        <strong>{message.author ?? "Somebody"}</strong> <Time iso={message.created_at} />
      </header>
      {message.quote !== null && <Quote text={message.quote} />}
      <MarkdownText text={message.text} />
    </article>
  );
});

export function Quote({ text }: { text: string }) {
  return <blockquote class="quote">{text}</blockquote>;
}
