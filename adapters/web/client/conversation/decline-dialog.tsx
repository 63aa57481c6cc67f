import { useId, useState } from "preact/hooks";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Dialog } from "../ui/dialog.tsx";

interface Props {
  number: number;
  onClose(): void;
  onDecline(reason: string): Promise<void>;
}

export function DeclineDialog({ number, onClose, onDecline }: Props) {
  const [reason, setReason] = useState("");
  const action = useAction();
  const id = useId();
  const submit = async (): Promise<void> => {
    await onDecline(reason.trim());
    onClose();
  };
  return (
    <Dialog title={`Decline change #${number}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(submit);
        }}
      >
        <div class="field">
          <label htmlFor={id}>Reason (optional, everybody in the thread sees it)</label>
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
          <button type="submit" class="danger" disabled={action.busy}>
            Decline
          </button>
        </div>
      </form>
    </Dialog>
  );
}
