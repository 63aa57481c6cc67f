import { useEffect, useRef, useState } from "preact/hooks";
import type { DocumentView } from "./document-toolbar.tsx";
import type { OutlineEntry } from "./headings.ts";

/** A section is current once its heading stands above this share of the window. */
const LINE = 0.25;
/** Everything above counts as seen, however far up. */
const FAR_UP_PX = 10_000_000;
const AT_END_PX = 2;

/**
 * The slug of the section that is in view. The browser says when a heading crosses the line; scrolling
 * itself costs nothing. The second of the pair names the section that somebody went to, which stays current
 * until they scroll on: one near the end may never reach the line.
 */
export function useCurrentSection(
  entries: readonly OutlineEntry[],
  root: { current: HTMLElement | null },
  view: DocumentView,
): [string | null, (slug: string, willScroll: boolean) => void] {
  const [current, setCurrent] = useState<string | null>(null);
  const held = useRef<"going" | "there" | null>(null);
  useEffect(() => {
    const scroller = root.current;
    if (!scroller || entries.length === 0) return undefined;
    const follow = (slug: string | null): void => {
      if (held.current === null) setCurrent(slug);
    };
    const arrived = (): void => {
      if (held.current === "going") held.current = "there";
    };
    const scrolled = (): void => {
      if (held.current === "there") letGo();
    };
    const letGo = (): void => void (held.current = null);
    scroller.addEventListener("scroll", scrolled, { passive: true });
    scroller.addEventListener("scrollend", arrived);
    for (const name of BY_HAND) scroller.addEventListener(name, letGo, { passive: true });
    // After these, so that a scroll which lets go is looked at.
    const stopWatching = watchHeadings(scroller, entries, follow);
    return () => {
      stopWatching();
      scroller.removeEventListener("scroll", scrolled);
      scroller.removeEventListener("scrollend", arrived);
      for (const name of BY_HAND) scroller.removeEventListener(name, letGo);
    };
  }, [entries, view]);
  const go = (slug: string, willScroll: boolean): void => {
    held.current = willScroll ? "going" : "there";
    setCurrent(slug);
  };
  return [current, go];
}

/** Tells the section in view whenever it may be another one; returns the way to stop. */
function watchHeadings(
  scroller: HTMLElement,
  entries: readonly OutlineEntry[],
  tell: (slug: string | null) => void,
): () => void {
  const slugs = headingElements(scroller, entries);
  const above = new Set<Element>();
  let isAtEnd = false;
  const look = (): void => {
    const last = [...slugs].findLast(([element]) => isAtEnd || above.has(element));
    tell(last?.[1] ?? null);
  };
  const observer = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) above.add(target);
        else above.delete(target);
      }
      look();
    },
    { root: scroller, rootMargin: `${FAR_UP_PX}px 0px -${(1 - LINE) * 100}% 0px` },
  );
  for (const element of slugs.keys()) observer.observe(element);
  const scrolled = (): void => {
    const left = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    const ended = scroller.scrollTop > 0 && left <= AT_END_PX;
    if (ended === isAtEnd) return;
    isAtEnd = ended;
    look();
  };
  scroller.addEventListener("scroll", scrolled, { passive: true });
  return () => {
    observer.disconnect();
    scroller.removeEventListener("scroll", scrolled);
  };
}

const BY_HAND = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/** What shows each section's heading, in the order of the document. */
function headingElements(
  scroller: HTMLElement,
  entries: readonly OutlineEntry[],
): Map<Element, string> {
  const placed = [...scroller.querySelectorAll<HTMLElement>("[data-start]")];
  const starts = placed.map((element) => Number(element.dataset["start"]));
  const found = new Map<Element, string>();
  let at = 0;
  for (const { start, slug } of entries) {
    while (at + 1 < placed.length && starts[at + 1]! <= start) at += 1;
    const element = placed[at];
    if (element) found.set(element, slug);
  }
  return found;
}
