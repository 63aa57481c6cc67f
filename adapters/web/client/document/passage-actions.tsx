import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api } from "../api.ts";
import { RaiseDialog } from "../concerns/raise-dialog.tsx";
import { useDesk } from "../state/desk.ts";
import type { AnchorDraft } from "../state/draft.ts";
import { useStore } from "../state/store.ts";
import { useAction } from "../ui/action.ts";
import { Notice } from "../ui/notice.tsx";
import { openWhy } from "../why/why-state.ts";
import { ProposeEditDialog } from "./propose-edit-dialog.tsx";
import type { SelectedPassage } from "./selection.ts";

interface Props {
  picked: SelectedPassage;
  takesFocus: boolean;
  rfc: RfcDetailJson;
  body: string;
  onClose(): void;
}

/** Shown beside a passage that was selected or picked. */
export function PassageActions({ picked, takesFocus, rfc, body, onClose }: Props) {
  const desk = useDesk();
  const placing = useStore(desk.placing);
  const [editing, setEditing] = useState(false);
  const [raising, setRaising] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  useEscape(onClose, !editing && !raising);
  useBackToText(bar, takesFocus);
  const anchor = anchorOf(picked, body);
  const change = rfc.changes.find((one) => one.id === placing) ?? null;
  if (editing && anchor && picked.passage) {
    return <ProposeEditDialog passage={picked.passage} anchor={anchor} onClose={onClose} />;
  }
  if (raising && anchor && picked.passage) {
    return <RaiseDialog rfc={rfc} about={{ anchor, passage: picked.passage }} onClose={onClose} />;
  }
  return (
    <div
      ref={bar}
      class="passage-actions"
      role="toolbar"
      aria-label={picked.wholeBlock ? "This paragraph" : "Selected text"}
      style={place(picked.rect)}
      // Keeps the selection while a button is pressed.
      onMouseDown={(event) => event.preventDefault()}
      onKeyDown={(event) => walk(event, bar.current)}
    >
      {change ? (
        <PlaceHere change={change} picked={picked} rfc={rfc} onDone={onClose} />
      ) : (
        <>
          <button type="button" onClick={() => (onClose(), desk.quote(picked.text))}>
            Quote
          </button>
          {anchor && (
            <button type="button" onClick={() => (onClose(), desk.discuss(anchor))}>
              Discuss
            </button>
          )}
          {anchor && (
            <button type="button" onClick={() => setEditing(true)}>
              Propose an edit
            </button>
          )}
          {anchor && (
            <button type="button" title="Raise a concern" onClick={() => setRaising(true)}>
              Concern
            </button>
          )}
          {picked.passage && rfc.document && (
            <button
              type="button"
              title="Why does it read so?"
              onClick={() => askWhy(picked.passage, rfc.document, onClose)}
            >
              Why?
            </button>
          )}
        </>
      )}
    </div>
  );
}

interface PlaceHereProps {
  change: ChangeJson;
  picked: SelectedPassage;
  rfc: RfcDetailJson;
  onDone(): void;
}

/** Settles the place of the change that the person is placing. */
function PlaceHere({ change, picked, rfc, onDone }: PlaceHereProps) {
  const desk = useDesk();
  const action = useAction();
  const { passage } = picked;
  const version = rfc.document?.blob_sha;
  if (!passage || version === undefined)
    return <Notice kind="hint">This is not in the source; select something else.</Notice>;
  const put = async (): Promise<void> => {
    const placed = await api.place(change.id, passage, version);
    desk.merge([placed]);
    desk.placing.set(null);
    onDone();
    desk.showCard(placed);
  };
  return (
    <>
      <button
        type="button"
        class="primary"
        disabled={action.busy}
        onClick={() => void action.run(put)}
      >
        Place change #{change.number} here
      </button>
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
    </>
  );
}

function askWhy(
  passage: SelectedPassage["passage"],
  document: RfcDetailJson["document"],
  onClose: () => void,
): void {
  if (!passage || !document) return;
  onClose();
  openWhy({ ...passage, blobSha: document.blob_sha });
}

function useEscape(onClose: () => void, active: boolean): void {
  useLayoutEffect(() => {
    if (!active) return undefined;
    const press = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onClose();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });
}

/** Picked by keyboard, the first button has the focus, and the paragraph has it again afterwards. */
function useBackToText(bar: { current: HTMLElement | null }, takesFocus: boolean): void {
  useEffect(() => {
    if (!takesFocus) return undefined;
    const before = document.activeElement;
    bar.current?.querySelector("button")?.focus();
    return () => {
      const lost = document.activeElement === document.body || document.activeElement === null;
      if (lost && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
}

/** The arrows go from button to button, as in any toolbar. */
function walk(event: KeyboardEvent, bar: HTMLElement | null): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined || !bar) return;
  event.preventDefault();
  const buttons = [...bar.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
}

const CONTEXT = 32;

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
const WIDTH = 430;
const TOP = 60;

/**
 * Above the passage where there is room, else below it; always within the window. A finger's own menu stands
 * above what it has selected.
 */
function place(rect: DOMRect): { top: string; left: string } {
  const above = rect.top - HEIGHT - 6;
  const below = rect.bottom + 8;
  const wanted = above > TOP && !matchMedia("(pointer: coarse)").matches ? above : below;
  const top = Math.max(TOP, Math.min(wanted, innerHeight - HEIGHT - 8));
  const left = Math.max(8, Math.min(rect.left, innerWidth - WIDTH - 8));
  return { top: `${top}px`, left: `${left}px` };
}
