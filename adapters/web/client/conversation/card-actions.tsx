import { useState } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api, type PassageJson } from "../api.ts";
import { whyReadOnly } from "../reviews/pull-request.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { Notice } from "../ui/notice.tsx";
import { Candidates } from "./candidates.tsx";
import { CardDialog, type OpenDialog } from "./card-dialog.tsx";
import type { CardAction } from "./change-face.ts";

interface Props {
  change: ChangeJson;
  actions: readonly CardAction[];
  rfc: RfcDetailJson;
}

export function CardActions({ change, actions, rfc }: Props) {
  const desk = useDesk();
  const action = useAction();
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const show = (changed: ChangeJson): void => {
    desk.merge([changed]);
    // The decision itself, and its note in the thread, come with the thread.
    void desk.thread?.refresh();
  };
  const decide = (work: () => Promise<ChangeJson>) => void action.run(() => work().then(show));
  const place = (passage: PassageJson) =>
    decide(() => api.place(change.id, passage, change.base_blob_sha));
  // What was done in a dialog may end the change's ways on; what the dialog has to say is said all the same.
  if (actions.length === 0 && open === null) return null;
  return (
    <>
      {actions.includes("choose") && (
        <Candidates change={change} body={rfc.document?.body ?? ""} onChoose={place} />
      )}
      <div class="card-actions">
        {actions.map((name) => (
          <ActionButton
            key={name}
            name={name}
            change={change}
            rfc={rfc}
            busy={action.busy}
            onAccept={() => decide(() => api.accept(change.id))}
            onPlace={place}
            onOpen={setOpen}
          />
        ))}
      </div>
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
      {open !== null && (
        <CardDialog
          open={open}
          change={change}
          body={rfc.document?.body ?? null}
          canCommit={whyReadOnly(rfc, change.branch_name) === null}
          onChanged={show}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}

interface ButtonProps {
  name: CardAction;
  change: ChangeJson;
  rfc: RfcDetailJson;
  busy: boolean;
  onAccept(): void;
  onPlace(passage: PassageJson): void;
  onOpen(dialog: OpenDialog): void;
}

function ActionButton({ name, change, rfc, busy, onAccept, onPlace, onOpen }: ButtonProps) {
  const desk = useDesk();
  // What an insertion hangs on is its candidate; its passage is only the point beside it.
  const confirmed = change.candidates[0] ?? change.passage;
  switch (name) {
    case "accept":
      return <Button label="Accept" shortcut="a" main busy={busy} onClick={onAccept} />;
    case "confirm":
      if (!confirmed) return null;
      return (
        <Button label="Confirm" shortcut="a" main busy={busy} onClick={() => onPlace(confirmed)} />
      );
    case "decline":
      return <Button label="Decline" shortcut="d" busy={busy} onClick={() => onOpen("decline")} />;
    case "edit": {
      const label = change.drift === "conflict" ? "Write it yourself" : "Edit";
      return <Button label={label} shortcut="e" onClick={() => onOpen("edit")} />;
    }
    case "compare":
      return <Button label="Side by side" onClick={() => onOpen("compare")} />;
    case "place":
      return <Button label="Choose in the document" onClick={() => desk.choosePlace(change.id)} />;
    case "redraft":
      return <Button label="Draft again" onClick={() => redraft(desk, change, rfc)} />;
    case "choose":
      // The places themselves are the buttons.
      return null;
  }
}

interface OneButtonProps {
  label: string;
  shortcut?: string;
  main?: boolean;
  busy?: boolean;
  onClick(): void;
}

function Button({ label, shortcut, main = false, busy = false, onClick }: OneButtonProps) {
  return (
    <button
      type="button"
      class={main ? "accept" : undefined}
      aria-keyshortcuts={shortcut}
      disabled={busy}
      onClick={onClick}
    >
      {label}
    </button>
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
