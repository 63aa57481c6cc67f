/** Colours for the code in rendered Markdown, also where redlines stand in it. Pure. */
import {
  decodeText,
  escapeHtml,
  isElement,
  parseHtml,
  writeHtml,
  type HtmlElement,
  type HtmlNode,
} from "./html-tree.ts";

/** A stretch of code and its kind; joined, the texts are the code. */
export interface CodeToken {
  text: string;
  kind: string | null;
}

/** Null for a language that is not known, or code that takes too long. */
export type Highlight = (language: string, code: string) => Promise<readonly CodeToken[] | null>;

const CODE = ' data-code="';

/** Whether there is code in a named language. */
export function hasCode(html: string): boolean {
  return html.includes(CODE);
}

/** The same HTML with its code coloured; null where there is nothing to colour. */
export async function highlightHtml(html: string, highlight: Highlight): Promise<string | null> {
  const tree = parseHtml(html);
  if (!tree) return null;
  const done = await Promise.all(codeElements(tree).map((code) => colour(code, highlight)));
  return done.includes(true) ? writeHtml(tree) : null;
}

function codeElements(nodes: readonly HtmlNode[]): HtmlElement[] {
  return nodes.flatMap((node) => {
    if (!isElement(node)) return [];
    return node.tag === "code" && hasCode(node.open) ? [node] : codeElements(node.children);
  });
}

async function colour(code: HtmlElement, highlight: Highlight): Promise<boolean> {
  const language = /\sdata-code="([^"]*)"/.exec(code.open)?.[1] ?? "";
  // As it is, and as it would be: each word gets the colour that it has in its own reading.
  const present = reading(code.children, "ins");
  const proposed = reading(code.children, "del");
  const same = present === proposed;
  const [old, fresh] = await Promise.all([
    highlight(language, present),
    same ? [] : highlight(language, proposed),
  ]);
  if (!old) return false;
  const oldColours = new Colours(old);
  const freshColours = new Colours(fresh ?? [{ text: proposed, kind: null }]);
  code.children = paint(code.children, (text, side) => {
    if (side === "ins") return freshColours.take(text.length);
    if (side === null && !same) freshColours.take(text.length);
    return oldColours.take(text.length);
  });
  return true;
}

type Side = "ins" | "del" | null;

function isFlag(node: HtmlElement): boolean {
  return node.tag === "button";
}

function sideOf(node: HtmlElement, around: Side): Side {
  return node.tag === "ins" || node.tag === "del" ? node.tag : around;
}

function reading(nodes: readonly HtmlNode[], without: "ins" | "del"): string {
  return nodes
    .map((node) => {
      if (!isElement(node)) return decodeText(node.html);
      return node.tag === without || isFlag(node) ? "" : reading(node.children, without);
    })
    .join("");
}

function paint(
  nodes: readonly HtmlNode[],
  take: (text: string, side: Side) => readonly CodeToken[],
  side: Side = null,
): HtmlNode[] {
  return nodes.flatMap((node): HtmlNode[] => {
    if (isElement(node)) {
      if (isFlag(node)) return [node];
      return [{ ...node, children: paint(node.children, take, sideOf(node, side)) }];
    }
    return take(decodeText(node.html), side).map(({ text, kind }) =>
      kind === null
        ? { html: escapeHtml(text) }
        : {
            tag: "span",
            open: `<span class="hl-${kind}">`,
            children: [{ html: escapeHtml(text) }],
          },
    );
  });
}

/** The tokens of one reading, handed out by length. */
class Colours {
  readonly #tokens: readonly CodeToken[];
  #index = 0;
  #used = 0;

  constructor(tokens: readonly CodeToken[]) {
    this.#tokens = tokens;
  }

  take(length: number): CodeToken[] {
    const taken: CodeToken[] = [];
    let left = length;
    while (left > 0) {
      const token = this.#tokens[this.#index];
      if (!token) break;
      const text = token.text.slice(this.#used, this.#used + left);
      if (text !== "") taken.push({ text, kind: token.kind });
      left -= text.length;
      this.#used += text.length;
      if (this.#used >= token.text.length) {
        this.#index += 1;
        this.#used = 0;
      }
    }
    return taken;
  }
}
