/** Commands about the whole RFC, or about the thread that they are given in. */
export type Scope = "rfc" | "thread";

/** Reads such a command; `meant` is what it is about without a word. */
export function parseScope<K extends string>(
  kind: K,
  meant: Scope,
): (given: { words: readonly string[] }) => { kind: K; scope: Scope } | null {
  return ({ words }) => {
    if (words.length > 1) return null;
    const scope = words[0]?.toLowerCase() ?? meant;
    return scope === "rfc" || scope === "thread" ? { kind, scope } : null;
  };
}
