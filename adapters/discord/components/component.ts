/**
 * The parts of Discord's messages ("Components V2") that Redline uses. Their Markdown is Redline's own; texts of
 * people and the model come in through `escaped`, `inline` and `code`.
 */
import type { RawFile } from "discord.js";

import { excerptLine, oneLine } from "../../../src/one-line.ts";
import { escapeDiscord, literalDiscord } from "../../../src/rendering/neutralise.ts";
import { customId } from "../custom-id.ts";

export interface Component extends Readonly<Record<string, unknown>> {
  type: number;
}

/** What one message is shown as. */
export interface Rendered {
  content?: string;
  components?: readonly Component[];
  files: readonly RawFile[];
}

const TYPE = {
  row: 1,
  button: 2,
  menu: 3,
  text: 10,
  file: 13,
  container: 17,
};

const STYLE = { primary: 1, secondary: 2, success: 3, danger: 4, link: 5 };

/** Discord's bounds, in characters. Source: Discord's API reference, "Component Reference". */
export const LIMITS = {
  /** Of a message without components. */
  content: 2_000,
  /** Of all text displays of a message together. */
  texts: 4_000,
  components: 40,
  button: 80,
  buttonUrl: 512,
  placeholder: 150,
  options: 25,
  option: 100,
} as const;

/** On one line, nothing in it markup, at most `most` characters with its escapes, and a mark of a cut. */
export function escaped(text: string, most: number): string {
  for (let length = most; ; length = Math.floor(length * 0.8)) {
    const line = escapeDiscord(excerptLine(text, length));
    if (line.length <= most + 1) return line;
  }
}

/** For labels, where Discord knows no markup. */
export function label(text: string, most: number): string {
  const line = literalDiscord(oneLine(text));
  const shown = line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line;
  return shown.trim() === "" ? "–" : shown;
}

/** A block of code, which takes every line as it is. */
export function code(language: string, text: string): string {
  return `\`\`\`${language}\n${literalDiscord(text)}\n\`\`\``;
}

/** The beginning of a text that is, as code, at most `most` characters long, preferably whole lines. */
export function beginning(text: string, most: number): string {
  if (literalDiscord(text).length <= most) return text;
  let shown = text.slice(0, most);
  while (literalDiscord(shown).length > most)
    shown = shown.slice(0, Math.floor(shown.length * 0.8));
  const line = shown.lastIndexOf("\n");
  return (line > shown.length / 2 ? shown.slice(0, line) : shown).toWellFormed();
}

export function textDisplay(content: string): Component {
  return { type: TYPE.text, content };
}

/** @param color such as 0x3fb950 */
export function container(color: number, components: readonly Component[]): Component {
  return { type: TYPE.container, accent_color: color, components };
}

export function row(components: readonly Component[]): Component | null {
  return components.length > 0 ? { type: TYPE.row, components } : null;
}

export interface ButtonOptions {
  label: string;
  action: string;
  ref: string;
  choice?: number;
  style?: "primary" | "secondary" | "success" | "danger";
}

export function button({ label: words, action, ref, choice, style }: ButtonOptions): Component {
  return {
    type: TYPE.button,
    style: STYLE[style ?? "secondary"],
    label: label(words, LIMITS.button),
    custom_id: customId(action, ref, choice ?? null),
  };
}

/** Null where the address is none that Discord takes. */
export function linkButton(words: string, url: string): Component | null {
  if (!isWebAddress(url) || url.length > LIMITS.buttonUrl) return null;
  return { type: TYPE.button, style: STYLE.link, label: label(words, LIMITS.button), url };
}

export interface MenuOption {
  label: string;
  description: string;
}

/** A menu to choose one of several, by their number. */
export function menu(
  action: string,
  ref: string,
  placeholder: string,
  options: readonly MenuOption[],
): Component {
  return {
    type: TYPE.menu,
    custom_id: customId(action, ref),
    placeholder: label(placeholder, LIMITS.placeholder),
    options: options.slice(0, LIMITS.options).map((option, index) => ({
      label: label(option.label, LIMITS.option),
      description: label(option.description, LIMITS.option),
      value: String(index),
    })),
  };
}

/** Shows a file that is sent with the message. */
export function attached(name: string): Component {
  return { type: TYPE.file, file: { url: `attachment://${name}` } };
}

/** Longer addresses would leave no room for words. */
const MOST_LINK = 300;

/** Words with an address behind them; the words alone where it is no usable one. */
export function link(url: string | null, words: string): string {
  if (url === null || url.length > MOST_LINK || !isWebAddress(url)) return escaped(words, 200);
  const address = url.replace(/[()<>[\]\\|*_~`]/gu, percent);
  return `[${escaped(words, 200)}](<${address}>)`;
}

const percent = (mark: string): string =>
  `%${mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^\s<>]+$/u.test(url) && URL.canParse(url);
}

/** How many components there are, nested ones too. */
export function countOf(components: readonly Component[]): number {
  return components.reduce((count, { components: inner }) => {
    return count + 1 + (Array.isArray(inner) ? countOf(inner as Component[]) : 0);
  }, 0);
}
