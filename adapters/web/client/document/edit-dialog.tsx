import { useId, useState } from "preact/hooks";
import { useAction } from "../ui/action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { RedlineText } from "../ui/redline-text.tsx";

interface Props {
  title: string;
  /** The document's own text. */
  before: string;
  /** What the field holds to begin with. */
  proposed: string;
  reason: string;
  /** What can be done with it; the last one is what Enter in the reason does. */
  submits: readonly Submit[];
  onClose(): void;
}

interface Submit {
  label: string;
  /** Answers with a sentence when it was done in part, so that it must not be done again. */
  run(proposed: string, reason: string): Promise<string | null>;
}

/** A passage as it is, and as it should be. */
export function EditDialog({ title, before, submits, onClose, ...begin }: Props) {
  const [proposed, setProposed] = useState(begin.proposed);
  const [reason, setReason] = useState(begin.reason);
  const action = useAction();
  const proposedId = useId();
  const reasonId = useId();
  const [partly, setPartly] = useState<string | null>(null);
  const submit = (run: Submit["run"]): void =>
    void action.run(async () => {
      const left = await run(proposed, reason.trim());
      if (left === null) onClose();
      else setPartly(left);
    });
  const blocked = action.busy || partly !== null || proposed === before;
  const main = submits.at(-1);
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (main && !blocked) submit(main.run);
        }}
      >
        <div class="field">
          <label htmlFor={proposedId}>New text, in Markdown (empty deletes the passage)</label>
          <textarea
            id={proposedId}
            class="edit-text"
            rows={Math.max(4, Math.min(14, proposed.split("\n").length + 2))}
            value={proposed}
            onInput={(event) => setProposed(event.currentTarget.value)}
          />
        </div>
        <div class="edit-preview" role="group" aria-label="What changes">
          <RedlineText before={before} after={proposed} />
        </div>
        <div class="field">
          <label htmlFor={reasonId}>Reason</label>
          <input
            id={reasonId}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
        {partly !== null && <Notice kind="problem">{partly}</Notice>}
        {action.problem && <Notice kind="problem">{action.problem}</Notice>}
        <div class="dialog-buttons">
          <button type="button" onClick={onClose}>
            {partly === null ? "Cancel" : "Close"}
          </button>
          {submits.map(({ label, run }) => (
            <button
              key={label}
              type={run === main?.run ? "submit" : "button"}
              class={run === main?.run ? "primary" : undefined}
              disabled={blocked}
              onClick={run === main?.run ? undefined : () => submit(run)}
            >
              {label}
            </button>
          ))}
        </div>
      </form>
    </Dialog>
  );
}
