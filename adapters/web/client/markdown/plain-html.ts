/**
 * The first step of `sanitize.ts`, on the text itself: only tags and attributes that are let through are
 * still there when a browser first parses it. A parser applies the page's policy to every style and script
 * that it meets, also in a document that nobody will ever see, and reports each one that it refuses. Pure.
 */

const OPEN = /<([a-z][a-z0-9]*)(?=[\s/>])/iy;
const CLOSE = /<\/([a-z][a-z0-9]*)(?![a-z0-9])[^>]*>/iy;
/** One attribute as the HTML standard reads it, with whatever stands in front of it. */
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/y;
const TAG_END = /[\s/]*>/y;
const HIDDEN = /<(?:!--(?:[^]*?--!?>|[^]*$)|[!?/][^>]*(?:>|$))/y;

/** Elements that go with what is in them: it is no text. */
const WITH_CONTENT = new Set(
  "audio head iframe math noembed noframes noscript object script style svg template title video".split(
    " ",
  ),
);

/**
 * The HTML with the tags and attributes alone that the sets name, in lower case; what is no tag is escaped.
 * Values are as written. Whether they are harmless is not looked at.
 */
export function plainHtml(
  html: string,
  tags: ReadonlySet<string>,
  attributes: ReadonlySet<string>,
): string {
  let out = "";
  let at = 0;
  for (;;) {
    const next = html.indexOf("<", at);
    if (next < 0) return out + html.slice(at);
    out += html.slice(at, next);
    const piece = readPiece(html, next, tags, attributes);
    out += piece.html;
    at = piece.end;
  }
}

interface Piece {
  html: string;
  /** Where it ends in what was read. */
  end: number;
}

function readPiece(
  html: string,
  at: number,
  tags: ReadonlySet<string>,
  attributes: ReadonlySet<string>,
): Piece {
  const name = match(OPEN, html, at)?.[1]?.toLowerCase();
  if (name !== undefined) {
    const tag = readAttributes(html, at + 1 + name.length, attributes);
    // Never closed: a browser would drop all that follows, and looking again from the next one on would take
    // a hostile text's length squared.
    if (!tag) return { html: html.slice(at).replaceAll("<", "&lt;"), end: html.length };
    if (WITH_CONTENT.has(name)) return { html: "", end: endOf(name, html, tag.end) };
    return { html: tags.has(name) ? `<${name}${tag.html}>` : "", end: tag.end };
  }
  const close = match(CLOSE, html, at);
  if (close) {
    const closed = close[1]!.toLowerCase();
    return { html: tags.has(closed) ? `</${closed}>` : "", end: at + close[0].length };
  }
  const hidden = match(HIDDEN, html, at);
  return hidden ? { html: "", end: at + hidden[0].length } : { html: "&lt;", end: at + 1 };
}

/** The attributes from `at` on that are let through, and where their tag ends; null where it never does. */
function readAttributes(html: string, at: number, attributes: ReadonlySet<string>): Piece | null {
  let kept = "";
  let end = at;
  for (;;) {
    const close = match(TAG_END, html, end);
    if (close) return { html: kept, end: end + close[0].length };
    const found = match(ATTRIBUTE, html, end);
    if (!found) return null;
    const [all, name = "", double, single, bare] = found;
    const value = double ?? single ?? bare ?? "";
    const known = name.toLowerCase();
    if (attributes.has(known)) kept += ` ${known}="${value.replaceAll('"', "&quot;")}"`;
    end += all.length;
  }
}

/** Behind the element's closing tag; where there is none, everything belongs to it. */
function endOf(name: string, html: string, from: number): number {
  const close = new RegExp(`</${name}(?=[\\s/>])[^>]*>`, "ig");
  close.lastIndex = from;
  return close.exec(html) ? close.lastIndex : html.length;
}

function match(pattern: RegExp, html: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(html);
}
