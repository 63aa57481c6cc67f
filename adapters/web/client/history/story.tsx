import type { ComponentChildren } from "preact";
import type { StoryJson, StoryMessageJson } from "../../views/insight-view.ts";
import { MarkdownText } from "../markdown/markdown-text.tsx";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";
import { CommitLink } from "./commit-link.tsx";
import { decisionWords, proposerOf } from "./decision-words.ts";

interface Props {
  slug: string;
  story: StoryJson;
  redline: ComponentChildren;
  onLeave?: (() => void) | undefined;
}

/** A change with its reason, who decided it, its commit, and what was said before it. */
export function Story({ slug, story, redline, onLeave }: Props) {
  const { change, decision, thread, messages } = story;
  const asker = messages.find((message) => message.role === "user")?.author ?? null;
  return (
    <li class="story">
      <p class="story-head">
        <Link
          class="story-change"
          to={`${rfcPath(slug, thread.id)}#change-${change.number}`}
          onFollow={onLeave}
        >
          Change #{change.number}
        </Link>{" "}
        <span class="quiet">
          {proposerOf(change, asker)} · {decisionWords(change, decision)}
          {change.commit_sha !== null && (
            <>
              {" in "}
              <CommitLink slug={slug} sha={change.commit_sha} onLeave={onLeave} />
            </>
          )}
          {change.decided_at !== null && (
            <>
              {" · "}
              <Time iso={change.decided_at} />
            </>
          )}
        </span>
      </p>
      {redline}
      {change.reason !== "" && <p class="card-reason">{change.reason}</p>}
      {decision?.reason && <p class="quiet">{decision.reason}</p>}
      {messages.length > 0 && (
        <details class="story-talk">
          <summary>
            What was said{thread.title !== null && ` in “${thread.title}”`} ({messages.length})
          </summary>
          {messages.map((message) => (
            <Said key={message.id} message={message} />
          ))}
          <Link to={rfcPath(slug, thread.id)} onFollow={onLeave}>
            Open the thread
          </Link>
        </details>
      )}
    </li>
  );
}

function Said({ message }: { message: StoryMessageJson }) {
  return (
    <article class={`message message-${message.role === "user" ? "user" : "answer"}`}>
      <header class="message-head">
        <strong>{message.author ?? message.model_id ?? "Somebody"}</strong>{" "}
        <Time iso={message.created_at} />
      </header>
      {message.quote !== null && <blockquote class="quote">{message.quote}</blockquote>}
      <MarkdownText text={message.text} />
    </article>
  );
}
