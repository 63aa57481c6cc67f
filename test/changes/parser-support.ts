/** What the tests of the parser share. */
import {
  ChangeParser,
  mergeEvents,
  type ParserEvent,
  type ParserLimits,
  type StreamEnd,
} from "../../src/changes/parser.ts";

export const NONCE = "7f3a";
export const OPEN = `<change k="${NONCE}">`;
/** Three whole fields. */
export const FIELDS = "<original>a</original><proposed>b</proposed><reason>c</reason>";
export const GOOD = `${OPEN}${FIELDS}</change>`;
/** What `GOOD` and its like without a mark hold. */
export const ABC = { original: "a", proposed: "b", reason: "c" };

export type EventOf<T extends ParserEvent["type"]> = Extract<ParserEvent, { type: T }>;

export interface Parsed {
  events: ParserEvent[];
  /** All of the prose. */
  text: string;
  changes: EventOf<"change">[];
  malformed: EventOf<"malformed">[];
  quoted: EventOf<"quoted">[];
}

export interface ParseSettings {
  nonce?: string | undefined;
  how?: StreamEnd;
  limits?: Partial<ParserLimits>;
}

/** Parses deltas; with the nonce `NONCE` unless told otherwise. */
export function parseDeltas(deltas: readonly string[], settings: ParseSettings = {}): Parsed {
  const raw: ParserEvent[] = [];
  const nonce = "nonce" in settings ? settings.nonce : NONCE;
  const parser = new ChangeParser({
    nonce,
    limits: settings.limits ?? {},
    emit: (event) => raw.push(event),
  });
  for (const delta of deltas) parser.write(delta);
  parser.end(settings.how ?? "complete");
  const events = mergeEvents(raw);
  const of = <T extends ParserEvent["type"]>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> => event.type === type);
  return {
    events,
    text: of("text")
      .map((event) => event.text)
      .join(""),
    changes: of("change"),
    malformed: of("malformed"),
    quoted: of("quoted"),
  };
}

export const parse = (reply: string, settings: ParseSettings = {}): Parsed =>
  parseDeltas([reply], settings);

/** Cuts a text into pieces of one UTF-16 unit. */
export const units = (text: string): string[] =>
  Array.from({ length: text.length }, (_, i) => text.charAt(i));
