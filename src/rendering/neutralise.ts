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

/** For `markdown_text` and the `markdown` block. */
export function neutraliseSlackMarkdown(text: string): string {
  return withoutGroups(text).replace(SLACK_CONTROL, `<${JOINER}`);
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** For plain text and mrkdwn fields, where Slack replaces entities everywhere, in code too. */
export function neutraliseSlackText(text: string): string {
  return withoutGroups(text).replace(/[&<>]/g, (mark) => ENTITIES[mark] ?? mark);
}

/** What Discord reads as a mention, also of a channel, a command or a part of the server. */
const DISCORD_MENTION = /<(?=@[!&]?\d|#\d|id:|\/[^<>\n]{1,100}:\d)/g;

/** Code, where links are none; or a link: its words, its address, its title. */
const DISCORD_LINK =
  /```[^]*?(?:```|$)|(?<!`)(`{1,2})(?!`)[^`]+\1(?!`)|!?\[((?:[^[\]\\\n]|\\.|\[[^[\]\n]*\]){1,500})\]\(<?((?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:[ \t]+["']([^"'\n]*)["'])?\)/g;

/**
 * For the content of a message on Discord. Links show their address, as their words may promise another one.
 * That needs the whole link, so this is for messages that are edited rather than appended to.
 */
export function neutraliseDiscord(text: string): string {
  return withoutGroups(text)
    .replace(DISCORD_LINK, (whole, _code, words?: string, address?: string, title?: string) => {
      if (words === undefined || address === undefined) return whole;
      return `${words} (<${address}>${title ? ` ${title}` : ""})`;
    })
    .replace(DISCORD_MENTION, `<${JOINER}`);
}

function withoutGroups(text: string): string {
  return withoutInvisible(text).replace(GROUP, `$1${JOINER}$2`);
}
