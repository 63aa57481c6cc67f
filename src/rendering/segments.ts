/**
 * A long answer in Markdown as a row of messages ("segments"), each of them whole by itself and within what
 * the platform takes. Pure, and the same on every call: what is decided for the beginning of a text stays
 * decided when more of it arrives.
 *
 * All offsets are UTF-16 offsets in the answer's own text; only they need to be kept. What is shown is what
 * `openSegment`, `segmentBody` and `closeSegment` give, one after the other. It is not yet harmless: put it
 * through a function of `neutralise.ts`, and let the budget measure what comes out of that.
 *
 * While a segment is written to an append-only stream: send `openSegment(text, from) + segmentBody(text, from,
 * appendable(…))` (made harmless) as far as it is longer than what was sent, never before `appendable` is
 * greater than `from`: until then the opening may still change. At its end send the rest of `renderSegment`.
 */

import { knownEnd, wordBegin, wordEnd } from "./held-back.ts";
import type { SegmentBudget } from "./segment-fill.ts";
import { beforeCut, cutAt } from "./segment-fill.ts";
import type { Scan } from "./segment-frame.ts";
import { body, bodyEnd, bodyStart, closing, lineAt, opening, scan } from "./segment-frame.ts";

export type { SegmentBudget } from "./segment-fill.ts";

/** A part of the text. Segments follow each other without a gap. */
export interface Segment {
  from: number;
  to: number;
}

export interface Arrival {
  /** Nothing will be appended to the text any more. */
  final: boolean;
}

/** What a reader sees of the range: the opening, the body and the closing. Empty for blank text. */
export function renderSegment(text: string, { from, to }: Segment): string {
  const parsed = scan(text);
  const start = bodyStart(parsed, from);
  const end = bodyEnd(parsed, from, to);
  if (start >= end) return "";
  return opening(parsed, start) + body(parsed, start, end) + closing(parsed, end, to);
}

/**
 * What stands before the body so that it goes on where the segment before was cut: open list items (their
 * marker and `…`), block quotes, the head of a table, a code fence, bold text and the like. Depends on the text
 * before `from` and on the beginning of the first line behind it.
 */
export function openSegment(text: string, from: number): string {
  const parsed = scan(text);
  const start = bodyStart(parsed, from);
  return start >= text.length ? "" : opening(parsed, start);
}

/**
 * The text of the range as it is shown: without blanks at its beginning and end (except in code), without the
 * end of a fence whose code the segment before showed, and with what only seems to be a fence kept from
 * becoming one.
 */
export function segmentBody(text: string, from: number, to: number): string {
  const parsed = scan(text);
  return body(parsed, bodyStart(parsed, from), bodyEnd(parsed, from, to));
}

/** What ends at `to` what is open there: a code fence, a table row, bold text and the like. */
export function closeSegment(text: string, from: number, to: number): string {
  const parsed = scan(text);
  const end = bodyEnd(parsed, from, to);
  return bodyStart(parsed, from) >= end ? "" : closing(parsed, end, to);
}

/**
 * Where the segment that begins at `from` must end; null while all from there still fits, with what closing
 * adds. Once it is a number, it is the same number for every longer text, finished or not. The cut is at the
 * best place in the last fifth of the budget.
 */
export function cutSegment(text: string, from: number, budget: SegmentBudget): number | null {
  return cutFrom(scan(text), from, budget);
}

function cutFrom(parsed: Scan, from: number, budget: SegmentBudget): number | null {
  const start = bodyStart(parsed, from);
  return start >= parsed.text.length ? null : cutAt(parsed, start, budget);
}

/**
 * Where to end the segment at once, for instance because its stream has become too old: behind the last whole
 * line that arrived, else the last whole word. `from` if there is none, and so nothing to be shown yet. Look at
 * `cutSegment` first.
 *
 * @param sent up to where the text was appended already; the cut is not before it
 */
export function cutNow(text: string, from: number, sent = from): number {
  const parsed = scan(text);
  const known = knownEnd(parsed);
  const start = bodyStart(parsed, from);
  const isPlace = (at: number): boolean => at >= sent && at > start;
  const line = lineAt(parsed, known);
  const place = [line.from, wordBegin(text, known)].find(isPlace);
  return place ?? Math.max(from, sent);
}

/** A finished text; none for a blank one. */
export function cutAll(text: string, budget: SegmentBudget): Segment[] {
  const parsed = scan(text);
  const segments: Segment[] = [];
  for (let from = 0; bodyStart(parsed, from) < text.length;) {
    const to = cutFrom(parsed, from, budget) ?? text.length;
    segments.push({ from, to });
    from = to;
  }
  const last = segments.at(-1);
  if (last) last.to = text.length;
  return segments;
}

/**
 * Up to where the text may be appended now to a stream that nothing can be taken back from; never less than for
 * a shorter text, never beyond the cut to come. Ends with whole words, and holds back what more text could turn
 * into something else: the beginning of a fence, a table or a link.
 */
export function appendable(
  text: string,
  from: number,
  budget: SegmentBudget,
  { final }: Arrival,
): number {
  const parsed = scan(text);
  const start = bodyStart(parsed, from);
  if (start >= text.length) return from;
  const cut = cutAt(parsed, start, budget);
  if (cut !== null) return Math.max(from, bodyEnd(parsed, from, cut));
  if (final) return Math.max(from, bodyEnd(parsed, from, text.length));
  const end = wordEnd(parsed, beforeCut(parsed, start, knownEnd(parsed), budget));
  return end > start ? end : from;
}

/** The segment so far, for a message that is edited as text arrives: looks whole at every moment. */
export function previewSegment(text: string, from: number): string {
  const known = knownEnd(scan(text));
  return known <= from ? "" : renderSegment(text.slice(0, known), { from, to: known });
}
