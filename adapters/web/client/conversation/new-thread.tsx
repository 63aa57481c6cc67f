import { useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api } from "../api.ts";
import { navigate, rfcPath } from "../router.ts";
import { useDesk } from "../state/desk.ts";
import { EMPTY_DRAFT, type Draft } from "../state/draft.ts";
import { useStore } from "../state/store.ts";
import { newKey, saveUnsent } from "../state/unsent.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { MessageField } from "./message-field.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { excerpt } from "./thread-title.ts";

/** Begins a thread with its first message: on the whole document, or on the passage that was selected. */
export function NewThread({ rfc }: { rfc: RfcDetailJson }) {
  const desk = useDesk();
  const draft = useStore(desk.draft);
  const [model, setModel] = useState<string | null>(null);
  const action = useAction();
  const { anchor } = draft;
  const send = async (): Promise<void> => {
    const threadId = await makeThread(rfc, draft, model);
    // The message is on its way from here on; the thread's page sends it.
    const message = { key: newKey(), text: draft.text, quote: draft.quote };
    saveUnsent(sessionStorage, threadId, [{ ...message, state: "waiting", problem: null }]);
    desk.draft.set(EMPTY_DRAFT);
    navigate(rfcPath(rfc.slug, threadId));
  };
  return (
    <div class="composer">
      {anchor && (
        <Chip
          label={`New thread on ${anchor.kind === "paragraph" ? "this paragraph" : "this passage"}`}
          text={anchor.text}
          onRemove={() => desk.draft.update((known) => ({ ...known, anchor: null }))}
        />
      )}
      {draft.quote !== null && (
        <Chip
          label="Quote"
          text={draft.quote}
          onRemove={() => desk.draft.update((known) => ({ ...known, quote: null }))}
        />
      )}
      <MessageField
        label="First message of a new thread"
        placeholder={anchor ? "Start a thread on this passage…" : "Ask, or ask for a change…"}
        busy={action.busy}
        onSend={() => void action.run(send)}
      >
        <ModelPicker model={model} onChoose={setModel} />
      </MessageField>
      <ActionProblem action={action} />
    </div>
  );
}

async function makeThread(
  rfc: RfcDetailJson,
  { text, anchor }: Draft,
  model: string | null,
): Promise<string> {
  const base = { rfc_slug: rfc.slug, branch_name: rfc.branch, title: excerpt(text) };
  const thread = await api.addThread(
    anchor
      ? {
          ...base,
          thread_kind: anchor.kind,
          anchor: { text: anchor.text, before: anchor.before, after: anchor.after },
        }
      : { ...base, thread_kind: "discussion" },
  );
  if (model !== null) await api.chooseModel(thread.id, model);
  return thread.id;
}

interface ChipProps {
  label: string;
  text: string;
  onRemove(): void;
}

/** A passage that goes with the message. */
export function Chip({ label, text, onRemove }: ChipProps) {
  return (
    <div class="chip">
      <span class="chip-label">{label}</span>
      <span class="chip-text">{excerpt(text, 140)}</span>
      <button type="button" class="icon-button" aria-label={`Remove: ${label}`} onClick={onRemove}>
        ×
      </button>
    </div>
  );
}
