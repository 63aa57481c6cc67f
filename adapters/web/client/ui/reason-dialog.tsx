import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { useAction } from "./action.ts";
import { ActionProblem } from "./action-problem.tsx";
import { Dialog } from "./dialog.tsx";

interface Props {
  title: string;
  /** Of the field for the reason. */
  label: string;
  submit: { label: string; look: "primary" | "danger" };
  onClose(): void;
  onSubmit(reason: string): Promise<void>;
  /** What it is about. */
  children?: ComponentChildren;
}

/** Asks for a reason, which may be left out. */
export function ReasonDialog({ title, label, submit, onClose, onSubmit, children }: Props) {
  const [reason, setReason] = useState("");
  const action = useAction();
  const id = useId();
  const send = async (): Promise<void> => {
    await onSubmit(reason.trim());
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(send);
        }}
      >
        {children}
        <div class="field">
          <label htmlFor={id}>{label}</label>
          <textarea
            id={id}
            rows={3}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
        <ActionProblem action={action} />
        <div class="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={submit.look} disabled={action.busy}>
            {submit.label}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
