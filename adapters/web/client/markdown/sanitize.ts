/**
 * The one way by which text of documents, answers and people becomes HTML. What comes out holds no scripts,
 * forms, styles, classes, ids, data or ARIA attributes: nothing by which a document could look like a
 * redline, a card or a part of the console.
 */
import DOMPurify from "dompurify";

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

/** Links to relative addresses would lead into the console, where there is nothing: they lose their target. */
const ADDRESS = /^(?:https?:\/\/|mailto:|#)/i;

let purifier: typeof DOMPurify | null = null;

export function sanitize(html: string): string {
  purifier ??= createPurifier();
  return purifier.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOWED_URI_REGEXP: ADDRESS,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

function createPurifier(): typeof DOMPurify {
  const instance = DOMPurify(window);
  instance.addHook("afterSanitizeAttributes", (node) => {
    if (node.nodeName === "IMG") {
      node.setAttribute("loading", "lazy");
      node.setAttribute("referrerpolicy", "no-referrer");
    }
    if (node.nodeName !== "A") return;
    const target = node.getAttribute("href");
    if (target === null || target.startsWith("#")) return;
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  });
  return instance;
}
