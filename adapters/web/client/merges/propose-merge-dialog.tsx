import { useId, useMemo, useRef, useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { beginThread, homeThread, whereWords } from "../concerns/home-thread.ts";
import { excerpt } from "../conversation/thread-title.ts";
import { peopleApi } from "../people-api.ts";
import { firstFew } from "./merge-words.ts";
import { useDesk } from "../state/desk.ts";
import { newKey } from "../state/unsent.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Dialog } from "../ui/dialog.tsx";

interface Props {
  rfc: RfcDetailJson;
  onClose(): void;
}

/** Says what would hold the merge and how long is waited, and proposes it. */
export function ProposeMergeDialog({ rfc, onClose }: Props) {
  const desk = useDesk();
  const [days, setDays] = useState("");
  const action = useAction();
  const id = useId();
  const key = useMemo(newKey, []);
  const begun = useRef<string | null>(null);
  const home = homeThread(rfc);
  const concerns = rfc.concerns.filter(({ state }) => state === "open");
  const { few, others } = firstFew(concerns);
  const pending = rfc.changes.filter(({ state }) => state === "pending");
  const propose = async (): Promise<void> => {
    begun.current ??= home?.id ?? (await beginThread(rfc, "Merge"));
    await peopleApi.proposeMerge(begun.current, days === "" ? null : Number(days), key);
    await desk.rfc.refresh();
    onClose();
  };
  return (
    <Dialog title="Propose to merge" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(propose);
        }}
      >
        <p>
          Everybody who is named to decide is asked for their word. When the wait is over and
          nothing holds it, the outcome is told in the thread and on the pull request.
        </p>
        {concerns.length > 0 && (
          <div>
            <p>
              <strong>
                {concerns.length === 1 ? "An open concern holds it:" : "Open concerns hold it:"}
              </strong>
            </p>
            <ul class="merge-holds">
              {few.map(({ id: concern, number, text, author }) => (
                <li key={concern}>
                  <span class="thread-letter concern-letter">!{number}</span> {excerpt(text)} (
                  {author})
                </li>
              ))}
              {others !== null && <li class="quiet">{others}</li>}
            </ul>
          </div>
        )}
        {pending.length > 0 && (
          <p>
            {pending.length === 1 ? "One change is" : `${pending.length} changes are`} not decided,
            and will not be part of it.
          </p>
        )}
        <div class="field">
          <label htmlFor={id}>Days to wait</label>
          <input
            id={id}
            type="number"
            min={0}
            max={90}
            step={1}
            value={days}
            placeholder="As set up for this Redline"
            onInput={(event) => setDays(event.currentTarget.value)}
          />
          <span class="field-hint">{whereWords(home)}</span>
        </div>
        <ActionProblem action={action} />
        <div class="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={action.busy}>
            Propose
          </button>
        </div>
      </form>
    </Dialog>
  );
}
