import { useId, useState } from "preact/hooks";
import type { ConcernJson } from "../../views/people-view.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Dialog } from "../ui/dialog.tsx";

interface Props {
  concern: ConcernJson;
  onClose(): void;
  onResolve(why: string): Promise<void>;
}

export function ResolveDialog({ concern, onClose, onResolve }: Props) {
  const [why, setWhy] = useState("");
  const action = useAction();
  const id = useId();
  const submit = async (): Promise<void> => {
    await onResolve(why.trim());
    onClose();
  };
  return (
    <Dialog title={`Resolve concern ${concern.number}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(submit);
        }}
      >
        <blockquote class="quote quote-short">{concern.text}</blockquote>
        <div class="field">
          <label htmlFor={id}>What settles it? (optional, everybody in the thread sees it)</label>
          <textarea
            id={id}
            rows={3}
            value={why}
            onInput={(event) => setWhy(event.currentTarget.value)}
          />
        </div>
        <ActionProblem action={action} />
        <div class="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={action.busy}>
            Resolve
          </button>
        </div>
      </form>
    </Dialog>
  );
}
