import { useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { AcceptAllDialog } from "../conversation/accept-all-dialog.tsx";
import { unshownWords } from "../conversation/change-face.ts";
import type { Edit } from "../redline/composite.ts";
import { whyReadOnly } from "../reviews/pull-request.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import { neighbour } from "./neighbour.ts";

export type DocumentView = "rendered" | "source";

interface Props {
  rfc: RfcDetailJson;
  view: DocumentView;
  onView(view: DocumentView): void;
  /** What the document shows. */
  edits: readonly Edit[];
}

export function DocumentToolbar({ rfc, view, onView, edits }: Props) {
  const pending = rfc.changes.filter((change) => change.state === "pending");
  return (
    <div class="toolbar">
      <div class="segmented" role="group" aria-label="How to show the document">
        {(["rendered", "source"] as const).map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={view === name}
            onClick={() => onView(name)}
          >
            {name === "rendered" ? "Rendered" : "Source"}
          </button>
        ))}
      </div>
      {edits.length > 0 && <Steps edits={edits} />}
      <AcceptAll rfc={rfc} offered={pending.length > 1 && whyReadOnly(rfc) === null} />
      <Facts rfc={rfc} edits={edits} />
    </div>
  );
}

/** From change to change, in the order of the document. */
function Steps({ edits }: { edits: readonly Edit[] }) {
  const desk = useDesk();
  const focus = useStore(desk.focus);
  const at = focus?.changeId ?? null;
  const index = [...edits]
    .sort((a, b) => a.start - b.start || a.number - b.number)
    .findIndex((edit) => edit.changeId === at);
  const go = (step: 1 | -1): void => {
    const next = neighbour(edits, at, step);
    if (next) desk.showPlace(next.changeId);
  };
  return (
    <div class="steps" role="group" aria-label="Changes in the document">
      <button type="button" class="icon-button" aria-label="Previous change" onClick={() => go(-1)}>
        ‹
      </button>
      <span aria-live="polite">
        {index < 0 ? `${edits.length} shown` : `${index + 1} of ${edits.length}`}
      </span>
      <button type="button" class="icon-button" aria-label="Next change" onClick={() => go(1)}>
        ›
      </button>
    </div>
  );
}

/** The dialog stays to tell how it went, when nothing is pending any more. */
function AcceptAll({ rfc, offered }: { rfc: RfcDetailJson; offered: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {offered && (
        <button type="button" class="small" onClick={() => setOpen(true)}>
          Accept all…
        </button>
      )}
      {open && <AcceptAllDialog rfc={rfc} onClose={() => setOpen(false)} />}
    </>
  );
}

/** How much waits; what the document does not show is a click away. */
function Facts({ rfc, edits }: { rfc: RfcDetailJson; edits: readonly Edit[] }) {
  const desk = useDesk();
  const shown = new Set(edits.map((edit) => edit.changeId));
  const pending = rfc.changes.filter((change) => change.state === "pending");
  const elsewhere = pending.filter((change) => !shown.has(change.id));
  const showNext = (): void => {
    const at = elsewhere.findIndex((change) => change.id === desk.focus.get()?.changeId);
    desk.showCard(elsewhere[(at + 1) % elsewhere.length]!);
  };
  return (
    <span class="toolbar-facts quiet">
      <span>{pending.length === 0 ? "No pending changes" : `${pending.length} pending`}</span>
      {elsewhere.length > 0 && (
        <button
          type="button"
          class="link-button"
          title="They are not shown in the document: show their cards, one after the other"
          onClick={showNext}
        >
          {unshownWords(elsewhere)}
        </button>
      )}
      {rfc.document && (
        <code title={`Tip of ${rfc.branch}`}>{rfc.document.head_sha.slice(0, 7)}</code>
      )}
    </span>
  );
}
