/** Marks what threads are about in rendered Markdown, beside the redlines that are in it. Pure. */
import {
  decodeText,
  escapeHtml,
  isElement,
  parseHtml,
  writeHtml,
  type HtmlElement,
  type HtmlNode,
} from "../markdown/html-tree.ts";
import { followSource } from "./follow-source.ts";

/** Offsets in the source; `id` is the thread's. */
export interface MarkedPassage {
  id: string;
  start: number;
  end: number;
}

/** In these, text is but white space between their parts. */
const STRUCTURE = new Set("ul ol dl table thead tbody tfoot tr colgroup blockquote".split(" "));

/**
 * The HTML pieces that together show `source`, with the passages' words in spans that carry their threads.
 * A piece that is not tidy stays as it is.
 */
export function placePassages(
  htmls: readonly string[],
  source: string,
  passages: readonly MarkedPassage[],
): string[] {
  const trees = htmls.map((html) => parseHtml(html));
  const visible = trees.map((tree) => ownText(tree ?? [])).join("");
  const map = followSource(visible, source);
  const ranges = passages.flatMap(({ id, start, end }) => {
    const range = visibleRange(map, start, end);
    return range ? [{ id, ...range }] : [];
  });
  if (ranges.length === 0) return [...htmls];
  const painter = new PassagePainter(ranges);
  return trees.map((tree, index) => (tree ? writeHtml(painter.nodes(tree)) : htmls[index]!));
}

/** Shown, but not in the source: what is proposed, and the numbers of changes. */
function isForeign({ tag, open }: HtmlElement): boolean {
  return tag === "button" || (tag === "ins" && open.includes('class="redline '));
}

function ownText(nodes: readonly HtmlNode[]): string {
  return nodes
    .map((node) => {
      if (!isElement(node)) return decodeText(node.html);
      return isForeign(node) ? "" : ownText(node.children);
    })
    .join("");
}

/** From the first to the last visible character that stands in the source between two offsets. */
function visibleRange(
  map: Int32Array,
  start: number,
  end: number,
): { from: number; to: number } | null {
  const isInside = (at: number): boolean => at >= start && at < end;
  const from = map.findIndex(isInside);
  return from < 0 ? null : { from, to: map.findLastIndex(isInside) + 1 };
}

interface VisibleRange {
  id: string;
  from: number;
  to: number;
}

/** Walks the text in reading order, as `ownText` does. */
class PassagePainter {
  readonly #ranges: readonly VisibleRange[];
  readonly #cuts: readonly number[];
  #at = 0;

  constructor(ranges: readonly VisibleRange[]) {
    this.#ranges = ranges;
    this.#cuts = [...new Set(ranges.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  }

  nodes(nodes: readonly HtmlNode[], parent = "blockquote"): HtmlNode[] {
    return nodes.flatMap((node): HtmlNode[] => {
      if (!isElement(node)) return this.#text(decodeText(node.html), STRUCTURE.has(parent));
      if (isForeign(node)) return [node];
      return [{ ...node, children: this.nodes(node.children, node.tag) }];
    });
  }

  #text(text: string, between: boolean): HtmlNode[] {
    const begin = this.#at;
    const end = begin + text.length;
    this.#at = end;
    const inside = this.#cuts.filter((cut) => cut > begin && cut < end);
    const edges = [begin, ...inside, end];
    return edges.slice(1).map((to, index) => {
      const from = edges[index]!;
      const piece = text.slice(from - begin, to - begin);
      const ids = this.#ranges.filter((range) => range.from <= from && range.to >= to && from < to);
      const html = escapeHtml(piece);
      if (ids.length === 0 || (between && piece.trim() === "")) return { html };
      return passageSpan(
        ids.map(({ id }) => id),
        html,
      );
    });
  }
}

function passageSpan(ids: readonly string[], html: string): HtmlElement {
  const several = ids.length > 1 ? " passage-several" : "";
  const open = `<span class="passage${several}" data-thread="${escapeHtml(ids.join(" "))}">`;
  return { tag: "span", open, children: [{ html }] };
}
