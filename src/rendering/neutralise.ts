/**
 * Text of people and of the model in a chat message: it pings nobody and forges nothing. Applied to all that is
 * shown of a segment, its opening and closing too.
 *
 * What would ping is broken by a word joiner, which no platform shows. An entity (`&lt;`) would stand as such
 * in code, where Markdown knows none; the joiner reads right in code too, and is put nowhere but into what would
 * ping, so that any other code can be copied unchanged.
 *
 * For Slack, what is given for whole words at the beginning of a text begins what is given for the text.
 */

import { withoutInvisible } from "./invisible.ts";

const JOINER = "\u2060";

/** The joiner stands before the last letter, so that the beginning of the word is the same without it. */
const GROUP = /(@(?:her|channe|everyon))([el])/gi;

/** What Slack reads as a control sequence. */
const SLACK_CONTROL = /<(?=[@#][A-Z\d]|!(?:here|channel|everyone|group|subteam|date))/gi;

/** An address under other words, in Slack's own form; with a blank it is none, and reads as it stands. */
const SLACK_LINK = /(<(?:https?|mailto):[^\s<>|]+)\|/gi;

/** For `markdown_text` and the `markdown` block. */
export function neutraliseSlackMarkdown(text: string): string {
  return withoutGroups(text).replace(SLACK_CONTROL, `<${JOINER}`).replace(SLACK_LINK, "$1 |");
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** For plain text and mrkdwn fields, where Slack replaces entities everywhere, in code too. */
export function neutraliseSlackText(text: string): string {
  return withoutGroups(text).replace(/[&<>]/g, (mark) => ENTITIES[mark] ?? mark);
}

/**
 * What Discord reads as a mention, also of a channel, a command or a part of the server; a moment in the reader's
 * time; an emoji or sound of some server. All of them show something else than what stands there.
 */
const DISCORD_ENTITY = /<(?=@[!&]?\d|#\d|id:|\/[^<>\n]{1,100}:\d|t:-?\d|a?:\w+:\d|sound:)/g;

/** What can forge small print or hide text, outside of code and of what a backslash takes its meaning. */
const DISCORD_FORMAT = /\](?=\()|\|(?=\|)|-(?=#)/.source;
/** Code that is code to Discord, too: a block at a line's start that ends, or words within one line. */
const DISCORD_CODE = /(?<![^\n])[ \t]*```[^]*?```|(?<!`)(`{1,2})(?!`)[^`\n]+\1(?!`)|\\[^\sA-Za-z\d]/
  .source;
/** A link: its words, its address, its title. */
const DISCORD_LINK =
  /!?\[((?:[^[\]\\\n]|\\.|\[[^[\]\n]*\]){1,500})\]\(<?((?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:[ \t]+["']([^"'\n]*)["'])?\)/
    .source;
const DISCORD_LINKS = new RegExp(`${DISCORD_CODE}|${DISCORD_LINK}`, "g");
const DISCORD_FORMATS = new RegExp(`${DISCORD_CODE}|${DISCORD_FORMAT}`, "g");

/**
 * For the content of a message on Discord. Links show their address, as their words may promise another one;
 * what only may be a link is broken. That needs the whole link, so this is for messages that are edited rather
 * than appended to. Spoilers and small print, which the model does not write, show as they are typed.
 */
export function neutraliseDiscord(text: string): string {
  return withoutGroups(text)
    .replace(DISCORD_LINKS, (whole, _code, words?: string, address?: string, title?: string) => {
      if (words === undefined || address === undefined) return whole;
      return `${words} (<${address}>${title ? ` ${title}` : ""})`;
    })
    .replace(DISCORD_FORMATS, (whole) => (whole.length === 1 ? whole + JOINER : whole))
    .replace(DISCORD_ENTITY, `<${JOINER}`);
}

/** Addresses stand as they are: a backslash would become a part of them. */
const DISCORD_MARKS =
  /https?:\/\/[\w\-./?=&%#:+,;@!$]+|[\\*_~`|[\]<]|(?<=^|\n)[ \t]*(?:[>#+-]|\d+[.)])/gu;

/**
 * Text of others between Redline's own words on Discord, where nothing in it is markup: it reads as it was
 * typed. At most twice as long.
 */
export function escapeDiscord(text: string): string {
  const escaped = withoutGroups(text).replace(DISCORD_MARKS, (mark) =>
    mark.startsWith("http") ? mark : `${mark.slice(0, -1)}\\${mark.slice(-1)}`,
  );
  return escaped.replace(DISCORD_ENTITY, `<${JOINER}`);
}

/** What stands in a block of code on Discord, which three backticks end wherever they are. */
export function literalDiscord(text: string): string {
  return withoutGroups(text)
    .replace(/`(?=`)/g, `\`${JOINER}`)
    .replace(DISCORD_ENTITY, `<${JOINER}`);
}

/** One line of others' text in Redline's own Markdown: it makes no link with words, and begins no block of code. */
export function inertLine(text: string): string {
  return text
    .replace(/\](?=[([])/g, `]${JOINER}`)
    .replace(/<(?=[a-z])/gi, `<${JOINER}`)
    .replace(/`(?=``)/g, `\`${JOINER}`);
}

function withoutGroups(text: string): string {
  return withoutInvisible(text).replace(GROUP, `$1${JOINER}$2`);
}
