import { MarkdownText } from "../markdown/markdown-text.tsx";
import type { ThreadSession } from "../state/thread-session.ts";
import type { Unsent } from "../state/unsent.ts";
import { Quote } from "./message-item.tsx";

interface Props {
  message: Unsent;
  session: ThreadSession;
}

/** A message on its way, or one that did not arrive and can be sent again. */
export function UnsentItem({ message, session }: Props) {
  const failed = message.state === "failed";
  return (
    <article class={`message message-user message-unsent ${failed ? "message-failed" : ""}`}>
      {message.quote !== null && <Quote text={message.quote} />}
      <MarkdownText text={message.text} />
      {failed ? (
        <p class="ending ending-failed" role="alert">
          <span>Not sent. {message.problem}</span>
          <button type="button" class="small" onClick={() => void session.sendAgain(message.key)}>
            Send again
          </button>
          <button type="button" class="small" onClick={() => session.discard(message.key)}>
            Discard
          </button>
        </p>
      ) : (
        <p class="quiet">Sending…</p>
      )}
    </article>
  );
}
