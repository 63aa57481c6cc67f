/** What is selected in the document, as a passage of its source. */
import { sourceRange } from "./align.ts";

export interface SelectedPassage {
  /** Source text, or the visible text where the source is not known. */
  text: string;
  /** Offsets in the document; null where the selection cannot be traced to the source. */
  passage: { start: number; end: number } | null;
  /** Whether the passage is all of one block. */
  wholeBlock: boolean;
  rect: DOMRect;
}

/** Elements with `data-start` and `data-end` show the source between these offsets. */
const PLACED = "[data-start]";
/** Shown, but not in the document's source. */
const FOREIGN =
  ".redline-added, .redline-block-added, .redline-flag, .margin-marks, .thread-marks, .source-strip, .more-proposals";

export function readSelection(root: HTMLElement, body: string): SelectedPassage | null {
  const selection = window.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = withinRoot(root, selection.getRangeAt(0));
  if (!range) return null;
  const visible = selection.toString().trim();
  if (visible === "") return null;
  const passage = tracePassage(root, range, body);
  const block = placedElement(range.startContainer);
  return {
    text: passage ? body.slice(passage.start, passage.end) : visible,
    passage,
    wholeBlock: passage !== null && block !== null && coversBlock(block, passage, body),
    rect: range.getBoundingClientRect(),
  };
}

/** A triple click on the last paragraph selects up to what follows the document: that is left out. */
function withinRoot(root: HTMLElement, selected: Range): Range | null {
  if (root.contains(selected.commonAncestorContainer)) return selected;
  if (!root.contains(selected.startContainer)) return null;
  const range = selected.cloneRange();
  range.setEnd(root, root.childNodes.length);
  return range;
}

/** A whole block, as somebody picks it without selecting. */
export function readBlock(element: HTMLElement, body: string): SelectedPassage | null {
  const { start, end } = placeOf(element);
  const source = body.slice(start, end);
  const lead = source.length - source.trimStart().length;
  const text = source.trim();
  if (text === "") return null;
  const passage = { start: start + lead, end: start + lead + text.length };
  return { text, passage, wholeBlock: true, rect: element.getBoundingClientRect() };
}

function placeOf(element: HTMLElement): { start: number; end: number } {
  return { start: Number(element.dataset["start"]), end: Number(element.dataset["end"]) };
}

function tracePassage(
  root: HTMLElement,
  range: Range,
  body: string,
): { start: number; end: number } | null {
  const touched = [...root.querySelectorAll<HTMLElement>(PLACED)].filter((element) =>
    range.intersectsNode(element),
  );
  const passages = touched.flatMap((element) => {
    const found = passageIn(element, range, body);
    return found ? [found] : [];
  });
  const first = passages[0];
  const last = passages.at(-1);
  return first && last ? { start: first.start, end: last.end } : null;
}

function passageIn(
  element: HTMLElement,
  range: Range,
  body: string,
): { start: number; end: number } | null {
  const { start, end } = placeOf(element);
  const { text, from, to } = visibleRange(element, range);
  if (from >= to) return null;
  const found = sourceRange(text, body.slice(start, end), from, to);
  return found && { start: start + found.start, end: start + found.end };
}

/** The element's own text, without what is proposed, and the selected part of it. */
function visibleRange(
  element: HTMLElement,
  range: Range,
): { text: string; from: number; to: number } {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let text = "";
  let from = -1;
  let to = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement?.closest(FOREIGN)) continue;
    const content = node.nodeValue ?? "";
    if (range.intersectsNode(node)) {
      const begin = node === range.startContainer ? range.startOffset : 0;
      const end = node === range.endContainer ? range.endOffset : content.length;
      if (end > begin) {
        if (from < 0) from = text.length + begin;
        to = text.length + end;
      }
    }
    text += content;
  }
  return { text, from: Math.max(0, from), to };
}

function placedElement(node: Node): HTMLElement | null {
  const element = node instanceof Element ? node : node.parentElement;
  return element?.closest<HTMLElement>(PLACED) ?? null;
}

function coversBlock(
  block: HTMLElement,
  passage: { start: number; end: number },
  body: string,
): boolean {
  const { start, end } = placeOf(block);
  return body.slice(start, end).trim() === body.slice(passage.start, passage.end).trim();
}
