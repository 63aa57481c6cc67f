import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { splitDocument } from "../markdown/document-blocks.ts";
import { changeEdits } from "../redline/edits.ts";
import { useDesk } from "../state/desk.ts";
import { useStore } from "../state/store.ts";
import { Notice } from "../ui/notice.tsx";
import { DocumentToolbar, type DocumentView } from "./document-toolbar.tsx";
import { useMarks } from "./marks.ts";
import { Outline } from "./outline.tsx";
import { Painter } from "./painter.ts";
import { PassageTools } from "./passage-tools.tsx";
import { PlacingBanner } from "./placing-banner.tsx";
import { RenderedDocument } from "./rendered-document.tsx";
import { reveal } from "./reveal.ts";
import { Ruler } from "./ruler.tsx";
import { SourceView } from "./source-view.tsx";

/** The document with its pending changes. */
export function DocumentPane({ rfc }: { rfc: RfcDetailJson }) {
  const [view, setView] = useState<DocumentView>("rendered");
  const root = useRef<HTMLDivElement>(null);
  const painter = useMemo(() => new Painter(), []);
  useEffect(() => () => painter.close(), [painter]);
  const body = rfc.document?.body ?? "";
  const document = useMemo(() => splitDocument(body), [body]);
  const edits = useMemo(() => changeEdits(rfc.changes, body), [rfc.changes, body]);
  useMarks(root);
  useReveal(root, painter, rfc, view);
  return (
    <section class="document-pane" aria-label="Document">
      <DocumentToolbar rfc={rfc} view={view} onView={setView} edits={edits} />
      <PlacingBanner rfc={rfc} />
      <div class="document-area">
        <div class="document-scroll" ref={root} tabIndex={0} role="region" aria-label="Text">
          {rfc.problem && <Notice kind="problem">{rfc.problem}</Notice>}
          {rfc.document && (
            <div class="document-columns">
              <Outline blocks={document.blocks} edits={edits} root={root} painter={painter} />
              {view === "rendered" ? (
                <RenderedDocument document={document} edits={edits} painter={painter} />
              ) : (
                <SourceView body={body} edits={edits} />
              )}
            </div>
          )}
        </div>
        {rfc.document && <Ruler edits={edits} root={root} view={view} />}
      </div>
      {rfc.document && <PassageTools root={root} rfc={rfc} body={body} view={view} />}
    </section>
  );
}

/** Scrolls to the change that somebody asked to see. */
function useReveal(
  root: { current: HTMLElement | null },
  painter: Painter,
  rfc: RfcDetailJson,
  view: DocumentView,
): void {
  const desk = useDesk();
  const focus = useStore(desk.focus);
  useEffect(() => {
    if (focus?.where !== "document") return undefined;
    painter.flush();
    const change = rfc.changes.find((one) => one.id === focus.changeId);
    // What was just drawn is on the page with the next frame.
    const frame = requestAnimationFrame(() => {
      if (root.current) reveal(root.current, focus.changeId, change?.passage?.start ?? null);
    });
    return () => cancelAnimationFrame(frame);
    // Only a new wish scrolls, not every update of the document.
  }, [focus, view]);
}
