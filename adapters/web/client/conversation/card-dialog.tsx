import type { ChangeJson } from "../../views/change-view.ts";
import { api } from "../api.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ConflictTexts } from "./conflict-texts.tsx";
import { DeclineDialog } from "./decline-dialog.tsx";
import { ReviseDialog } from "./revise-dialog.tsx";

export type OpenDialog = "decline" | "edit" | "compare";

interface Props {
  open: OpenDialog;
  change: ChangeJson;
  /** The document at the tip; null while it cannot be read. */
  body: string | null;
  canCommit: boolean;
  onChanged(change: ChangeJson): void;
  onClose(): void;
}

/** What a card's button opens. */
export function CardDialog({ open, change, body, canCommit, onChanged, onClose }: Props) {
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
      return (
        <ReviseDialog change={change} body={body ?? ""} canCommit={canCommit} onClose={onClose} />
      );
    case "compare":
      return (
        <Dialog title={`The three texts of change #${change.number}`} wide onClose={onClose}>
          <ConflictTexts change={change} body={body} />
          <div class="dialog-buttons">
            <button type="button" onClick={onClose}>
              Close
            </button>
          </div>
        </Dialog>
      );
  }
}
