/**
 * What Discord's text says to people: its escapes decoded, its mentions as names.
 * Source: Discord's API reference, "Message Formatting". Pure.
 */
import { takeQuotes } from "../../src/chat/quotes.ts";

/** What is called how, by id. */
export interface Names {
  users: ReadonlyMap<string, string>;
  roles: ReadonlyMap<string, string>;
  channels: ReadonlyMap<string, string>;
}

/** Ids that mean Redline: the bot's, and those of its own roles. */
export interface Own {
  id: string;
  roles: readonly string[];
}

/** An escape, code (in which nothing else counts), or a reference. */
const TOKEN =
  /\\([!-/:-@[-`{-~])|(```[\s\S]+?```|``(?:[^`]|`(?!`))+``|`[^`\n]+`)|<(@[!&]?|#)(\d+)>|<a?(:\w+:)\d+>|<t:(-?\d{1,12})(?::[a-zA-Z])?>|<(\/[^:<>\n]+):\d+>|<(https?:\/\/[^\s<>]+)>/g;

/** Who is not among the names keeps the mention as Discord writes it. */
export function decodeText(raw: string, names: Names): string {
  return raw.replaceAll(TOKEN, (whole, ...groups: (string | undefined)[]) => {
    const [escaped, code, sigil, id, emoji, time, command, url] = groups;
    if (code !== undefined) return code;
    if (id !== undefined) return decodeMention(whole, sigil ?? "", id, names);
    if (time !== undefined) return decodeTime(Number(time)) ?? whole;
    return escaped ?? emoji ?? command ?? url ?? whole;
  });
}

function decodeMention(whole: string, sigil: string, id: string, names: Names): string {
  const [sign, known] =
    sigil === "#"
      ? ["#", names.channels.get(id)]
      : ["@", (sigil === "@&" ? names.roles : names.users).get(id)];
  return known === undefined ? whole : `${sign}${known}`;
}

function decodeTime(seconds: number): string | null {
  const time = new Date(seconds * 1_000);
  if (Number.isNaN(time.getTime())) return null;
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Ids of the people, roles and channels that a text names, in order, each once; code is no mention. */
export function referencesIn(raw: string): {
  users: string[];
  roles: string[];
  channels: string[];
} {
  const found = { users: new Set<string>(), roles: new Set<string>(), channels: new Set<string>() };
  for (const [, , , sigil, id] of raw.matchAll(TOKEN)) {
    if (id === undefined) continue;
    found[sigil === "#" ? "channels" : sigil === "@&" ? "roles" : "users"].add(id);
  }
  return {
    users: [...found.users],
    roles: [...found.roles],
    channels: [...found.channels],
  };
}

/** What a quoted line begins with; from `>>> ` on all is quoted. */
const QUOTED = /[ \t]*>(>> )?[ \t]?/y;

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
export function readText(raw: string, own: Own): ReadText {
  const whole = withoutOwn(raw.trimStart(), own);
  const { quote, rest } = takeQuotes(whole, QUOTED);
  const body = withoutOwn(rest, own).trim();
  const named = referencesIn(raw);
  return {
    quote,
    body,
    whole: whole.trim(),
    addressed: named.users.includes(own.id) || named.roles.some((role) => own.roles.includes(role)),
    addressesOther: /^(?:<@[!&]?\d+>|@(?:everyone|here)\b)/.test(body),
  };
}

/** Without mentions of Redline at the beginning. */
function withoutOwn(text: string, { id, roles }: Own): string {
  const mention = /^\s*<@(!?|&)(\d+)>[\s:,]*/.exec(text);
  if (!mention) return text;
  const [whole, sigil, named = ""] = mention;
  const isOwn = sigil === "&" ? roles.includes(named) : named === id;
  return isOwn ? withoutOwn(text.slice(whole.length), { id, roles }) : text;
}
