import type { MessageJson } from "../../views/thread-view.ts";
import { MarkdownText } from "../markdown/markdown-text.tsx";
import { memo } from "../ui/memo.ts";
import { Time, wholeTime } from "../ui/time.tsx";

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
        {message.edited_at !== null && message.deleted_at === null && (
          <span class="quiet" title={wholeTime(message.edited_at)}>
            edited
          </span>
        )}
      </header>
      {message.deleted_at === null ? (
        <>
          {message.quote !== null && <Quote text={message.quote} />}
          <MarkdownText text={message.text} />
        </>
      ) : (
        <p class="message-deleted" title={wholeTime(message.deleted_at)}>
          This message was deleted.
        </p>
      )}
    </article>
  );
});

export function Quote({ text }: { text: string }) {
  return <blockquote class="quote">{text}</blockquote>;
}
