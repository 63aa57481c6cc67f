/**
 * Puts redlines into rendered Markdown, and only where that is true to both readings: with what is added
 * taken out the block must be the old one, with what is removed taken out the new one. Otherwise the answer
 * is null, and the change is shown beside the block. This also fails where the document itself holds mark
 * characters, be it as character references: here they are gone, in the plain readings they are not.
 */
import {
  escapeHtml,
  isElement,
  isVoid,
  parseHtml,
  writeHtml,
  type HtmlElement,
  type HtmlNode,
} from "../markdown/html-tree.ts";
import { PRIVATE_USE, readMark, type Edit, type Side } from "./composite.ts";

interface MarkElement extends HtmlElement {
  side: Side;
  index: number;
}

/** Rendered and sanitised: the composite, and the block before and after. */
export interface Readings {
  composite: string;
  before: string;
  after: string;
}

/** `tones` holds the class of each edit's colour, where there are several. */
export function placeMarks(
  readings: Readings,
  edits: readonly Edit[],
  tones: readonly string[] = [],
): string | null {
  const composite = parseHtml(readings.composite);
  const before = parseHtml(readings.before);
  const after = parseHtml(readings.after);
  if (!composite || !before || !after) return null;
  const marker = new Marker(edits, tones);
  const marked = marker.nodes(composite);
  if (!marker.complete()) return null;
  if (signature(project(marked, "removed").nodes) !== signature(before)) return null;
  if (signature(project(marked, "added").nodes) !== signature(after)) return null;
  return writeHtml(addFlags(marked, edits, tones));
}

function isMark(node: HtmlNode): node is MarkElement {
  return "side" in node;
}

/** Walks the composite in reading order; a mark that is open goes on through elements. */
class Marker {
  readonly #edits: readonly Edit[];
  readonly #tones: readonly string[];
  readonly #seen = new Set<number>();
  #open: { index: number; side: Side } | null = null;
  #sound = true;
  /** Whether what was read last is struck. */
  #afterRemoved = false;

  constructor(edits: readonly Edit[], tones: readonly string[]) {
    this.#edits = edits;
    this.#tones = tones;
  }

  /** Whether every edit shows somewhere and no mark was lost, e.g. in the target of a link. */
  complete(): boolean {
    return this.#sound && this.#open === null && this.#seen.size === this.#edits.length;
  }

  nodes(nodes: readonly HtmlNode[]): HtmlNode[] {
    return nodes.flatMap((node): HtmlNode[] => {
      if (!isElement(node)) return this.#text(node.html);
      if (PRIVATE_USE.test(node.open)) this.#sound = false;
      return [{ ...node, children: this.nodes(node.children) }];
    });
  }

  #text(html: string): HtmlNode[] {
    return html
      .split(/([\uE000-\uF8FF])/)
      .filter((piece) => piece !== "")
      .flatMap((piece): HtmlNode[] => {
        if (PRIVATE_USE.test(piece)) {
          this.#turn(piece);
          return [];
        }
        if (this.#open) return [this.#wrap(piece, this.#open)];
        this.#afterRemoved = false;
        return [{ html: piece }];
      });
  }

  #turn(char: string): void {
    const { index, side, opens } = readMark(char);
    const open = this.#open;
    if (opens ? open !== null : open?.index !== index || open.side !== side) this.#sound = false;
    this.#open = opens ? { index, side } : null;
  }

  #wrap(html: string, { index, side }: { index: number; side: Side }): MarkElement {
    this.#seen.add(index);
    const tag = side === "removed" ? "del" : "ins";
    const id = escapeHtml(this.#edits[index]?.changeId ?? "");
    const tone = this.#tones[index] ?? "";
    // Without a gap, 10 → 15 would read 1015; old and new may stand in elements of their own.
    const apart = side === "added" && this.#afterRemoved ? " redline-apart" : "";
    this.#afterRemoved = side === "removed";
    const open = `<${tag} class="redline redline-${side}${apart}${tone}" data-change="${id}">`;
    return { tag, open, children: [{ html }], side, index };
  }
}

/** One reading of the marked tree: the other side's text is dropped, and what that leaves empty. */
function project(nodes: readonly HtmlNode[], keep: Side): { nodes: HtmlNode[]; dropped: boolean } {
  let dropped = false;
  const kept = nodes.flatMap((node): HtmlNode[] => {
    if (!isElement(node)) return [node];
    if (isMark(node)) {
      if (node.side === keep) return node.children;
      dropped = true;
      return [];
    }
    const inner = project(node.children, keep);
    dropped ||= inner.dropped;
    // A cell may be empty; its row goes when all of it is.
    const prunable = inner.dropped && node.tag !== "td" && node.tag !== "th";
    if (prunable && !hasContent(inner.nodes)) return [];
    return [{ ...node, children: inner.nodes }];
  });
  return { nodes: kept, dropped };
}

function hasContent(nodes: readonly HtmlNode[]): boolean {
  return nodes.some((node) => {
    if (!isElement(node)) return node.html.trim() !== "";
    return (isVoid(node.tag) && node.tag !== "br") || hasContent(node.children);
  });
}

/** Structure and words, without white space and without the paragraphs that make a list loose. */
function signature(nodes: readonly HtmlNode[]): string {
  return writeHtml(tighten(nodes)).replace(/\s+/g, "");
}

function tighten(nodes: readonly HtmlNode[]): HtmlNode[] {
  return nodes.map((node) => {
    if (!isElement(node)) return node;
    const children = tighten(node.children);
    if (node.tag !== "li") return { ...node, children };
    return {
      ...node,
      children: children.flatMap((child) =>
        isElement(child) && child.tag === "p" ? child.children : [child],
      ),
    };
  });
}

/** Adds each change's number, as a button, behind its last mark. */
function addFlags(
  nodes: readonly HtmlNode[],
  edits: readonly Edit[],
  tones: readonly string[],
): HtmlNode[] {
  const last = new Map<number, MarkElement>();
  const find = (some: readonly HtmlNode[]): void => {
    for (const node of some) {
      if (!isElement(node)) continue;
      if (isMark(node)) last.set(node.index, node);
      else find(node.children);
    }
  };
  find(nodes);
  const add = (some: readonly HtmlNode[]): HtmlNode[] =>
    some.flatMap((node): HtmlNode[] => {
      if (!isElement(node)) return [node];
      if (!isMark(node)) return [{ ...node, children: add(node.children) }];
      const edit = edits[node.index];
      return edit && last.get(node.index) === node
        ? [node, { html: flagHtml(edit, tones[node.index] ?? "") }]
        : [node];
    });
  return add(nodes);
}

const TONES = 5;

/** Several changes in one place are told apart by colour as well as by number. */
export function toneClass(index: number, count: number): string {
  return count > 1 ? ` tone-${(index % TONES) + 1}` : "";
}

function flagHtml({ changeId, number }: Edit, tone: string): string {
  const label = `Change ${number}: show its card`;
  return `<button type="button" class="redline-flag${tone}" data-change="${escapeHtml(changeId)}" aria-label="${label}">${number}</button>`;
}
