/**
 * A document as its top-level Markdown blocks, each with its place in the source, so that a change touches
 * only the blocks that it is about.
 */
import type { Token, Tokens } from "marked";
import { lexBlocks, lexInline, type Links } from "./markdown.ts";

export interface Block {
  /** Stays the same while the block's text does, also when the document changes elsewhere. */
  key: string;
  /** Offsets in the document's own text, UTF-16 units; blocks follow each other without gaps. */
  start: number;
  end: number;
  /** The block's Markdown, line endings as `\n`. */
  raw: string;
  type: string;
  heading: { depth: number; text: string; slug: string } | null;
}

export interface DocumentBlocks {
  body: string;
  blocks: Block[];
  /** Link definitions of the whole document. */
  links: Links;
}

export function splitDocument(body: string): DocumentBlocks {
  const lines = normaliseLines(body);
  const tokens = lexBlocks(lines.text);
  const slugs = new Map<string, number>();
  const keys = new Map<string, number>();
  const blocks: Block[] = [];
  let at = 0;
  for (const token of tokens) {
    const start = findNext(lines.text, token.raw, at);
    const end = start + token.raw.length;
    blocks.push({
      key: numbered(keys, token.raw),
      start: lines.toSource(start),
      end: lines.toSource(end),
      raw: token.raw,
      type: token.type,
      heading: headingOf(token, slugs, tokens.links),
    });
    at = end;
  }
  return { body, blocks: coverAll(blocks, body), links: tokens.links };
}

/** The lexer drops blanks behind the last item of a list: the next block may begin after them. */
function findNext(text: string, raw: string, from: number): number {
  const found = text.indexOf(raw, from);
  return found >= 0 && text.slice(from, found).trim() === "" ? found : from;
}

/** What stands between blocks (a byte order mark, dropped blanks) goes to the block around it. */
function coverAll(blocks: Block[], body: string): Block[] {
  return blocks.map((block, index) => ({
    ...block,
    start: index === 0 ? 0 : block.start,
    end: blocks[index + 1]?.start ?? body.length,
  }));
}

function headingOf(token: Token, slugs: Map<string, number>, links: Links): Block["heading"] {
  if (token.type !== "heading") return null;
  const { depth, text: source } = token as Tokens.Heading;
  const text = plainText(lexInline(source, links));
  const slug = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
  const count = slugs.get(slug) ?? 0;
  slugs.set(slug, count + 1);
  return { depth, text, slug: count === 0 ? slug : `${slug}-${count}` };
}

function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === "html") return "";
      const inner = (token as Tokens.Generic).tokens;
      if (inner) return plainText(inner);
      return "text" in token ? String(token.text) : "";
    })
    .join("");
}

function numbered(seen: Map<string, number>, raw: string): string {
  const count = seen.get(raw) ?? 0;
  seen.set(raw, count + 1);
  return `${count}:${raw}`;
}

/** The text as the lexer wants it (no byte order mark, `\n` only) and the way back to source offsets. */
function normaliseLines(body: string): { text: string; toSource(offset: number): number } {
  const bom = body.startsWith("\uFEFF") ? 1 : 0;
  if (bom === 0 && !body.includes("\r")) return { text: body, toSource: (offset) => offset };
  // Offsets, in the normalised text, of the newlines that were `\r\n`.
  const pairs: number[] = [];
  const text = body.slice(bom).replace(/\r\n?/g, (ending, offset: number) => {
    if (ending === "\r\n") pairs.push(offset - pairs.length);
    return "\n";
  });
  return { text, toSource: (offset) => bom + offset + countBelow(pairs, offset) };
}

function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
