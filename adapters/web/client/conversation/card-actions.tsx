import { useState } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api, type PassageJson } from "../api.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { Candidates } from "./candidates.tsx";
import type { CardAction } from "./change-face.ts";
import { ConflictTexts } from "./conflict-texts.tsx";
import { DeclineDialog } from "./decline-dialog.tsx";
import { ReviseDialog } from "./revise-dialog.tsx";

interface Props {
  change: ChangeJson;
  actions: readonly CardAction[];
  rfc: RfcDetailJson;
}

export function CardActions({ change, actions, rfc }: Props) {
  const desk = useDesk();
  const action = useAction();
  const [open, setOpen] = useState<"decline" | "edit" | "compare" | null>(null);
  const close = (): void => setOpen(null);
  const can = (name: CardAction): boolean => actions.includes(name);
  const decide = (work: () => Promise<ChangeJson>) => action.run(() => work().then(show));
  const show = (changed: ChangeJson): void => {
    desk.merge([changed]);
    // The decision itself, and its note in the thread, come with the thread.
    void desk.thread?.refresh();
  };
  const place = (passage: PassageJson) => void decide(() => api.place(change, passage));
  // What an insertion hangs on is its candidate; its passage is only the point beside it.
  const confirmed = change.candidates[0] ?? change.passage;
  if (actions.length === 0) return null;
  return (
    <>
      {can("choose") && (
        <Candidates change={change} body={rfc.document?.body ?? ""} onChoose={place} />
      )}
      <div class="card-actions">
        {can("accept") && (
          <button
            type="button"
            class="accept"
            aria-keyshortcuts="a"
            disabled={action.busy}
            onClick={() => void decide(() => api.accept(change.id))}
          >
            Accept
          </button>
        )}
        {can("confirm") && confirmed && (
          <button
            type="button"
            class="accept"
            aria-keyshortcuts="a"
            disabled={action.busy}
            onClick={() => place(confirmed)}
          >
            Confirm
          </button>
        )}
        {can("compare") && (
          <button type="button" onClick={() => setOpen("compare")}>
            Side by side
          </button>
        )}
        {can("edit") && (
          <button type="button" aria-keyshortcuts="e" onClick={() => setOpen("edit")}>
            {change.drift === "conflict" ? "Write it yourself" : "Edit"}
          </button>
        )}
        {can("place") && (
          <button type="button" onClick={() => desk.choosePlace(change.id)}>
            Choose in the document
          </button>
        )}
        {can("redraft") && (
          <button type="button" onClick={() => redraft(desk, change, rfc)}>
            Draft again
          </button>
        )}
        <button
          type="button"
          aria-keyshortcuts="d"
          disabled={action.busy}
          onClick={() => setOpen("decline")}
        >
          Decline
        </button>
      </div>
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
      {open === "decline" && (
        <DeclineDialog
          number={change.number}
          onClose={close}
          onDecline={async (reason) => show(await api.decline(change.id, reason))}
        />
      )}
      {open === "edit" && (
        <ReviseDialog change={change} body={rfc.document?.body ?? ""} onClose={close} />
      )}
      {open === "compare" && (
        <Dialog title={`The three texts of change #${change.number}`} wide onClose={close}>
          <ConflictTexts change={change} body={rfc.document?.body ?? null} />
          <div class="dialog-buttons">
            <button type="button" onClick={close}>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Writes the request for a new draft; the person sends it. */
function redraft(desk: ReturnType<typeof useDesk>, change: ChangeJson, rfc: RfcDetailJson): void {
  const { passage, drift, number } = change;
  const now =
    passage && drift === "conflict" ? rfc.document?.body.slice(passage.start, passage.end) : null;
  const wanted =
    change.proposed === "" ? "It was to delete the passage." : `It proposed: ${change.proposed}`;
  desk.prefill(
    `Please draft change #${number} again on the document as it reads now. ${wanted}`,
    now ?? null,
  );
}
