import { useState } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api } from "../api.ts";
import { whyReadOnly } from "../reviews/pull-request.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ConflictTexts } from "./conflict-texts.tsx";
import { DeclineDialog } from "./decline-dialog.tsx";
import { draftByHand } from "./draft-by-hand.ts";
import { ReviseDialog } from "./revise-dialog.tsx";

/** `draft`: the same as `edit`, for a change that wants to be drafted anew. */
export type OpenDialog = "decline" | "edit" | "draft" | "compare";

interface Props {
  open: OpenDialog;
  change: ChangeJson;
  rfc: RfcDetailJson;
  onChanged(change: ChangeJson): void;
  onClose(): void;
}

/** What a card's button opens. */
export function CardDialog({ open, change, rfc, onChanged, onClose }: Props) {
  switch (open) {
    case "decline":
      return (
        <DeclineDialog
          number={change.number}
          onClose={onClose}
          onDecline={async (reason) => onChanged(await api.decline(change.id, reason))}
        />
      );
    case "edit":
      return <Revise title={`Edit change #${change.number}`} {...{ change, rfc, onClose }} />;
    case "draft":
      return (
        <Revise title={`Draft change #${change.number} by hand`} {...{ change, rfc, onClose }} />
      );
    case "compare":
      return (
        <Dialog title={`The three texts of change #${change.number}`} wide onClose={onClose}>
          <ConflictTexts change={change} body={rfc.document?.body ?? null} />
          <div class="dialog-buttons">
            <button type="button" onClick={onClose}>
              Close
            </button>
          </div>
        </Dialog>
      );
  }
}

type ReviseProps = Pick<Props, "change" | "rfc" | "onClose"> & { title: string };

function Revise({ title, change, rfc, onClose }: ReviseProps) {
  // What the person began with stays, whatever becomes of the document meanwhile.
  const [begun] = useState(() => ({
    draft: draftByHand(change, rfc.document?.body ?? ""),
    // A change without a place is about no version: it is drafted on what is shown.
    blobSha: change.passage ? change.base_blob_sha : (rfc.document?.blob_sha ?? ""),
  }));
  const { draft, blobSha } = begun;
  if (!draft) return null;
  const canCommit = whyReadOnly(rfc, change.branch_name) === null;
  return <ReviseDialog {...{ title, change, draft, blobSha, canCommit, onClose }} />;
}
