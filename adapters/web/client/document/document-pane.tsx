import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { findOverlaps } from "../../../../src/changes/overlap.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { concernPlaces } from "../concerns/concern-places.ts";
import { splitDocument } from "../markdown/document-blocks.ts";
import type { Edit } from "../redline/composite.ts";
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
import { useThreadMarks } from "./thread-marks.ts";
import { threadPlaces } from "./thread-places.ts";

/** The document with its pending changes. */
export function DocumentPane({ rfc }: { rfc: RfcDetailJson }) {
  const [view, setView] = useState<DocumentView>("rendered");
  const root = useRef<HTMLDivElement>(null);
  const painter = useMemo(() => new Painter(), []);
  useEffect(() => () => painter.close(), [painter]);
  const body = rfc.document?.body ?? "";
  const document = useMemo(() => splitDocument(body), [body]);
  const edits = useMemo(() => changeEdits(rfc.changes, body), [rfc.changes, body]);
  const threads = useMemo(
    () => [...threadPlaces(rfc), ...concernPlaces(rfc)].sort((a, b) => a.start - b.start),
    [rfc.threads, rfc.concerns, rfc.document?.body, rfc.branch],
  );
  const [chosen, choose] = useChosen(edits);
  useMarks(root, choose);
  useThreadMarks(root, painter);
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
              <Outline
                blocks={document.blocks}
                edits={edits}
                root={root}
                painter={painter}
                view={view}
              />
              {view === "rendered" ? (
                <RenderedDocument {...{ document, edits, chosen, threads, painter }} />
              ) : (
                <SourceView {...{ document, edits, chosen, threads }} />
              )}
            </div>
          )}
        </div>
        {rfc.document && <Ruler edits={edits} threads={threads} root={root} view={view} />}
      </div>
      {rfc.document && <PassageTools root={root} rfc={rfc} body={body} view={view} />}
    </section>
  );
}

/**
 * Which changes somebody wants drawn where several overlap, the last choice first: by its chip, or by going
 * to the change from anywhere.
 */
function useChosen(edits: readonly Edit[]): [readonly string[], (changeId: string) => void] {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const choose = useCallback((changeId: string) => {
    setChosen((known) =>
      known[0] === changeId ? known : [changeId, ...known.filter((one) => one !== changeId)],
    );
  }, []);
  const rivals = useMemo(() => {
    const placed = edits.map(({ changeId: id, start, end }) => ({ id, passage: { start, end } }));
    return new Set(findOverlaps(placed).flatMap(({ ids }) => ids));
  }, [edits]);
  const focus = useStore(useDesk().focus);
  useEffect(() => {
    if (focus && rivals.has(focus.changeId)) choose(focus.changeId);
  }, [focus]);
  return [chosen, choose];
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
