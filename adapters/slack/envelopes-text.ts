/**
 * What Slack's text says to people: its escapes decoded, its mentions as names.
 * Source: docs.slack.dev, "Formatting message text". Pure.
 */
import { takeQuotes } from "../../src/chat/quotes.ts";
import { list, record, text as textOf } from "../../src/json.ts";
import type { Json } from "../../src/json.ts";

/** A person that a text names, by Slack's id. */
const MENTION = /<@([A-Z0-9]+)(?:\|[^<>]*)?>/g;
const ESCAPES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** Ids of those who are mentioned, in order, each once. */
export function mentionsIn(text: string): string[] {
  return [...new Set([...text.matchAll(MENTION)].map((match) => match[1]!))];
}

/** @param names what people are called, by id; who is not in it keeps the mention as Slack writes it */
export function decodeText(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(/<([^<>\n]*)>|&(?:lt|gt|amp);/g, (whole, inner: string | undefined) =>
    inner === undefined ? ESCAPES[whole]! : decodeReference(inner, names),
  );
}

const unescape = (text: string): string =>
  text.replaceAll(/&(?:lt|gt|amp);/g, (escape) => ESCAPES[escape]!);

function decodeReference(inner: string, names: ReadonlyMap<string, string>): string {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : unescape(inner.slice(bar + 1));
  const rest = target.slice(1);
  switch (target[0]) {
    case "@": {
      const name = names.get(rest);
      return name === undefined ? `<@${rest}>` : `@${name}`;
    }
    case "#":
      return `#${label || rest}`;
    case "!":
      return decodeSpecial(rest, label);
    default:
      return decodeLink(unescape(target), label);
  }
}

/** `here`, `subteam^S1`, `date^1700000000^{date}`. */
function decodeSpecial(target: string, label: string): string {
  const [kind = "", id] = target.split("^");
  if (kind === "date") return label || target;
  if (label !== "") return kind === "subteam" && !label.startsWith("@") ? `@${label}` : label;
  return `@${id ?? kind}`;
}

/** As people typed it where Slack made the link, else as in Markdown. */
function decodeLink(url: string, label: string): string {
  if (label === "" || label === url) return url;
  const typed = [`http://${label}`, `https://${label}`, `mailto:${label}`, `tel:${label}`];
  return typed.some((one) => one === url || `${one}/` === url) ? label : `[${label}](${url})`;
}

/** The text of a message in Slack's own writing: where `text` is empty, out of its blocks and files. */
export function rawTextOf(message: Json): string {
  const plain = textOf(message["text"]);
  if (plain !== null) return plain;
  const blocks = list(message["blocks"]).map((block) => blockText(record(block), 0));
  const files = list(message["files"]).map((file) => {
    const name = textOf(record(file)["title"]) ?? textOf(record(file)["name"]);
    return `[${escape(name ?? "file")}]`;
  });
  return [...blocks, ...files].filter((part) => part !== "").join("\n");
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Nobody nests lists as deep as this. */
const DEEPEST = 20;

function blockText(block: Json, depth: number): string {
  if (depth > DEEPEST) return "";
  const parts = (separator: string): string =>
    list(block["elements"])
      .map((part) => blockText(record(part), depth + 1))
      .join(separator);
  const own = textOf(block["text"]) ?? "";
  switch (block["type"]) {
    case "rich_text":
      return parts("\n");
    case "rich_text_section":
      return parts("");
    case "rich_text_list":
      return list(block["elements"])
        .map((part) => `• ${blockText(record(part), depth + 1)}`)
        .join("\n");
    case "rich_text_quote":
      return parts("").replaceAll(/^/gm, "&gt; ");
    case "rich_text_preformatted":
      return `\`\`\`\n${parts("")}\n\`\`\``;
    case "text":
      return escape(own);
    case "link": {
      const url = escape(textOf(block["url"]) ?? "");
      return own === "" ? `<${url}>` : `<${url}|${escape(own)}>`;
    }
    case "user":
      return `<@${textOf(block["user_id"]) ?? ""}>`;
    case "channel":
      return `<#${textOf(block["channel_id"]) ?? ""}>`;
    case "usergroup":
      return `<!subteam^${textOf(block["usergroup_id"]) ?? ""}>`;
    case "broadcast":
      return `<!${textOf(block["range"]) ?? "here"}>`;
    case "date":
      return escape(textOf(block["fallback"]) ?? "");
    case "emoji":
      return `:${textOf(block["name"]) ?? ""}:`;
    case "section":
    case "header":
      return textOf(record(block["text"])["text"]) ?? "";
    case "markdown":
      return escape(own);
    default:
      return "";
  }
}

/** What a quoted line begins with; from `>>>` on all is quoted. */
const QUOTED = /[ \t]*(?:&gt;|>)((?:&gt;|>){2})?[ \t]?/y;

/** What a message's text is made of, its escapes kept. */
export interface ReadText {
  quote: string | null;
  body: string;
  /** Quoted lines and all. */
  whole: string;
  /** Whether Redline is mentioned anywhere. */
  addressed: boolean;
  /** Whether it begins with a mention of somebody, or of a group, other than Redline. */
  addressesOther: boolean;
}

/** Takes apart what a message is made of: mentions of Redline at its beginning, and quoted lines. */
export function readText(raw: string, botUserId: string): ReadText {
  const own = new RegExp(`^\\s*<@${botUserId}(?:\\|[^<>]*)?>[\\s:,]*`);
  const whole = raw.trimStart().replace(own, "");
  const { quote, rest } = takeQuotes(whole, QUOTED);
  const body = rest.replace(own, "").trim();
  return {
    quote,
    body,
    whole: whole.trim(),
    addressed: mentionsIn(raw).includes(botUserId),
    addressesOther:
      /^<(?:@[A-Z0-9]+|!(?:here|channel|everyone|subteam\^[A-Z0-9]+))(?:\|[^<>]*)?>/.test(body),
  };
}
