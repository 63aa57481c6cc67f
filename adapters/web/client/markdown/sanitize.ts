/**
 * The one way by which text of documents, answers and people becomes HTML. What comes out holds no scripts,
 * forms, styles, classes, ids or ARIA attributes: nothing by which a document could look like a redline, a
 * card or a part of the console. Nothing in it loads by itself: images become links. Of data attributes two
 * are let through or written here, which say no more than what they are on: the language of a code block
 * (`data-code`) and a link to an image (`data-image`).
 */
import DOMPurify from "dompurify";
import { plainHtml } from "./plain-html.ts";

const TAGS = [
  ..."a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em".split(
    " ",
  ),
  ..."figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s".split(
    " ",
  ),
  ..."samp small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr".split(
    " ",
  ),
];
const ATTRIBUTES = ["href", "src", "alt", "title", "align", "colspan", "rowspan", "start", "open"];

/** Attributes whose value is not held against `ADDRESS`. */
const NO_ADDRESSES = ["align", "colspan", "rowspan", "start"];

/** Links to relative addresses would lead into the console, where there is nothing: they lose their target. */
const ADDRESS = /^(?:https?:\/\/|mailto:|#)/i;

/** What `marked` writes for the language of a fence. */
const LANGUAGE = /^language-([a-z0-9][a-z0-9+#_.-]{0,20})$/i;

const KNOWN_TAGS: ReadonlySet<string> = new Set(TAGS);
/** The class of code says its language, and is gone afterwards. */
const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([...ATTRIBUTES, "class"]);

let purifier: typeof DOMPurify | null = null;

export function sanitize(html: string): string {
  purifier ??= createPurifier();
  return purifier.sanitize(plainHtml(html, KNOWN_TAGS, KNOWN_ATTRIBUTES), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOWED_URI_REGEXP: ADDRESS,
    ADD_URI_SAFE_ATTR: NO_ADDRESSES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

function createPurifier(): typeof DOMPurify {
  const instance = DOMPurify(window);
  instance.addHook("uponSanitizeAttribute", (node, data) => {
    if (data.attrName === "data-image") data.forceKeepAttr = true;
    if (data.attrName !== "class" || node.nodeName !== "CODE") return;
    const language = LANGUAGE.exec(data.attrValue.split(" ", 1)[0] ?? "")?.[1];
    if (language !== undefined) node.setAttribute("data-code", language.toLowerCase());
  });
  instance.addHook("afterSanitizeAttributes", (node) => {
    if (node.nodeName === "IMG") return imageLink(node);
    if (node.nodeName !== "A") return;
    const target = node.getAttribute("href");
    if (target === null || target.startsWith("#")) return;
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  });
  return instance;
}

/**
 * An image's place: its words, which lead to it. To load it would tell another host who reads what, and
 * when.
 */
function imageLink(image: Element): void {
  const source = image.getAttribute("src") ?? "";
  const alt = image.getAttribute("alt")?.trim() ?? "";
  const link = image.ownerDocument.createElement(image.closest("a") ? "span" : "a");
  link.setAttribute("data-image", "");
  link.textContent = alt === "" ? "image" : alt;
  if (link.nodeName === "A" && /^https?:/i.test(source)) {
    link.setAttribute("href", source);
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  if (source !== "") link.setAttribute("title", source);
  image.replaceWith(link);
}
