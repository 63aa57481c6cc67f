/**
 * Block Kit's parts that Redline uses. `literal` and `mrkdwn` are the two ways in for texts of people and the
 * model: nothing in them is read as a mention or as markup.
 */
import { excerptLine } from "../../../src/one-line.ts";
import { neutraliseSlackMarkdown, neutraliseSlackText } from "../../../src/rendering/neutralise.ts";

export interface Block extends Readonly<Record<string, unknown>> {
  type: string;
}

/** What one message is shown as: its blocks, and the text of notifications and of clients without blocks. */
export interface Rendered {
  blocks: readonly Block[];
  text: string;
}

/** Slack's bounds, in characters. Source: docs.slack.dev, the reference of each block. */
export const LIMITS = {
  section: 3_000,
  context: 2_000,
  header: 150,
  button: 75,
  option: 75,
  url: 3_000,
  markdown: 12_000,
  /** Of a fallback text: what `chat.update` takes. */
  text: 4_000,
} as const;

/** Cut to `most` characters, with a mark where something was left out; for labels alone. */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text;
}

/** Text that a field takes word for word. */
export const literal = (text: string): string => neutraliseSlackMarkdown(text);

/** Text of others inside of mrkdwn: neither entities nor formatting. */
function escaped(text: string): string {
  // A joiner beside the marks keeps them from pairing up.
  return neutraliseSlackText(text).replace(/[*_~`]/gu, "$&\u2060");
}

/** On one line, at most `most` characters of it, and twice that with its escapes. */
export function escapedLine(text: string, most: number): string {
  const line = escaped(excerptLine(text, most));
  return line.length <= 2 * most ? line : escaped(excerptLine(text, Math.floor(most / 3)));
}

/** The beginning of a text that is, as `literal`, at most `most` characters long. */
export function beginning(text: string, most: number): string {
  const cut = text.slice(0, most).toWellFormed();
  // What is broken up is three characters at least, and grows by one.
  return literal(cut).length <= most
    ? cut
    : text.slice(0, Math.floor((most * 3) / 4)).toWellFormed();
}

/** Slack takes no empty text: a dash stands for it. */
export function plain(text: string, most = Infinity): Block {
  const shown = shortened(literal(text), most);
  return { type: "plain_text", text: shown.trim() === "" ? "–" : shown, emoji: false };
}

/** The label of a menu's option. */
export function optionText(label: string): Block {
  return plain(excerptLine(label, LIMITS.option), LIMITS.option);
}

/** `text` is mrkdwn; what is not Redline's own in it was `escaped`. */
function mrkdwn(text: string): Block {
  return { type: "mrkdwn", text, verbatim: true };
}

export function section(text: string, accessory?: Block): Block {
  return { type: "section", text: mrkdwn(text), ...(accessory && { accessory }) };
}

export function context(texts: readonly string[]): Block {
  return { type: "context", elements: texts.map(mrkdwn) };
}

export function header(text: string): Block {
  return { type: "header", text: plain(text, LIMITS.header) };
}

export interface ButtonOptions {
  label: string;
  actionId: string;
  value: string;
  style?: "primary" | "danger";
  /** What is read out, where the label alone does not tell. */
  readOut?: string;
}

export function button({ label, actionId, value, style, readOut }: ButtonOptions): Block {
  return {
    type: "button",
    text: plain(label, LIMITS.button),
    action_id: actionId,
    value,
    ...(style && { style }),
    ...(readOut !== undefined && {
      accessibility_label: shortened(literal(readOut), LIMITS.button),
    }),
  };
}

/** Null where the address is none that Slack takes. */
export function linkButton(label: string, actionId: string, url: string): Block | null {
  if (!isWebAddress(url)) return null;
  return { type: "button", text: plain(label), action_id: actionId, url };
}

export function actions(elements: readonly Block[]): Block {
  return { type: "actions", elements };
}

/** Longer addresses would leave no room for words. */
const MOST_LINK = 800;

/** In mrkdwn; the bare text where there is no usable address. */
export function link(url: string | null, text: string): string {
  if (url === null || url.length > MOST_LINK || !isWebAddress(url)) return escaped(text);
  const address = url.replace(/[<>|\s]/gu, encodeURIComponent);
  return `<${neutraliseSlackText(address)}|${escaped(text).replaceAll("|", "¦")}>`;
}

export function isWebAddress(url: string): boolean {
  return url.length <= LIMITS.url && /^https?:\/\/[^\s<>|]+$/u.test(url);
}
