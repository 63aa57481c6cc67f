import type { TurnJson } from "../../views/thread-view.ts";
import { api } from "../api.ts";
import type { ThreadSession } from "../state/thread-session.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Notice } from "../ui/notice.tsx";

interface ButtonProps {
  turnId: string;
  session: ThreadSession;
}

export function StopButton({ turnId, session }: ButtonProps) {
  const action = useAction();
  const stop = async (): Promise<void> => {
    await api.cancelTurn(turnId);
    await session.refresh();
  };
  return (
    <>
      <button
        type="button"
        class="small stop"
        disabled={action.busy}
        onClick={() => void action.run(stop)}
      >
        Stop
      </button>
      <ActionProblem action={action} />
    </>
  );
}

export function RetryButton({ turnId, session }: ButtonProps) {
  const action = useAction();
  const retry = async (): Promise<void> => {
    await api.retryTurn(turnId);
    await session.refresh();
  };
  return (
    <>
      <button
        type="button"
        class="small"
        disabled={action.busy}
        onClick={() => void action.run(retry)}
      >
        Try again
      </button>
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
    </>
  );
}

interface ItemProps {
  turn: TurnJson;
  session: ThreadSession;
}

/** A turn that has not begun to answer. */
export function WaitingItem({ turn, session }: ItemProps) {
  return (
    <div class="message message-waiting">
      <span class="thinking">
        {turn.state === "queued" ? "Waiting for its turn…" : "Thinking…"}
      </span>
      <StopButton turnId={turn.id} session={session} />
    </div>
  );
}

/** A turn that failed before it said anything. */
export function FailureItem({ turn, session }: ItemProps) {
  return (
    <p class="ending ending-failed">
      <span>The model gave no answer.</span>
      <RetryButton turnId={turn.id} session={session} />
    </p>
  );
}
