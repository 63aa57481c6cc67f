/**
 * The edit requests that the offline editor understands, anywhere in a message, as many as there are:
 *
 *     replace|change|rename … with|by|to|into|as|→ …        [everywhere]
 *     delete|remove … [, … and …]
 *     insert|add … after|before|below|above …       insert|add after|before …: …
 *
 * An operand is quoted ("…", “…”, '…', «…», `…`, a fenced block), or "this" for the quoted passage, or bare
 * words. Pure.
 */
import { AT_END, bareReadings, matchesAt, readBare, readQuoted, readThis } from "./operands.ts";

/** `quote` is the passage quoted with the message. Of several texts the first that the document has counts. */
export type Target = "quote" | { texts: readonly string[] };

export type Edit =
  | { kind: "replace"; target: Target; by: string; tail: string }
  | { kind: "delete"; target: Target }
  | { kind: "insert"; text: string; side: "after" | "before"; at: Target };

export interface EditRequest {
  /** The request in the person's words. */
  said: string;
  /** More than one where bare words can be taken apart in several ways. */
  readings: Edit[];
}

/** More in one message are not looked for, nor acted upon. */
const MOST_COMMANDS = 200;
export const MOST_REQUESTS = 100;

/** Readings of one bare request. */
const MOST_READINGS = 20;

const VERB = /\b(replace|change|rename|delete|remove|insert|add)\b/gi;

/** What may stand directly before a request. */
const LEAD_IN =
  /(?:^|[.;:,!?)\]>”"’'»`–—]|\n[ \t]*(?:[-*•]|\d+[.)])?|\b(?:please|kindly|and|then|also|now|just|should|must|could|can|let['’]?s|let us|(?:can|could|would|will) you|(?:want|like|need|have) to|redline))$/i;

interface Command {
  verb: string;
  /** Where the verb begins, and where it ends. */
  at: number;
  end: number;
}

/** In their order; at most `MOST_REQUESTS`. */
export function parseRequests(text: string): EditRequest[] {
  const commands = findCommands(text);
  const requests: EditRequest[] = [];
  let done = 0;
  for (const [index, command] of commands.entries()) {
    if (command.at < done) continue;
    const limit: Limit = (at) =>
      commands.slice(index + 1).find((next) => next.at > at)?.at ?? text.length;
    for (const parsed of parseCommand(text, command, limit)) {
      done = Math.max(done, parsed.end);
      const said = text.slice(command.at, parsed.end).replace(/\s+/g, " ").trim();
      requests.push({ said, readings: parsed.readings });
      if (requests.length === MOST_REQUESTS) return requests;
    }
  }
  return requests;
}

function findCommands(text: string): Command[] {
  const commands: Command[] = [];
  for (const match of text.matchAll(VERB)) {
    const before = text.slice(Math.max(0, match.index - 40), match.index);
    const start = match.index <= 40 && before.trim() === "";
    if (!start && !LEAD_IN.test(before.replace(/[^\S\n]+$/, ""))) continue;
    const end = match.index + match[0].length;
    commands.push({ verb: match[0].toLowerCase(), at: match.index, end });
    if (commands.length === MOST_COMMANDS) break;
  }
  return commands;
}

/** Where bare words from an offset end at the latest: at the next request. */
type Limit = (at: number) => number;

interface Parsed {
  readings: Edit[];
  end: number;
}

function parseCommand(text: string, { verb, end }: Command, limit: Limit): Parsed[] {
  switch (verb) {
    case "delete":
    case "remove":
      return parseDeletion(text, end, limit);
    case "insert":
    case "add":
      return oneOrNone(parseInsertion(text, end, limit, verb === "insert"));
    default:
      return oneOrNone(parseReplacement(text, end, limit, verb));
  }
}

const oneOrNone = (parsed: Parsed | null): Parsed[] => (parsed === null ? [] : [parsed]);

/** What parts a quoted or "this" operand from the new text. */
const CONNECTOR: Record<string, RegExp> = {
  replace: /\s{0,20}(?:(?:with|by|to|into)\b|→|->|=>)/iy,
  change: /\s{0,20}(?:(?:to|into|with|by)\b|→|->|=>)/iy,
  rename: /\s{0,20}(?:(?:to|into|as)\b|→|->|=>)/iy,
};

/** Between bare words fewer will do, or they would be parted where they belong together. */
const BARE_CONNECTOR: Record<string, RegExp> = {
  replace: /\s(?:with|by)\s|→|->|=>/gi,
  change: /\s(?:to|into)\s|→|->|=>/gi,
  rename: /\s(?:to|into|as)\s|→|->|=>/gi,
};

function parseReplacement(text: string, at: number, limit: Limit, verb: string): Parsed | null {
  const connector = CONNECTOR[verb] ?? AT_END;
  const quoted = readQuoted(text, at, connector);
  const end = quoted?.end ?? readThis(text, at, connector);
  if (end === null) return parseBareReplacement(text, at, limit, verb);
  const skipped = matchesAt(connector, text, end)?.[0].length ?? 0;
  const value = readValue(text, end + skipped, limit, quoted === null);
  if (value === null) return null;
  const target: Target = quoted === null ? "quote" : { texts: [quoted.text] };
  return {
    readings: [{ kind: "replace", target, by: value.text, tail: value.tail }],
    end: value.end,
  };
}

function parseBareReplacement(text: string, at: number, limit: Limit, verb: string): Parsed | null {
  const line = lineFrom(text, at, limit(at));
  const readings: Edit[] = [];
  let end = at;
  for (const match of line.matchAll(BARE_CONNECTOR[verb] ?? /$^/g)) {
    const texts = bareReadings(line.slice(0, match.index));
    const value = readValue(text, at + match.index + match[0].length, limit, false);
    if (texts.length === 0 || value === null) continue;
    readings.push({ kind: "replace", target: { texts }, by: value.text, tail: value.tail });
    end = value.end;
    if (readings.length === MOST_READINGS) break;
  }
  return readings.length > 0 ? { readings, end } : null;
}

const NOTHING = /\s{0,20}(?:nothing|an empty string)(?=[\s.,;!]|$)/iy;

/** The new text: quoted, "nothing", or bare. */
function readValue(text: string, at: number, limit: Limit, wholeLine: boolean) {
  const colon = matchesAt(/\s{0,20}:\s{0,20}/y, text, at)?.[0].length ?? 0;
  const start = at + colon;
  const quoted = readQuoted(text, start, AT_END);
  if (quoted !== null) return { text: quoted.text, tail: "", end: quoted.end };
  const nothing = matchesAt(NOTHING, text, start);
  if (nothing !== null) return { text: "", tail: "", end: start + nothing[0].length };
  return readBare(text, start, limit(start), wholeLine);
}

const NEXT_IN_LIST = /\s{0,20}(?:,|,?\s{1,20}and\b)(?=\s{1,20}["“„«»‘‚'`])/iy;

function parseDeletion(text: string, at: number, limit: Limit): Parsed[] {
  const thisEnd = readThis(text, at, AT_END);
  if (thisEnd !== null) {
    return [{ readings: [{ kind: "delete", target: "quote" }], end: thisEnd }];
  }
  const all: Parsed[] = [];
  for (let start = at; all.length < MOST_REQUESTS;) {
    const quoted = readQuoted(text, start, AT_END);
    if (quoted === null) break;
    const target: Target = { texts: [quoted.text] };
    all.push({ readings: [{ kind: "delete", target }], end: quoted.end });
    const comma = matchesAt(NEXT_IN_LIST, text, quoted.end);
    if (comma === null) break;
    start = quoted.end + comma[0].length;
  }
  if (all.length > 0) return all;
  const bare = readBare(text, at, limit(at), false);
  if (bare === null) return [];
  const texts = bareReadings(bare.text).flatMap((reading) => [reading + bare.tail, reading]);
  return [{ readings: [{ kind: "delete", target: { texts } }], end: bare.end }];
}

const SIDE =
  /\s{0,20},?\s{0,20}(?:(?:right|directly|immediately|just)\s{1,20})?(after|before|below|above)\b/iy;
const BARE_SIDE = /\s(?:(?:right|directly|immediately|just)\s+)?(after|before|below|above)\s/gi;

const sideOf = (word: string | undefined): "after" | "before" =>
  /after|below/i.test(word ?? "") ? "after" : "before";

function parseInsertion(
  text: string,
  at: number,
  limit: Limit,
  bareAllowed: boolean,
): Parsed | null {
  const first = matchesAt(SIDE, text, at);
  if (first !== null) return parseSideFirst(text, at + first[0].length, sideOf(first[1]));
  const quoted = readQuoted(text, at, SIDE);
  if (quoted === null) return bareAllowed ? parseBareInsertion(text, at, limit) : null;
  const side = matchesAt(SIDE, text, quoted.end);
  const anchor = readAnchor(text, quoted.end + (side?.[0].length ?? 0), limit);
  if (anchor === null) return null;
  const edit: Edit = {
    kind: "insert",
    text: quoted.text,
    side: sideOf(side?.[1]),
    at: anchor.target,
  };
  return { readings: [edit], end: anchor.end };
}

const VALUE_NEXT = /\s{0,20}[:,]?\s{0,20}(?:\w{1,20}\s{1,20}){0,3}["“„«»‘‚'`]/y;

/** insert after “x”: “y” */
function parseSideFirst(text: string, at: number, side: "after" | "before"): Parsed | null {
  const quoted = readQuoted(text, at, VALUE_NEXT);
  const end = quoted?.end ?? readThis(text, at, VALUE_NEXT);
  if (end === null) return null;
  const skipped = matchesAt(/\s{0,20}[:,]?/y, text, end)?.[0].length ?? 0;
  const value = readQuoted(text, end + skipped, AT_END);
  if (value === null) return null;
  const target: Target = quoted === null ? "quote" : { texts: [quoted.text] };
  return {
    readings: [{ kind: "insert", text: value.text, side, at: target }],
    end: value.end,
  };
}

function parseBareInsertion(text: string, at: number, limit: Limit): Parsed | null {
  const line = lineFrom(text, at, limit(at));
  const readings: Edit[] = [];
  let end = at;
  for (const match of line.matchAll(BARE_SIDE)) {
    const words = line.slice(0, match.index).trim();
    const anchor = readAnchor(text, at + match.index + match[0].length, limit);
    if (words === "" || anchor === null) continue;
    readings.push({ kind: "insert", text: words, side: sideOf(match[1]), at: anchor.target });
    end = anchor.end;
    if (readings.length === MOST_READINGS) break;
  }
  return readings.length > 0 ? { readings, end } : null;
}

function readAnchor(
  text: string,
  at: number,
  limit: Limit,
): { target: Target; end: number } | null {
  const thisEnd = readThis(text, at, AT_END);
  if (thisEnd !== null) return { target: "quote", end: thisEnd };
  const quoted = readQuoted(text, at, AT_END);
  if (quoted !== null) return { target: { texts: [quoted.text] }, end: quoted.end };
  const bare = readBare(text, at, limit(at), false);
  if (bare === null) return null;
  const texts = bareReadings(bare.text).flatMap((reading) => [reading + bare.tail, reading]);
  return { target: { texts }, end: bare.end };
}

const lineFrom = (text: string, at: number, limit: number): string =>
  /^[^\n]*/.exec(text.slice(at, limit))?.[0] ?? "";
