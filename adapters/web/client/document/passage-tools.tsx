import { useEffect, useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { BlockHandle } from "./block-handle.tsx";
import type { DocumentView } from "./document-toolbar.tsx";
import { PassageActions } from "./passage-actions.tsx";
import { readBlock, readSelection, type SelectedPassage } from "./selection.ts";

interface Props {
  root: { current: HTMLElement | null };
  rfc: RfcDetailJson;
  body: string;
  view: DocumentView;
}

/** A passage that a person has pointed at, and how. */
interface Picked extends SelectedPassage {
  by: "selection" | "pointer" | "keyboard";
  /** The paragraph, where it was picked as one. */
  block: HTMLElement | null;
}

const SETTLE_MS = 120;

/** What can be done with selected text, or with a paragraph that is picked without selecting. */
export function PassageTools({ root, rfc, body, view }: Props) {
  const [picked, setPicked] = useState<Picked | null>(null);
  useSelection(root, body, setPicked);
  const block = picked?.block;
  useEffect(() => {
    block?.classList.add("is-picked");
    return () => block?.classList.remove("is-picked");
  }, [block]);
  const pick = (target: HTMLElement, by: Picked["by"]): void => {
    window.getSelection()?.removeAllRanges();
    const passage = readBlock(target, body);
    setPicked(passage && { ...passage, by, block: target });
  };
  const close = (): void => {
    window.getSelection()?.removeAllRanges();
    setPicked(null);
  };
  return (
    <>
      {view === "rendered" && <BlockHandle root={root} onPick={pick} />}
      {picked && (
        <PassageActions
          key={picked.passage ? `${picked.passage.start}-${picked.passage.end}` : picked.text}
          picked={picked}
          takesFocus={picked.by === "keyboard"}
          rfc={rfc}
          body={body}
          onClose={close}
        />
      )}
    </>
  );
}

/** Waits until the selection rests, so that nothing flickers under the pointer. */
function useSelection(
  root: { current: HTMLElement | null },
  body: string,
  setPicked: (change: (known: Picked | null) => Picked | null) => void,
): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // A dialog that is open goes on with what it was opened for.
        if (document.querySelector("dialog[open]")) return;
        const found = root.current && readSelection(root.current, body);
        setPicked((known) => {
          if (found) return { ...found, by: "selection", block: null };
          return known?.by === "selection" ? null : known;
        });
      }, SETTLE_MS);
    };
    const dismiss = (event: Event): void => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(".passage-actions, .block-handle, dialog")) return;
      setPicked((known) => (known?.by === "selection" ? known : null));
    };
    const scroller = root.current;
    document.addEventListener("selectionchange", look);
    document.addEventListener("pointerdown", dismiss);
    scroller?.addEventListener("scroll", look, { passive: true });
    scroller?.addEventListener("scroll", dismiss, { passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener("selectionchange", look);
      document.removeEventListener("pointerdown", dismiss);
      scroller?.removeEventListener("scroll", look);
      scroller?.removeEventListener("scroll", dismiss);
    };
  }, [root, body]);
}
