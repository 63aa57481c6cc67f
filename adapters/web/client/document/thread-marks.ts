/** Ties what threads are about in the document to the threads, and back. */
import { useEffect } from "preact/hooks";
import { concernOf } from "../concerns/concern-places.ts";
import { showConcern, shownConcernMark } from "../concerns/shown-concern.ts";
import { navigate, rfcPath } from "../router.ts";
import { useDesk, type Desk } from "../state/desk.ts";
import { createStore, useStore } from "../state/store.ts";
import type { Painter } from "./painter.ts";
import { revealPassage } from "./reveal.ts";

/** A wish to look at a thread's passage; a new object for each wish. */
interface PassageWish {
  threadId: string;
  /** Where it is, for a passage that is not marked. */
  offset: number;
}

const wish = createStore<PassageWish | null>(null);
/** The thread that was opened from the document; its header takes the focus. */
export const openedThread = createStore<string | null>(null);

/** Scrolls the document to what the thread is about, and points it out. */
export function showPassage(desk: Desk, threadId: string, offset: number): void {
  desk.pane.set("document");
  wish.set({ threadId, offset });
}

/** Of several threads and concerns on the same words the next one, when one of them is open already. */
export function openThread(desk: Desk, threadIds: readonly string[]): void {
  const at = threadIds.indexOf(desk.thread?.id ?? shownConcernMark());
  const next = threadIds[(at + 1) % threadIds.length];
  if (next === undefined) return;
  const concernId = concernOf(next);
  if (concernId !== null) return showConcern(desk, concernId);
  desk.pane.set("conversation");
  openedThread.set(next);
  navigate(rfcPath(desk.rfc.slug, next));
}

export function useThreadMarks(root: { current: HTMLElement | null }, painter: Painter): void {
  const desk = useDesk();
  const wanted = useStore(wish);
  const openId = desk.thread?.id ?? null;
  useEffect(() => {
    if (!wanted) return undefined;
    painter.flush();
    const frame = requestAnimationFrame(() => {
      if (root.current) revealPassage(root.current, wanted.threadId, wanted.offset);
      wish.set(null);
    });
    return () => cancelAnimationFrame(frame);
  }, [wanted]);
  useEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const click = (event: Event): void => {
      const ids = threadsAt(event.target);
      const selecting = !(window.getSelection()?.isCollapsed ?? true);
      if (ids.length > 0 && !selecting) openThread(desk, ids);
    };
    element.addEventListener("click", click);
    return () => element.removeEventListener("click", click);
  }, [desk]);
  useLight(root, openId);
}

/** Redlines and links in a passage lead where they always do. */
function threadsAt(target: EventTarget | null): string[] {
  const element = target instanceof Element ? target : null;
  if (!element || element.closest("[data-change], a")) return [];
  const ids = element.closest<HTMLElement>("[data-thread]")?.dataset["thread"];
  return ids === undefined ? [] : ids.split(" ");
}

/**
 * The passage of the open thread and the one under the pointer stand out, by a rule of their own: a
 * paragraph that is drawn again has it at once.
 */
function useLight(root: { current: HTMLElement | null }, openId: string | null): void {
  useEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    let hot: string[] = [];
    const light = (ids: readonly string[]): void => {
      const passages = [...new Set(ids)].map((id) => `.passage[data-thread~="${CSS.escape(id)}"]`);
      sheet.replaceSync(
        passages.length === 0
          ? ""
          : `${passages.join()} { background: var(--passage-lit); text-decoration-style: solid }`,
      );
    };
    const open = openId === null ? [] : [openId];
    const over = (event: Event): void => {
      const ids = threadsAt(event.target);
      if (ids.join() === hot.join()) return;
      hot = ids;
      light([...open, ...hot]);
    };
    light(open);
    const area = element.parentElement ?? element;
    area.addEventListener("pointerover", over);
    area.addEventListener("focusin", over);
    return () => {
      area.removeEventListener("pointerover", over);
      area.removeEventListener("focusin", over);
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    };
  }, [openId]);
}
