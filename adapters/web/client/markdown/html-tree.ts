/**
 * A small tree over HTML that a browser has serialised (`innerHTML`) or that `marked` has written: tags are
 * closed, attributes quoted, `<` in text escaped. Working on it instead of the DOM keeps placing redlines
 * pure.
 */

export type HtmlNode = HtmlElement | HtmlText;

export interface HtmlElement {
  tag: string;
  /** The opening tag as written. */
  open: string;
  children: HtmlNode[];
}

/** `html` is as written: character references are not decoded. */
export interface HtmlText {
  html: string;
}

const VOID = new Set(["br", "hr", "img", "wbr", "col", "input"]);
const TOKEN = /<(\/?)([a-z][a-z0-9]*)(?![a-z0-9])((?:[^"'>]|"[^"]*"|'[^']*')*)>|[^<]+|</gi;

export function isElement(node: HtmlNode): node is HtmlElement {
  return "tag" in node;
}

/** Null where the HTML is not as tidy as described above. */
export function parseHtml(html: string): HtmlNode[] | null {
  const root: HtmlNode[] = [];
  const stack: HtmlElement[] = [];
  let siblings = root;
  for (const [text, slash, name] of html.matchAll(TOKEN)) {
    const tag = name?.toLowerCase();
    if (tag === undefined) {
      siblings.push({ html: text });
    } else if (slash) {
      if (stack.pop()?.tag !== tag) return null;
      siblings = stack.at(-1)?.children ?? root;
    } else {
      const element: HtmlElement = { tag, open: text, children: [] };
      siblings.push(element);
      if (VOID.has(tag)) continue;
      stack.push(element);
      siblings = element.children;
    }
  }
  return stack.length === 0 ? root : null;
}

export function writeHtml(nodes: readonly HtmlNode[]): string {
  return nodes
    .map((node) => {
      if (!isElement(node)) return node.html;
      if (VOID.has(node.tag)) return node.open;
      return `${node.open}${writeHtml(node.children)}</${node.tag}>`;
    })
    .join("");
}

export function isVoid(tag: string): boolean {
  return VOID.has(tag);
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Only references that serialisers write; others do not occur in their output. */
export function decodeText(html: string): string {
  return html
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&nbsp;", "\u00a0")
    .replaceAll("&amp;", "&");
}

export function textOf(nodes: readonly HtmlNode[]): string {
  return nodes
    .map((node) => (isElement(node) ? textOf(node.children) : decodeText(node.html)))
    .join("");
}
