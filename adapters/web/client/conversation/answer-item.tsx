import { useMemo } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { MessageJson, ThreadDetailJson, TurnJson } from "../../views/thread-view.ts";
import { GrowingMarkdownText, MarkdownText } from "../markdown/markdown-text.tsx";
import { shownText } from "../state/live-answer.ts";
import { useStore } from "../state/store.ts";
import type { ThreadSession } from "../state/thread-session.ts";
import { answerParts } from "../state/timeline.ts";
import { Time } from "../ui/time.tsx";
import { ChangeCard } from "./change-card.tsx";
import { LooseBlockCard } from "./loose-block-card.tsx";
import { RetryButton, StopButton } from "./turn-items.tsx";

interface Props {
  message: MessageJson;
  turn: TurnJson | null;
  session: ThreadSession;
  view: ThreadDetailJson;
  rfc: RfcDetailJson;
}

/** The model's answer, with its changes where they closed. */
export function AnswerItem({ message, turn, session, view, rfc }: Props) {
  const running = turn?.state === "running";
  return (
    <article class="message message-answer" data-message={message.id} aria-busy={running}>
      <header class="message-head">
        <strong>{message.model_id ?? "Model"}</strong> <Time iso={message.created_at} />
        {running && <StopButton turnId={turn.id} session={session} />}
      </header>
      <AnswerBody message={message} turn={turn} session={session} view={view} rfc={rfc} />
      <Ending message={message} turn={turn} session={session} view={view} />
    </article>
  );
}

function AnswerBody({ message, turn, session, view, rfc }: Props) {
  // Only an answer that is being written watches the stream.
  const running = turn?.state === "running";
  return running ? (
    <LiveBody message={message} turn={turn} session={session} view={view} rfc={rfc} />
  ) : (
    <Parts text={message.text} growing={false} message={message} view={view} rfc={rfc} />
  );
}

function LiveBody({ message, turn, session, view, rfc }: Props) {
  const live = useStore(session.live);
  const text = shownText(message, turn?.attempt ?? null, live);
  return (
    <>
      <Parts text={text} growing message={message} view={view} rfc={rfc} />
      <span class={text === "" ? "thinking" : "caret"} aria-hidden="true">
        {text === "" && "Thinking…"}
      </span>
    </>
  );
}

interface PartsProps {
  text: string;
  growing: boolean;
  message: MessageJson;
  view: ThreadDetailJson;
  rfc: RfcDetailJson;
}

function Parts({ text, growing, message, view, rfc }: PartsProps) {
  const changes = useMemo(
    () => view.changes.filter((change) => change.source_message_id === message.id),
    [view.changes, message.id],
  );
  const blocks = useMemo(
    () => view.blocks.filter((block) => block.message_id === message.id),
    [view.blocks, message.id],
  );
  const parts = answerParts(text, changes, blocks);
  return (
    <>
      {parts.map((part, index) => {
        if (part.kind === "change") {
          const { change, key } = part;
          return <ChangeCard key={key} change={change} decisions={view.decisions} rfc={rfc} />;
        }
        if (part.kind === "block") return <LooseBlockCard key={part.key} block={part.block} />;
        const last = growing && index === parts.length - 1;
        const Text = last ? GrowingMarkdownText : MarkdownText;
        return <Text key={part.key} text={part.text} />;
      })}
    </>
  );
}

/** How an answer ended, where that is not simply its end. */
function Ending({ message, turn, session, view }: Omit<Props, "rfc">) {
  const retried = view.turns.some((one) => one.retry_of !== null && one.retry_of === turn?.id);
  const words = endingWords(message);
  if (words === null) return null;
  const canRetry =
    turn !== null && !retried && (turn.state === "failed" || turn.state === "cancelled");
  return (
    <p class={`ending ending-${message.status}`}>
      <span>{words}</span>
      {canRetry && <RetryButton turnId={turn.id} session={session} />}
    </p>
  );
}

function endingWords(message: MessageJson): string | null {
  switch (message.status) {
    case "cut":
      return "The answer was cut at the model's token limit; ask it to go on.";
    case "stopped":
      return "Stopped before its end.";
    case "failed":
      // Why is said by the system message that follows.
      return "This answer was not finished.";
    case "complete":
    case "streaming":
      return null;
  }
}
