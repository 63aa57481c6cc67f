import { useEffect } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { readSelection } from "../document/selection.ts";
import type { WhyPlace } from "../insight-api.ts";
import { useStore } from "../state/store.ts";
import { sentenceAt } from "./sentence.ts";
import { WhyPanel } from "./why-panel.tsx";
import { openWhy, selectedPlace, whyMode, whyPlace } from "./why-state.ts";

const ROOT = ".document-scroll";
/** The sentence under the pointer, drawn by the style sheet where the browser can. */
const HIGHLIGHT = "why";

/** Lets every sentence of the document be asked about, and shows the answer. */
export function WhyLayer({ rfc }: { rfc: RfcDetailJson }) {
  const place = useStore(whyPlace);
  const mode = useStore(whyMode);
  const { document: text } = rfc;
  useEffect(() => {
    selectedPlace.find = () => (text ? readPlace(text) : null);
    return () => void (selectedPlace.find = () => null);
  }, [text]);
  // They outlive the page's parts, not the document.
  useEffect(
    () => () => {
      whyMode.set(false);
      whyPlace.set(null);
    },
    [rfc.slug],
  );
  useEffect(() => (mode && text ? followPointer(text) : undefined), [mode, text]);
  return (
    <>
      {mode && (
        <p class="mode-banner" role="status">
          Click a sentence to see why it reads so.{" "}
          <button type="button" class="link-button" onClick={() => whyMode.set(false)}>
            Cancel
          </button>
        </p>
      )}
      {place && <WhyPanel slug={rfc.slug} place={place} onClose={() => whyPlace.set(null)} />}
    </>
  );
}

/** What is selected in the document, in the version that is shown. */
function readPlace({ body, blob_sha }: { body: string; blob_sha: string }): WhyPlace | null {
  const root = document.querySelector<HTMLElement>(ROOT);
  const passage = root && readSelection(root, body)?.passage;
  return passage ? { ...passage, blobSha: blob_sha } : null;
}

function followPointer(text: NonNullable<RfcDetailJson["document"]>): () => void {
  const root = document.querySelector<HTMLElement>(ROOT);
  if (!root) return () => {};
  const highlights = "highlights" in CSS ? CSS.highlights : null;
  const show = (event: PointerEvent): void => {
    const range = sentenceAt(root, event.clientX, event.clientY);
    if (range) highlights?.set(HIGHLIGHT, new Highlight(range));
    else highlights?.delete(HIGHLIGHT);
  };
  const ask = (event: MouseEvent): void => {
    const range = sentenceAt(root, event.clientX, event.clientY);
    if (!range) return;
    event.preventDefault();
    event.stopPropagation();
    const selection = window.getSelection();
    selection?.removeAllRanges();
    selection?.addRange(range);
    const place = readPlace(text);
    selection?.removeAllRanges();
    if (place) openWhy(place);
  };
  const leave = (event: KeyboardEvent): void => {
    if (event.key === "Escape") whyMode.set(false);
  };
  root.classList.add("is-asking");
  root.addEventListener("pointermove", show);
  root.addEventListener("click", ask, { capture: true });
  document.addEventListener("keydown", leave);
  return () => {
    highlights?.delete(HIGHLIGHT);
    root.classList.remove("is-asking");
    root.removeEventListener("pointermove", show);
    root.removeEventListener("click", ask, { capture: true });
    document.removeEventListener("keydown", leave);
  };
}
