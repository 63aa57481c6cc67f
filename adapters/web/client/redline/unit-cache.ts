/**
 * What the units of a document show, rendered once. A unit is rendered again only when its own text or its
 * own edits are others: a change that comes costs its own paragraph, whatever the length of the document.
 */
import { renderMarkdown, type Links } from "../markdown/markdown.ts";
import { sanitize } from "../markdown/sanitize.ts";
import type { Edit } from "./composite.ts";
import { layOutUnit, type Segment, type ThreadPlace, type Unit } from "./layout.ts";

export class UnitCache {
  readonly #links: Links;
  readonly #segments = new Map<string, readonly Segment[]>();

  constructor(links: Links) {
    this.#links = links;
  }

  has(unit: Unit): boolean {
    return this.#segments.has(contentKey(unit));
  }

  segments(unit: Unit): readonly Segment[] {
    const key = contentKey(unit);
    let segments = this.#segments.get(key);
    if (!segments) {
      segments = layOutUnit(unit, this.#links, (source) =>
        sanitize(renderMarkdown(source, this.#links)),
      );
      this.#segments.set(key, segments);
    }
    return segments;
  }
}

function contentKey(unit: Unit): string {
  const { edits, overlapping, threads = [], source } = unit;
  if (edits.length + overlapping.length + threads.length === 0) return source;
  const relative = (some: readonly Edit[]) =>
    some.map(({ changeId, number, start, end, replacement }) => [
      changeId,
      number,
      start - unit.start,
      end - unit.start,
      replacement,
    ]);
  const places = threads.map(({ threadId, start, end }) => [
    threadId,
    start - unit.start,
    end - unit.start,
  ]);
  return `${JSON.stringify([relative(edits), relative(overlapping), places])}\n${source}`;
}

/** `after` with the objects of `before` where nothing is different, so that nothing is drawn again. */
export function keepUnits(before: readonly Unit[], after: readonly Unit[]): Unit[] {
  const known = new Map(before.map((unit) => [unit.key, unit]));
  return after.map((unit) => {
    const same = known.get(unit.key);
    return same && isSame(same, unit) ? same : unit;
  });
}

function isSame(a: Unit, b: Unit): boolean {
  return (
    a.start === b.start &&
    a.end === b.end &&
    a.source === b.source &&
    sameEdits(a.edits, b.edits) &&
    sameEdits(a.overlapping, b.overlapping) &&
    sameThreads(a.threads ?? [], b.threads ?? [])
  );
}

function sameEdits(a: readonly Edit[], b: readonly Edit[]): boolean {
  return (
    a.length === b.length &&
    a.every((edit, index) => {
      const other = b[index]!;
      return (
        edit.changeId === other.changeId &&
        edit.start === other.start &&
        edit.end === other.end &&
        edit.replacement === other.replacement
      );
    })
  );
}

function sameThreads(a: readonly ThreadPlace[], b: readonly ThreadPlace[]): boolean {
  return (
    a.length === b.length &&
    a.every((place, index) => {
      const { threadId, letter, title, start, end } = b[index]!;
      return (
        place.threadId === threadId &&
        place.letter === letter &&
        place.title === title &&
        place.start === start &&
        place.end === end
      );
    })
  );
}
