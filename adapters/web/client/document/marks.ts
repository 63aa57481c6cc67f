/** Ties the redlines in the document to their cards: by click, by pointer and by focus. */
import { useEffect } from "preact/hooks";
import { useDesk, type Desk } from "../state/desk.ts";

const HOT = "is-hot";

export function useMarks(root: { current: HTMLElement | null }): void {
  const desk = useDesk();
  useEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const over = (event: Event): void => desk.hot.set(changeAt(event.target));
    const leave = (): void => desk.hot.set(null);
    const click = (event: Event): void => showCard(desk, changeAt(event.target));
    element.addEventListener("pointerover", over);
    element.addEventListener("pointerleave", leave);
    element.addEventListener("focusin", over);
    element.addEventListener("click", click);
    const light = (): void => lightUp(element, desk.hot.get());
    const stop = desk.hot.watch(light);
    return () => {
      stop();
      element.removeEventListener("pointerover", over);
      element.removeEventListener("pointerleave", leave);
      element.removeEventListener("focusin", over);
      element.removeEventListener("click", click);
    };
  }, [desk]);
}

function changeAt(target: EventTarget | null): string | null {
  const element = target instanceof Element ? target : null;
  return element?.closest<HTMLElement>("[data-change]")?.dataset["change"] ?? null;
}

function showCard(desk: Desk, changeId: string | null): void {
  // A selection that ends on a redline is a selection, not a click.
  if (changeId === null || !(window.getSelection()?.isCollapsed ?? true)) return;
  const change = desk.change(changeId);
  if (change) desk.showCard(change);
}

/** Done to the elements themselves: no paragraph is drawn again because the pointer moved. */
function lightUp(root: HTMLElement, changeId: string | null): void {
  for (const lit of root.querySelectorAll(`.${HOT}`)) lit.classList.remove(HOT);
  if (changeId === null) return;
  const marks = root.querySelectorAll(`[data-change="${CSS.escape(changeId)}"]`);
  for (const mark of marks) mark.classList.add(HOT);
}
