import { useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api, type SuggestionMode } from "../api.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";

/** Whether suggestions are posted by themselves; nothing where there are no pull requests. */
export function SuggestionSwitch({ rfc }: { rfc: RfcDetailJson }) {
  const [open, setOpen] = useState(false);
  if (rfc.suggestions === null) return null;
  return (
    <>
      <button
        type="button"
        class="small"
        aria-haspopup="dialog"
        title={`Suggestions on GitHub: ${rfc.suggestions === "automatic" ? "automatic" : "on request"}`}
        onClick={() => setOpen(true)}
      >
        Suggestions
      </button>
      {open && <SwitchDialog rfc={rfc} mode={rfc.suggestions} onClose={() => setOpen(false)} />}
    </>
  );
}

const MODES: [SuggestionMode, string, string][] = [
  [
    "automatic",
    "Automatic",
    "Each change is posted on the pull request as soon as it is proposed.",
  ],
  [
    "on_request",
    "On request",
    "A change is posted when somebody chooses “Post on GitHub” on its card.",
  ],
];

interface DialogProps {
  rfc: RfcDetailJson;
  mode: SuggestionMode;
  onClose(): void;
}

function SwitchDialog({ rfc, mode, onClose }: DialogProps) {
  const desk = useDesk();
  const action = useAction();
  const [chosen, setChosen] = useState(mode);
  const choose = async (next: SuggestionMode): Promise<void> => {
    setChosen(next);
    try {
      await api.chooseSuggestions(rfc.slug, next);
    } catch (error) {
      setChosen(mode);
      throw error;
    }
    await desk.rfc.refresh();
  };
  return (
    <Dialog title="Suggestions on GitHub" onClose={onClose}>
      <fieldset class="choices" aria-busy={action.busy}>
        <legend class="quiet">For all documents of {rfc.repository}</legend>
        {MODES.map(([name, label, words]) => (
          <label key={name}>
            <input
              type="radio"
              name="suggestions"
              checked={chosen === name}
              onChange={() => void action.run(() => choose(name))}
            />
            <span>
              <strong>{label}</strong>
              <span class="quiet">{words}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
      <div class="dialog-buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
