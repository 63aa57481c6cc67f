/** Brings a change, or failing that the block at an offset, into view and points it out. */
export function reveal(root: HTMLElement, changeId: string, offset: number | null): void {
  const marks = root.querySelectorAll<HTMLElement>(`[data-change="${CSS.escape(changeId)}"]`);
  const block = offset === null ? null : blockAt(root, offset);
  const target = marks[0] ?? block;
  if (!target) return;
  scrollTo(target);
  for (const element of marks.length > 0 ? marks : [target]) flash(element);
}

/** Brings what a thread is about into view, or failing that the block at an offset. */
export function revealPassage(root: HTMLElement, threadId: string, offset: number): void {
  const passages = root.querySelectorAll(`.passage[data-thread~="${CSS.escape(threadId)}"]`);
  const found = passages.length > 0 ? [...passages] : [blockAt(root, offset)];
  const [first] = found;
  if (!first) return;
  scrollTo(first);
  for (const element of found) if (element) flash(element);
}

/** Beyond this many windows a glide shows nothing but a blur, and takes its time. */
const GLIDE = 3;

export function scrollTo(element: Element, block: ScrollLogicalPosition = "center"): void {
  const far = Math.abs(element.getBoundingClientRect().top) > GLIDE * innerHeight;
  element.scrollIntoView({ block, behavior: far || prefersLessMotion() ? "auto" : "smooth" });
}

const FLASH_MS = 1600;

export function flash(element: Element): void {
  if (prefersLessMotion()) {
    element.classList.add("pointed-out");
    setTimeout(() => element.classList.remove("pointed-out"), FLASH_MS);
    return;
  }
  element.animate(
    [{ boxShadow: "0 0 0 3px var(--focus)" }, { boxShadow: "0 0 0 3px transparent" }],
    { duration: FLASH_MS, easing: "ease-out" },
  );
}

function prefersLessMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function blockAt(root: HTMLElement, offset: number): HTMLElement | null {
  const blocks = [...root.querySelectorAll<HTMLElement>("[data-start]")];
  return blocks.findLast((block) => Number(block.dataset["start"]) <= offset) ?? null;
}
