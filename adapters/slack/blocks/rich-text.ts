/** Rich text: words that Slack shows as they are, struck, bold or in a box. */
import { isWebAddress, literal } from "./block.ts";
import type { Block } from "./block.ts";

interface Style {
  bold?: true;
  italic?: true;
  strike?: true;
  underline?: true;
}

/** Null for no text: Slack takes no empty element. */
export function words(text: string, style?: Style): Block | null {
  const shown = literal(text);
  return shown === "" ? null : { type: "text", text: shown, ...(style && { style }) };
}

export function richLink(text: string, url: string): Block | null {
  return isWebAddress(url) ? { type: "link", url, text } : words(text);
}

type Part = Block | null;

const holder =
  (type: string) =>
  (...parts: readonly Part[]): Block | null => {
    const elements = parts.filter((part) => part !== null);
    return elements.length > 0 ? { type, elements } : null;
  };

export const line = holder("rich_text_section");
export const quoted = holder("rich_text_quote");
export const boxed = holder("rich_text_preformatted");
export const richText = holder("rich_text");
