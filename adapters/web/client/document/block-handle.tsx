import { useEffect, useLayoutEffect, useState } from "preact/hooks";

interface Props {
  root: { current: HTMLElement | null };
  onPick(block: HTMLElement, by: "pointer" | "keyboard"): void;
}

const BLOCK = ".document-block";

/**
 * The ¶ beside the paragraph under the pointer or the focus: a click picks the paragraph. By keyboard Alt and
 * the arrows go from paragraph to paragraph, Enter picks one.
 */
export function BlockHandle({ root, onPick }: Props) {
  const [block, setBlock] = useState<HTMLElement | null>(null);
  useBlockKeys(root, setBlock, onPick);
  useEffect(() => {
    const scroller = root.current;
    if (!scroller) return undefined;
    const follow = (event: Event): void => {
      const target = event.target instanceof Element ? event.target : null;
      const found = target?.closest<HTMLElement>(BLOCK);
      if (found) setBlock(found);
    };
    const gone = (): void => setBlock(null);
    scroller.addEventListener("pointerover", follow);
    scroller.addEventListener("focusin", follow);
    scroller.addEventListener("scroll", gone, { passive: true });
    return () => {
      scroller.removeEventListener("pointerover", follow);
      scroller.removeEventListener("focusin", follow);
      scroller.removeEventListener("scroll", gone);
    };
  }, [root]);
  if (!block?.isConnected) return null;
  const { top, left } = block.getBoundingClientRect();
  return (
    <button
      type="button"
      class="block-handle"
      tabIndex={-1}
      style={{ top: `${top}px`, left: `${left}px` }}
      aria-label="What to do with this paragraph"
      title="What to do with this paragraph (Enter)"
      onClick={() => onPick(block, "pointer")}
    >
      ¶
    </button>
  );
}

function useBlockKeys(
  root: { current: HTMLElement | null },
  onBlock: (block: HTMLElement) => void,
  onPick: Props["onPick"],
): void {
  useLayoutEffect(() => {
    const scroller = root.current;
    if (!scroller) return undefined;
    const go = (step: 1 | -1): void => {
      const next = blockFrom(scroller, step);
      if (!next) return;
      next.tabIndex = -1;
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
      onBlock(next);
    };
    const press = (event: KeyboardEvent): void => {
      if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        go(event.key === "ArrowDown" ? 1 : -1);
        return;
      }
      const focused = document.activeElement;
      if (!(focused instanceof HTMLElement) || !focused.matches(BLOCK)) return;
      const menu = event.key === "ContextMenu" || (event.shiftKey && event.key === "F10");
      if (event.key !== "Enter" && !menu) return;
      event.preventDefault();
      onPick(focused, "keyboard");
    };
    scroller.addEventListener("keydown", press);
    return () => scroller.removeEventListener("keydown", press);
  });
}

/** The next paragraph, from the one with the focus, else from what is in view. */
function blockFrom(scroller: HTMLElement, step: 1 | -1): HTMLElement | null {
  const blocks = [...scroller.querySelectorAll<HTMLElement>(BLOCK)];
  const at = document.activeElement?.closest<HTMLElement>(BLOCK);
  if (at) return blocks[blocks.indexOf(at) + step] ?? null;
  const { top } = scroller.getBoundingClientRect();
  return blocks.find((block) => block.getBoundingClientRect().bottom > top + 8) ?? null;
}
