import { useEffect, useRef, useState } from "preact/hooks";
import type { Edit } from "../redline/composite.ts";
import { useDesk } from "../state/desk.ts";
import { useHot } from "../state/hot.ts";
import type { DocumentView } from "./document-toolbar.tsx";

interface Props {
  edits: readonly Edit[];
  root: { current: HTMLElement | null };
  view: DocumentView;
}

/** Beside the scroll bar: where in the document all its changes are. A click goes there. */
export function Ruler({ edits, root, view }: Props) {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.number - b.number);
  const tops = useTops(sorted, root, view);
  const bar = useRef<HTMLElement>(null);
  if (sorted.length === 0) return null;
  /** One stop of the Tab key; the arrows go from mark to mark. */
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(bar.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
  };
  return (
    <nav class="ruler" aria-label="All changes" ref={bar} onKeyDown={move}>
      {sorted.map((edit, index) => (
        <RulerMark
          key={edit.changeId}
          edit={edit}
          top={tops.get(edit.changeId) ?? null}
          first={index === 0}
        />
      ))}
    </nav>
  );
}

function RulerMark({ edit, top, first }: { edit: Edit; top: number | null; first: boolean }) {
  const desk = useDesk();
  const hot = useHot(edit.changeId);
  if (top === null) return null;
  return (
    <button
      type="button"
      class={hot ? "ruler-mark is-hot" : "ruler-mark"}
      style={{ top: `${(top * 100).toFixed(2)}%` }}
      tabIndex={first ? 0 : -1}
      aria-label={`Change ${edit.number}: show its place`}
      title={`Change ${edit.number}`}
      onClick={() => desk.showPlace(edit.changeId)}
      onPointerEnter={() => desk.hot.set(edit.changeId)}
      onPointerLeave={() => desk.hot.set(null)}
      onFocus={() => desk.hot.set(edit.changeId)}
    />
  );
}

/** Where each edit is, as a share of the scrolled height; measured again whenever that changes. */
function useTops(
  edits: readonly Edit[],
  root: { current: HTMLElement | null },
  view: DocumentView,
): ReadonlyMap<string, number> {
  const [tops, setTops] = useState<ReadonlyMap<string, number>>(new Map());
  const wanted = edits.map((edit) => `${edit.changeId} ${edit.start}`).join();
  useEffect(() => {
    const scroller = root.current;
    const text = scroller?.querySelector(".document");
    if (!scroller || !text) return undefined;
    let frame = 0;
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setTops(measure(scroller, edits)));
    });
    observer.observe(text);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [wanted, view]);
  return tops;
}

function measure(scroller: HTMLElement, edits: readonly Edit[]): Map<string, number> {
  const placed = [...scroller.querySelectorAll<HTMLElement>("[data-start]")].map((element) => ({
    element,
    start: Number(element.dataset["start"]),
    end: Number(element.dataset["end"]),
  }));
  const zero = scroller.getBoundingClientRect().top - scroller.scrollTop;
  const tops = new Map<string, number>();
  let index = 0;
  for (const edit of edits) {
    while (index + 1 < placed.length && placed[index + 1]!.start <= edit.start) index++;
    const place = placed[index];
    if (!place) break;
    const { top, height } = place.element.getBoundingClientRect();
    const within = (edit.start - place.start) / Math.max(1, place.end - place.start);
    tops.set(edit.changeId, (top - zero + within * height) / scroller.scrollHeight);
  }
  return tops;
}
