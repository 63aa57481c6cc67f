/**
 * The other forms of English words, for a search in an index of words as they are written. Identifiers, numbers
 * and words of other languages stay as they are, and so does what is asked for as a phrase or left out. Pure.
 */

/** A word of a query as Postgres writes it, with what binds it to a phrase or leaves it out. */
const LEXEME = /(!|<[-\d]+> )?'([^']*)'(?=( <)?)/g;
const PLAIN = /^[a-z]{3,40}$/;

/** The words that may stand in another form, of those that were typed by themselves. */
export function looseWords(words: readonly string[]): string[] {
  return words.filter((word) => PLAIN.test(word));
}

/** The query with every loose word in any of its forms; an open one ends with a word's beginning. */
export function widen(
  query: string,
  forms: ReadonlyMap<string, readonly string[]>,
  isOpen: boolean,
): string {
  return query.replace(
    LEXEME,
    (
      whole: string,
      before: string | undefined,
      word: string,
      after: string | undefined,
      at: number,
    ) => {
      const isLast = isOpen && at + whole.length === query.length;
      const typed = isLast ? `'${word}':*` : `'${word}'`;
      if (before !== undefined || after !== undefined) return `${before ?? ""}${typed}`;
      const others = (forms.get(word) ?? []).filter((form) => form !== word);
      if (others.length === 0) return typed;
      return `( ${[typed, ...others.map((form) => `'${form}'`)].join(" | ")} )`;
    },
  );
}

/** What may be another form of the word; most are no words at all. */
export function possibleForms(word: string): string[] {
  const roots = [word, ...ENDINGS.flatMap(([ending, ...stems]) => undo(word, ending, stems))];
  const forms = roots.filter((root) => root.length > 1).flatMap(inflect);
  return [...new Set([word, ...forms])];
}

/** An ending, and what stands in its place in the word itself. */
const ENDINGS: readonly (readonly [string, ...string[]])[] = [
  ["ies", "y"],
  ["es", "", "e"],
  ["s", ""],
  ["ied", "y"],
  ["ed", "", "e"],
  ["ing", "", "e"],
];

function undo(word: string, ending: string, stems: readonly string[]): string[] {
  if (!word.endsWith(ending)) return [];
  const rest = word.slice(0, -ending.length);
  const single = rest.replace(/([^aeiou])\1$/, "$1");
  return [...stems.map((stem) => rest + stem), single];
}

function inflect(root: string): string[] {
  const last = root.at(-1)!;
  const forms = [root, `${root}s`, `${root}es`, `${root}ed`, `${root}ing`];
  forms.push(`${root}${last}ed`, `${root}${last}ing`);
  if (last === "e") forms.push(`${root}d`, `${root.slice(0, -1)}ing`);
  if (last === "y") forms.push(`${root.slice(0, -1)}ies`, `${root.slice(0, -1)}ied`);
  return forms;
}
