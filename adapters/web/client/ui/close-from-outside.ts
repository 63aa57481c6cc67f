/** Escape, a press elsewhere, and the focus going on; a dialog that was opened from here is not elsewhere. */
export function closeFromOutside(
  root: HTMLElement | null,
  setOpen: (open: boolean) => void,
): () => void {
  const leave = ({ target }: Event): void => {
    const isElsewhere = target instanceof Element && !target.closest("dialog");
    if (isElsewhere && !root?.contains(target)) setOpen(false);
  };
  const escape = (event: KeyboardEvent): void => {
    const inDialog = event.target instanceof Element && event.target.closest("dialog");
    if (event.key !== "Escape" || inDialog) return;
    setOpen(false);
    root?.querySelector("button")?.focus();
  };
  document.addEventListener("pointerdown", leave);
  document.addEventListener("focusin", leave);
  document.addEventListener("keydown", escape);
  return () => {
    document.removeEventListener("pointerdown", leave);
    document.removeEventListener("focusin", leave);
    document.removeEventListener("keydown", escape);
  };
}
