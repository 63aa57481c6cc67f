/** What an expression of PromQL names: as much of the language as our own expressions use. */

export interface Named {
  metric: string;
  /** In its selector. */
  labels: string[];
  /** The function that is asked of it alone; empty for none. */
  inside: string;
}

const METRIC = /\b(?:redline|process|nodejs)_\w+|\bup\b/g;
const LABEL = /(\w+)\s*(?:=~|!~|!=|=)\s*"/g;

/** The metrics of an expression with the labels that select them. */
export function metricsIn(expression: string): Named[] {
  return [...expression.matchAll(METRIC)].map((match) => {
    const rest = expression.slice(match.index + match[0].length);
    const selector = /^\{([^}]*)\}/.exec(rest)?.[1] ?? "";
    const inside = /(\w+)\($/.exec(expression.slice(0, match.index))?.[1] ?? "";
    const labels = [...selector.matchAll(LABEL)].map(([, name]) => name!);
    return { metric: match[0], labels, inside };
  });
}

/** The labels that an expression groups by. */
export function groupsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
    list!.split(",").map((name) => name.trim()),
  );
}
