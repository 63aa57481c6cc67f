/** Ties the redlines in the document to their cards: by click, by pointer and by focus. */
import { useEffect } from "preact/hooks";
import { useDesk, type Desk } from "../state/desk.ts";

const HOT = "is-hot";

/** `choose` is called for a change that somebody wants drawn in place of what it overlaps with. */
export function useMarks(
  root: { current: HTMLElement | null },
  choose: (changeId: string) => void,
): void {
  const desk = useDesk();
  useEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const over = (event: Event): void => desk.hot.set(changeAt(event.target));
    const focus = (event: Event): void => {
      over(event);
      // A chip that stays where it is: in the source it gives way to what it draws, and the focus with it.
      if (event.target instanceof Element && event.target.closest(".more-proposals")) {
        const chip = chipAt(event.target);
        if (chip !== null) choose(chip);
      }
    };
    const leave = (): void => desk.hot.set(null);
    const click = (event: Event): void => {
      const chip = chipAt(event.target);
      if (chip === null) showCard(desk, changeAt(event.target));
      else choose(chip);
    };
    element.addEventListener("pointerover", over);
    element.addEventListener("pointerleave", leave);
    element.addEventListener("focusin", focus);
    element.addEventListener("click", click);
    const light = (): void => lightUp(element, desk.hot.get());
    const stop = desk.hot.watch(light);
    return () => {
      stop();
      element.removeEventListener("pointerover", over);
      element.removeEventListener("pointerleave", leave);
      element.removeEventListener("focusin", focus);
      element.removeEventListener("click", click);
    };
  }, [desk, choose]);
}

function chipAt(target: EventTarget | null): string | null {
  const element = target instanceof Element ? target : null;
  return element?.closest<HTMLElement>(".proposal-chip")?.dataset["change"] ?? null;
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
