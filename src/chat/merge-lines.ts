/** What holds a merge, in the lines of its card. Pure. */
import type { MergeCard } from "./card.ts";

/** How a platform writes texts of people, and addresses; and the most that it is to show. */
export interface LineWords {
  escaped(text: string, most: number): string;
  link(url: string, text: string): string;
  /** Lines, numbers of changes, and characters of a concern and of a name. */
  most: { lines: number; numbers: number; concern: number; name: number };
}

const MORE = "see them all";

export function concernLines({ concerns, url }: MergeCard, words: LineWords): string[] {
  const { escaped, link, most } = words;
  const shown = concerns
    .slice(0, most.lines)
    .map(({ number, text, author }) =>
      text === null
        ? `#${number}: raised elsewhere`
        : `#${number}: ${escaped(text, most.concern)} (${escaped(author ?? "", most.name)})`,
    );
  const rest = concerns.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more: ${link(url, MORE)}`] : shown;
}

export function pendingLines({ pendingChanges, url }: MergeCard, words: LineWords): string[] {
  if (pendingChanges.length === 0) return [];
  const shown = pendingChanges.slice(0, words.most.numbers).map((number) => `#${number}`);
  const rest = pendingChanges.length - shown.length;
  const more = rest > 0 ? ` and ${rest} more: ${words.link(url, MORE)}` : "";
  return [`Changes ${shown.join(", ")}${more}`];
}
