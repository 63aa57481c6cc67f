import type { Passage } from "./placement.ts";

/** A pending change's passage on one version of the document. */
export interface PlacedItem {
  id: string;
  passage: Passage;
}

/**
 * `exclusive`: the passages intersect, so accepting one means looking at the others again.
 * `same_insertion_point`: all can be accepted, and the order in which they are decides how they read.
 */
export interface OverlapGroup {
  /** In document order, two at least. */
  ids: string[];
  kind: "exclusive" | "same_insertion_point";
}

/**
 * Groups of changes that get in each other's way, in document order. Passages that only touch do not
 * intersect; an insertion point intersects a passage that it lies strictly inside of. Members of an
 * exclusive group are connected, each need not meet every other one. Takes n log n.
 */
export function findOverlaps(items: readonly PlacedItem[]): OverlapGroup[] {
  const sorted = items.toSorted(
    (a, b) => a.passage.start - b.passage.start || a.passage.end - b.passage.end,
  );
  return [...exclusiveGroups(sorted), ...insertionGroups(sorted)]
    .sort((a, b) => a.start - b.start)
    .map(({ ids, kind }) => ({ ids, kind }));
}

interface Sweep extends OverlapGroup {
  start: number;
}

function exclusiveGroups(sorted: readonly PlacedItem[]): Sweep[] {
  const groups: Sweep[] = [];
  let ids: string[] = [];
  let start = 0;
  let end = -1;
  for (const { id, passage } of sorted) {
    // Equal starts sort an insertion point first, so it never lies inside what follows at its own start.
    if (ids.length > 0 && passage.start < end) {
      ids.push(id);
      end = Math.max(end, passage.end);
      continue;
    }
    if (passage.start === passage.end) continue;
    if (ids.length > 1) groups.push({ ids, kind: "exclusive", start });
    ids = [id];
    ({ start, end } = passage);
  }
  if (ids.length > 1) groups.push({ ids, kind: "exclusive", start });
  return groups;
}

function insertionGroups(sorted: readonly PlacedItem[]): Sweep[] {
  const points = new Map<number, string[]>();
  for (const { id, passage } of sorted) {
    if (passage.start < passage.end) continue;
    const ids = points.get(passage.start);
    if (ids === undefined) points.set(passage.start, [id]);
    else ids.push(id);
  }
  return [...points]
    .filter(([, ids]) => ids.length > 1)
    .map(([start, ids]) => ({ ids, kind: "same_insertion_point" as const, start }));
}
