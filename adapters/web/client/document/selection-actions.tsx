import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../state/desk.ts";
import type { AnchorDraft } from "../state/draft.ts";
import { EditDialog } from "./edit-dialog.tsx";
import { readSelection, type SelectedPassage } from "./selection.ts";

interface Props {
  root: { current: HTMLElement | null };
  body: string;
}

const CONTEXT = 32;
const SETTLE_MS = 120;

/** What can be done with selected text, shown beside it. */
export function SelectionActions({ root, body }: Props) {
  const desk = useDesk();
  const [selected, clear] = useSelected(root, body);
  const [editing, setEditing] = useState<SelectedPassage | null>(null);
  const done = (): void => {
    window.getSelection()?.removeAllRanges();
    clear();
  };
  const anchor = selected && anchorOf(selected, body);
  return (
    <>
      {selected && !editing && (
        <div
          class="selection-actions"
          role="toolbar"
          aria-label="Selected text"
          style={place(selected.rect)}
          // Keeps the selection while a button is pressed.
          onMouseDown={(event) => event.preventDefault()}
        >
          <button type="button" onClick={() => (desk.quote(selected.text), done())}>
            Quote
          </button>
          {anchor && (
            <button type="button" onClick={() => (desk.discuss(anchor), done())}>
              Discuss
            </button>
          )}
          {anchor && (
            <button type="button" onClick={() => setEditing(selected)}>
              Propose an edit
            </button>
          )}
        </div>
      )}
      {editing?.passage && (
        <EditDialog
          passage={editing.passage}
          anchor={anchorOf(editing, body)!}
          onClose={() => (setEditing(null), done())}
        />
      )}
    </>
  );
}

/** Waits until the selection rests, so that nothing flickers under the pointer. */
function useSelected(
  root: { current: HTMLElement | null },
  body: string,
): [SelectedPassage | null, () => void] {
  const [selected, setSelected] = useState<SelectedPassage | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        setSelected(root.current && readSelection(root.current, body));
      }, SETTLE_MS);
    };
    const scroller = root.current;
    const hide = (event: KeyboardEvent): void => {
      if (event.key === "Escape") setSelected(null);
    };
    document.addEventListener("selectionchange", look);
    document.addEventListener("keydown", hide);
    scroller?.addEventListener("scroll", look, { passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener("selectionchange", look);
      document.removeEventListener("keydown", hide);
      scroller?.removeEventListener("scroll", look);
    };
  }, [root, body]);
  return [selected, () => setSelected(null)];
}

function anchorOf({ passage, wholeBlock }: SelectedPassage, body: string): AnchorDraft | null {
  return (
    passage && {
      kind: wholeBlock ? "paragraph" : "range",
      text: body.slice(passage.start, passage.end),
      before: body.slice(Math.max(0, passage.start - CONTEXT), passage.start),
      after: body.slice(passage.end, passage.end + CONTEXT),
    }
  );
}

const HEIGHT = 44;
const WIDTH = 280;
const TOP = 60;

/** Above the selection where there is room, else below it; always within the window. */
function place(rect: DOMRect): { top: string; left: string } {
  const above = rect.top - HEIGHT - 6;
  const wanted = above > TOP ? above : rect.bottom + 8;
  const top = Math.max(TOP, Math.min(wanted, innerHeight - HEIGHT - 8));
  const left = Math.max(8, Math.min(rect.left, innerWidth - WIDTH - 8));
  return { top: `${top}px`, left: `${left}px` };
}
