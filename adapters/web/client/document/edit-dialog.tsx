import { useId, useState } from "preact/hooks";
import { api, type PassageJson } from "../api.ts";
import { useDesk, type Desk } from "../state/desk.ts";
import type { AnchorDraft } from "../state/draft.ts";
import { useAction } from "../ui/action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { RedlineText } from "../ui/redline-text.tsx";

interface Props {
  passage: PassageJson;
  anchor: AnchorDraft;
  onClose(): void;
}

/** A change proposed by hand: the passage as it is, and as it should be. */
export function EditDialog({ passage, anchor, onClose }: Props) {
  const desk = useDesk();
  const [proposed, setProposed] = useState(anchor.text);
  const [reason, setReason] = useState("");
  const action = useAction();
  const proposedId = useId();
  const reasonId = useId();
  const submit = async (): Promise<void> => {
    await propose(desk, passage, anchor, proposed, reason.trim());
    onClose();
  };
  return (
    <Dialog title="Propose an edit" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(submit);
        }}
      >
        <div class="field">
          <label htmlFor={proposedId}>New text, in Markdown (empty deletes the passage)</label>
          <textarea
            id={proposedId}
            class="edit-text"
            rows={6}
            value={proposed}
            onInput={(event) => setProposed(event.currentTarget.value)}
          />
        </div>
        <div class="edit-preview" aria-label="What changes">
          <RedlineText before={anchor.text} after={proposed} />
        </div>
        <div class="field">
          <label htmlFor={reasonId}>Reason</label>
          <input
            id={reasonId}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
        {action.problem && <Notice kind="problem">{action.problem}</Notice>}
        <div class="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={action.busy || proposed === anchor.text}>
            Propose
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Goes to the open thread, or to a new one about the passage. */
async function propose(
  desk: Desk,
  passage: PassageJson,
  anchor: AnchorDraft,
  proposed: string,
  reason: string,
): Promise<void> {
  const { kind, text, before, after } = anchor;
  const rfc = desk.rfc.state.get().rfc;
  if (!rfc) return;
  const threadId =
    desk.thread?.id ??
    (
      await api.addThread({
        rfc_slug: rfc.slug,
        branch_name: rfc.branch,
        thread_kind: kind,
        anchor: { text, before, after },
      })
    ).id;
  const edit = { original: text, proposed };
  let change = await api.proposeEdit(threadId, reason === "" ? edit : { ...edit, reason });
  // The text may stand elsewhere too; the person has pointed at the place that is meant.
  if (change.certainty === "ask") change = await api.place(change, passage);
  desk.rfc.mergeChanges([change]);
  desk.thread?.mergeChange(change);
  await desk.rfc.refresh();
  desk.showCard(change);
}
