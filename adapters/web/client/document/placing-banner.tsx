import { useEffect } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";

/** While a person chooses where a change belongs: what to do, and the way out. */
export function PlacingBanner({ rfc }: { rfc: RfcDetailJson }) {
  const desk = useDesk();
  const changeId = useStore(desk.placing);
  const change = rfc.changes.find((one) => one.id === changeId);
  const open = change?.state === "pending";
  useEffect(() => {
    // Somebody else has decided or placed it meanwhile.
    if (changeId !== null && !open) desk.placing.set(null);
  }, [changeId, open]);
  if (!change || !open) return null;
  const what = change.original === "" ? "the text that it hangs on" : "the text that it replaces";
  return (
    <div class="placing" role="status">
      <span>
        <strong>Where does change #{change.number} belong?</strong> Select {what}, or a paragraph by
        its ¶.
      </span>
      <button type="button" class="small" onClick={() => desk.placing.set(null)}>
        Cancel
      </button>
    </div>
  );
}
