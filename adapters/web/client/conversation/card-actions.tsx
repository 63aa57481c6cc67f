import { useState } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api, type PassageJson } from "../api.ts";
import { useDesk, type Desk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Candidates } from "./candidates.tsx";
import { CardDialog, type OpenDialog } from "./card-dialog.tsx";
import type { CardAction } from "./change-face.ts";
import { draftByHand } from "./draft-by-hand.ts";
import { canDraft, listModels } from "./models.ts";
import { redraftRequest } from "./redraft-request.ts";

interface Props {
  change: ChangeJson;
  actions: readonly CardAction[];
  rfc: RfcDetailJson;
}

export function CardActions({ change, actions, rfc }: Props) {
  const desk = useDesk();
  const action = useAction(`${change.state} ${change.drift} ${change.certainty}`);
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const show = (changed: ChangeJson): void => {
    desk.merge([changed]);
    // The decision itself, and its note in the thread, come with the thread.
    void desk.thread?.refresh();
  };
  const decide = (work: () => Promise<ChangeJson>) => void action.run(() => work().then(show));
  const place = (passage: PassageJson) =>
    decide(() => api.place(change.id, passage, change.base_blob_sha));
  const begin = (dialog: OpenDialog): void => {
    action.clear();
    setOpen(dialog);
  };
  const redraft = () =>
    void action.run(async () => {
      const way = await redraftWay(desk, change, rfc.document?.body ?? "");
      if (way === "draft") setOpen("draft");
      if (way === "place") desk.choosePlace(change.id);
    });
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
            busy={action.busy}
            onAccept={() => decide(() => api.accept(change.id))}
            onPlace={place}
            onOpen={begin}
            onRedraft={redraft}
          />
        ))}
      </div>
      <ActionProblem action={action} />
      {open !== null && (
        <CardDialog
          open={open}
          change={change}
          rfc={rfc}
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
  busy: boolean;
  onAccept(): void;
  onPlace(passage: PassageJson): void;
  onOpen(dialog: OpenDialog): void;
  onRedraft(): void;
}

function ActionButton({ name, change, busy, onAccept, onPlace, onOpen, onRedraft }: ButtonProps) {
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
      return <Button label="Draft again" busy={busy} onClick={onRedraft} />;
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

/**
 * Asks the model for a new draft, in a message of its own. Where nothing can draft, the person does: on the
 * passage that stands there now, or failing that on one that they choose.
 */
async function redraftWay(
  desk: Desk,
  change: ChangeJson,
  body: string,
): Promise<"sent" | "draft" | "place"> {
  const model = desk.thread?.state.get().view?.thread.model ?? null;
  if (!canDraft(await listModels(), model)) return draftByHand(change, body) ? "draft" : "place";
  const { text, quote } = redraftRequest(change, body);
  await desk.thread?.send(text, quote);
  return "sent";
}
