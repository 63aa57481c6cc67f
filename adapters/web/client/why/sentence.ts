/** The sentence under a point of the document, as a range of what is shown. */

/** What holds text of its own: sentences do not run across these. */
const HOLDERS = "p, li, td, th, h1, h2, h3, h4, h5, h6, dt, dd, blockquote, pre, [data-start]";
/** Shown, but not in the document's source. */
const FOREIGN = ".redline-added, .redline-block-added, .redline-flag, .margin-marks, .source-strip";

/** The bounds of the sentence that holds the offset; in code the line. Pure. */
export function sentenceBounds(
  text: string,
  offset: number,
  isCode: boolean,
): { start: number; end: number } {
  if (isCode) {
    const start = text.lastIndexOf("\n", offset - 1) + 1;
    const feed = text.indexOf("\n", offset);
    return { start, end: feed < 0 ? text.length : feed };
  }
  const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });
  // To the segmenter a line break ends a sentence; in Markdown it is a blank.
  const flowing = text.replace(/[\r\n\u0085\u2028\u2029]/g, " ");
  const found = segmenter
    .segment(flowing)
    .containing(Math.min(offset, Math.max(0, text.length - 1)));
  if (!found) return { start: 0, end: 0 };
  return { start: found.index, end: found.index + found.segment.trimEnd().length };
}

export function sentenceAt(root: HTMLElement, x: number, y: number): Range | null {
  const caret = caretAt(x, y);
  const element = caret?.node.parentElement;
  const holder = element?.closest<HTMLElement>(HOLDERS);
  if (!caret || !holder || !root.contains(holder) || element?.closest(FOREIGN)) return null;
  if (!holder.closest("[data-start]")) return null;
  const nodes = textNodes(holder);
  const at = nodes.indexOf(caret.node);
  if (at < 0) return null;
  const before = nodes.slice(0, at).reduce((sum, node) => sum + node.data.length, 0);
  const text = nodes.map((node) => node.data).join("");
  const { start, end } = sentenceBounds(
    text,
    before + caret.offset,
    holder.closest("pre") !== null,
  );
  return start < end ? rangeOver(nodes, start, end) : null;
}

function caretAt(x: number, y: number): { node: Text; offset: number } | null {
  const { caretPositionFromPoint } = document as {
    caretPositionFromPoint?: (x: number, y: number) => { offsetNode: Node; offset: number } | null;
  };
  const position = caretPositionFromPoint?.call(document, x, y);
  if (position) {
    const { offsetNode: node, offset } = position;
    return node instanceof Text ? { node, offset } : null;
  }
  const range = document.caretRangeFromPoint?.(x, y);
  const node = range?.startContainer;
  return range && node instanceof Text ? { node, offset: range.startOffset } : null;
}

/** Those of the holder itself, not of a list or a cell inside it, nor of what is only proposed. */
function textNodes(holder: HTMLElement): Text[] {
  const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent?.closest(HOLDERS) === holder && !parent.closest(FOREIGN)) nodes.push(node as Text);
  }
  return nodes;
}

function rangeOver(nodes: readonly Text[], start: number, end: number): Range {
  const range = document.createRange();
  let at = 0;
  for (const node of nodes) {
    const { length } = node.data;
    if (at <= start && start < at + length) range.setStart(node, start - at);
    if (at < end && end <= at + length) range.setEnd(node, end - at);
    at += length;
  }
  return range;
}
