import type { ThreadJson } from "../../views/thread-view.ts";
import { api } from "../api.ts";
import { useDesk } from "../state/desk.ts";
import { EMPTY_DRAFT } from "../state/draft.ts";
import { useStore } from "../state/store.ts";
import type { ThreadSession } from "../state/thread-session.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { MessageField } from "./message-field.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { Chip } from "./new-thread.tsx";

interface Props {
  thread: ThreadJson;
  session: ThreadSession;
}

/** Writes into the open thread. */
export function Composer({ thread, session }: Props) {
  const desk = useDesk();
  const draft = useStore(desk.draft);
  const action = useAction(thread.state);
  const send = (): void => {
    const { text, quote } = desk.draft.get();
    desk.draft.set(EMPTY_DRAFT);
    void session.send(text, quote);
  };
  const refresh = (work: () => Promise<unknown>) =>
    void action.run(() => work().then(() => session.refresh()));
  if (thread.state === "closed") {
    return (
      <div class="composer composer-closed">
        <p class="quiet">This thread is closed. Its pending changes can still be decided.</p>
        <button
          type="button"
          disabled={action.busy}
          onClick={() => refresh(() => api.reopenThread(thread.id))}
        >
          Reopen
        </button>
        <ActionProblem action={action} />
      </div>
    );
  }
  return (
    <div class="composer">
      {draft.quote !== null && (
        <Chip
          label="Quote"
          text={draft.quote}
          onRemove={() => desk.draft.update((known) => ({ ...known, quote: null }))}
        />
      )}
      <MessageField
        label="Message"
        placeholder="Reply, or ask for a change…"
        busy={false}
        onSend={send}
      >
        <ModelPicker
          model={thread.model}
          onChoose={(model) => refresh(() => api.chooseModel(thread.id, model))}
        />
      </MessageField>
      <ActionProblem action={action} />
    </div>
  );
}
