import { findOverlaps } from "../../../../src/changes/overlap.ts";
import type { ChangeJson } from "../../views/change-view.ts";

/** By the list of changes that they are about: every card asks, one look at the list answers all. */
const known = new WeakMap<readonly ChangeJson[], Map<string, string[]>>();

/** Which other pending changes a change gets in the way of, and what that means. */
export function overlapSentences(change: ChangeJson, all: readonly ChangeJson[]): string[] {
  let sentences = known.get(all);
  if (!sentences) known.set(all, (sentences = allSentences(all)));
  return sentences.get(change.id) ?? [];
}

function allSentences(all: readonly ChangeJson[]): Map<string, string[]> {
  const numbers = new Map(all.map((one) => [one.id, one.number]));
  const sentences = new Map<string, string[]>();
  for (const placed of placedByVersion(all).values()) {
    for (const { ids, kind } of findOverlaps(placed)) {
      for (const id of ids) {
        const others = ids.filter((one) => one !== id).map((one) => `#${numbers.get(one)}`);
        const sentence = overlapSentence(kind, others.join(", "));
        sentences.set(id, [...(sentences.get(id) ?? []), sentence]);
      }
    }
  }
  return sentences;
}

type Placed = Parameters<typeof findOverlaps>[0][number];

/** Pending changes with their passages, apart for each version of the document that these are about. */
function placedByVersion(all: readonly ChangeJson[]): Map<string, Placed[]> {
  const versions = new Map<string, Placed[]>();
  for (const { id, state, drift, passage, base_blob_sha: version } of all) {
    if (state !== "pending" || drift === "stale" || !passage) continue;
    const placed = versions.get(version) ?? [];
    placed.push({ id, passage });
    versions.set(version, placed);
  }
  return versions;
}

function overlapSentence(kind: "exclusive" | "same_insertion_point", others: string): string {
  return kind === "exclusive"
    ? `Edits the same text as ${others}: once one is accepted, the others need another look.`
    : `Inserts at the same place as ${others}: the order in which they are accepted decides how they read.`;
}
