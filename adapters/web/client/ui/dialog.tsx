import type { ComponentChildren } from "preact";
import { useLayoutEffect, useId, useRef } from "preact/hooks";

const MAIN_BUTTON = "button[type=submit], .dialog-buttons .primary";

interface Props {
  title: string;
  /** For what is compared side by side. */
  wide?: boolean;
  onClose(): void;
  children: ComponentChildren;
}

/**
 * A modal dialog; Escape and a click beside it close it, Ctrl+Enter or ⌘+Enter presses its main button, and the
 * focus returns to where it was.
 */
export function Dialog({ title, wide = false, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const pressed = useRef<EventTarget | null>(null);
  const titleId = useId();
  // Before anything is painted: what is typed next belongs to the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={wide ? "dialog dialog-wide" : "dialog"}
      aria-labelledby={titleId}
      onClose={onClose}
      onPointerDown={(event) => {
        pressed.current = event.target;
      }}
      onClick={(event) => {
        // A selection that is dragged out of a field ends beside the dialog, and is no click there.
        if (event.target === ref.current && pressed.current === ref.current) onClose();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        if (event.isComposing || event.defaultPrevented) return;
        // In a field of one line the browser would submit the form as well.
        event.preventDefault();
        // A click on a button that is disabled does nothing.
        ref.current?.querySelector<HTMLButtonElement>(MAIN_BUTTON)?.click();
      }}
    >
      <div class="dialog-body">
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
