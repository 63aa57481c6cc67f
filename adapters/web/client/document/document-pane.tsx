import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { splitDocument } from "../markdown/document-blocks.ts";
import { changeEdits } from "../redline/edits.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import { Notice } from "../ui/notice.tsx";
import { Outline } from "./outline.tsx";
import { RenderedDocument } from "./rendered-document.tsx";
import { reveal } from "./reveal.ts";
import { SelectionActions } from "./selection-actions.tsx";
import { SourceView } from "./source-view.tsx";

type View = "rendered" | "source";

/** The document with its pending changes. */
export function DocumentPane({ rfc }: { rfc: RfcDetailJson }) {
  const [view, setView] = useState<View>("rendered");
  const root = useRef<HTMLDivElement>(null);
  const body = rfc.document?.body ?? "";
  const blocks = useMemo(() => splitDocument(body), [body]);
  const edits = useMemo(() => changeEdits(rfc.changes, body), [rfc.changes, body]);
  useReveal(root, rfc, view);
  return (
    <section class="document-pane" aria-label="Document">
      <Toolbar rfc={rfc} view={view} onView={setView} shown={edits.length} />
      <div class="document-scroll" ref={root} tabIndex={0} role="region" aria-label="Text">
        {rfc.problem && <Notice kind="problem">{rfc.problem}</Notice>}
        {rfc.document && (
          <div class="document-columns">
            <Outline blocks={blocks.blocks} edits={edits} root={root} />
            {view === "rendered" ? (
              <RenderedDocument document={blocks} edits={edits} />
            ) : (
              <SourceView body={body} edits={edits} />
            )}
          </div>
        )}
      </div>
      {rfc.document && <SelectionActions root={root} body={body} />}
    </section>
  );
}

interface ToolbarProps {
  rfc: RfcDetailJson;
  view: View;
  shown: number;
  onView(view: View): void;
}

function Toolbar({ rfc, view, shown, onView }: ToolbarProps) {
  const pending = rfc.changes.filter((change) => change.state === "pending").length;
  const elsewhere = pending - shown;
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
      <span class="toolbar-facts quiet">
        {pending === 0 ? "No pending changes" : `${pending} pending`}
        {elsewhere > 0 && `, ${elsewhere} without a sure place`}
        {rfc.document && (
          <>
            {" · "}
            <code title={`Tip of ${rfc.branch}`}>{rfc.document.head_sha.slice(0, 7)}</code>
          </>
        )}
      </span>
    </div>
  );
}

/** Scrolls to the change that somebody asked to see. */
function useReveal(root: { current: HTMLElement | null }, rfc: RfcDetailJson, view: View): void {
  const desk = useDesk();
  const focus = useStore(desk.focus);
  useEffect(() => {
    if (focus?.where !== "document" || !root.current) return;
    const change = rfc.changes.find((one) => one.id === focus.changeId);
    reveal(root.current, focus.changeId, change?.passage?.start ?? null);
    // Only a new wish scrolls, not every update of the document.
  }, [focus, view]);
}
