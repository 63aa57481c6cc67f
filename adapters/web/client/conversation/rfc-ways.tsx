import { useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { RaiseDialog } from "../concerns/raise-dialog.tsx";
import { ProposeMergeDialog } from "../merges/propose-merge-dialog.tsx";

/** What can be done with the RFC as a whole, beside talking about it. */
export function RfcWays({ rfc }: { rfc: RfcDetailJson }) {
  const [open, setOpen] = useState<"concern" | "merge" | null>(null);
  const { merge, pull_request: pull } = rfc;
  const isOver = pull !== null && pull.state !== "open";
  const close = (): void => setOpen(null);
  return (
    <div class="rfc-ways">
      <button type="button" class="small" onClick={() => setOpen("concern")}>
        Raise a concern
      </button>
      {!isOver && merge?.state !== "open" && (
        <button type="button" class="small" onClick={() => setOpen("merge")}>
          Propose to merge…
        </button>
      )}
      {open === "concern" && <RaiseDialog rfc={rfc} about={null} onClose={close} />}
      {open === "merge" && <ProposeMergeDialog rfc={rfc} onClose={close} />}
    </div>
  );
}
