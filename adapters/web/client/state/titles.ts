/** The titles of documents, for pages that know a document by its slug only. */
import { api } from "../api.ts";
import { useLoad } from "./load.ts";

const known = new Map<string, string>();

export function learnTitles(rfcs: readonly { slug: string; title: string }[]): void {
  for (const { slug, title } of rfcs) known.set(slug, title);
}

/** Null until it is known; the slug where there is no such document. */
export function useTitle(slug: string): string | null {
  const asked = useLoad(slug, async () => {
    if (!known.has(slug) && slug !== "") learnTitles(await api.rfcs());
    return known.get(slug) ?? slug;
  });
  return known.get(slug) ?? asked.value;
}
