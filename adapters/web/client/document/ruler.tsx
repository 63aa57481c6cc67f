import { useEffect, useRef, useState } from "preact/hooks";
import type { Edit } from "../redline/composite.ts";
import type { ThreadPlace } from "../redline/layout.ts";
import { useDesk } from "../state/desk.ts";
import { useHot } from "../state/hot.ts";
import { memo } from "../ui/memo.ts";
import { markFace } from "../concerns/concern-places.ts";
import type { DocumentView } from "./document-toolbar.tsx";
import { openThread, showPassage } from "./thread-marks.ts";

interface Props {
  edits: readonly Edit[];
  /** In the order of the document. */
  threads: readonly ThreadPlace[];
  root: { current: HTMLElement | null };
  view: DocumentView;
}

/** Something in the document by the place where it begins. */
interface Spot {
  id: string;
  start: number;
}

/** Beside the scroll bar: where in the document its changes are, and what threads are about. */
export const Ruler = memo(function Ruler({ edits, threads, root, view }: Props) {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.number - b.number);
  const spots: Spot[] = [
    ...sorted.map(({ changeId: id, start }) => ({ id, start })),
    ...threads.map(({ threadId: id, start }) => ({ id, start })),
  ];
  const tops = useTops(spots, root, view);
  const changeBar = useRef<HTMLElement>(null);
  const threadBar = useRef<HTMLElement>(null);
  const placed = threads.filter(({ threadId }) => tops.has(threadId));
  const threadTops = spread(placed.map(({ threadId }) => tops.get(threadId) ?? 0));
  return (
    <>
      {sorted.length > 0 && (
        <nav
          class="ruler"
          aria-label="All changes"
          ref={changeBar}
          onKeyDown={(event) => walk(event, changeBar)}
        >
          {sorted.map((edit, index) => (
            <RulerMark
              key={edit.changeId}
              edit={edit}
              top={tops.get(edit.changeId) ?? null}
              first={index === 0}
            />
          ))}
        </nav>
      )}
      {placed.length > 0 && (
        <nav
          class="ruler ruler-threads"
          aria-label="Threads on passages, and concerns"
          ref={threadBar}
          onKeyDown={(event) => walk(event, threadBar)}
        >
          {placed.map((place, index) => (
            <RulerThread
              key={place.threadId}
              place={place}
              top={threadTops[index] ?? 0}
              first={index === 0}
            />
          ))}
        </nav>
      )}
    </>
  );
});

/** One stop of the Tab key; the arrows go from mark to mark. */
function walk(event: KeyboardEvent, bar: { current: HTMLElement | null }): void {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const buttons = [...(bar.current?.querySelectorAll("button") ?? [])];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
}

/** Share of the ruler that a thread's mark takes. */
const NEAR = 0.012;

/** Marks that would cover each other stand below each other. */
function spread(tops: readonly number[]): number[] {
  let free = 0;
  return tops.map((top) => {
    const put = Math.max(top, free);
    free = put + NEAR;
    return put;
  });
}

function RulerThread({ place, top, first }: { place: ThreadPlace; top: number; first: boolean }) {
  const desk = useDesk();
  const { threadId, letter, start } = place;
  const { look, words, tip } = markFace(place);
  const open = (): void => {
    showPassage(desk, threadId, start);
    openThread(desk, [threadId]);
  };
  return (
    <button
      type="button"
      class={`${look} ruler-thread`}
      data-thread={threadId}
      style={{ top: `${(top * 100).toFixed(2)}%` }}
      tabIndex={first ? 0 : -1}
      aria-label={words}
      title={tip}
      onClick={open}
    >
      {letter}
    </button>
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

/** Where each spot is, as a share of the scrolled height; measured again whenever that changes. */
function useTops(
  spots: readonly Spot[],
  root: { current: HTMLElement | null },
  view: DocumentView,
): ReadonlyMap<string, number> {
  const [tops, setTops] = useState<ReadonlyMap<string, number>>(new Map());
  const wanted = spots.map(({ id, start }) => `${id} ${start}`).join();
  useEffect(() => {
    const scroller = root.current;
    const text = scroller?.querySelector(".document");
    if (!scroller || !text) return undefined;
    let frame = 0;
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setTops(measure(scroller, spots)));
    });
    observer.observe(text);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [wanted, view]);
  return tops;
}

function measure(scroller: HTMLElement, spots: readonly Spot[]): Map<string, number> {
  const placed = [...scroller.querySelectorAll<HTMLElement>("[data-start]")].map((element) => ({
    element,
    start: Number(element.dataset["start"]),
    end: Number(element.dataset["end"]),
  }));
  const zero = scroller.getBoundingClientRect().top - scroller.scrollTop;
  const tops = new Map<string, number>();
  let index = 0;
  for (const { id, start } of [...spots].sort((a, b) => a.start - b.start)) {
    while (index + 1 < placed.length && placed[index + 1]!.start <= start) index++;
    const place = placed[index];
    if (!place) break;
    const { top, height } = place.element.getBoundingClientRect();
    const within = (start - place.start) / Math.max(1, place.end - place.start);
    tops.set(id, (top - zero + within * height) / scroller.scrollHeight);
  }
  return tops;
}
