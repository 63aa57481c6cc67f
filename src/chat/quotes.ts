/** Lines of a message that quote, told apart from what its writer says. Pure. */

const FENCE = "```";

/**
 * Takes out the lines that are quoted, wherever they stand outside of fenced code; `quote` joins them, and is
 * null where they say nothing.
 * @param mark what a quoted line begins with, as a sticky expression; with its first group all that follows is
 *   quoted
 */
export function takeQuotes(text: string, mark: RegExp): { quote: string | null; rest: string } {
  const quoted: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at <= text.length; at += 1) {
    mark.lastIndex = at;
    const marked = mark.exec(text);
    const from = at + (marked?.[0].length ?? 0);
    if (!marked) at = endOfSaid(text, from);
    else at = marked[1] === undefined ? endOfLine(text, from) : text.length;
    (marked ? quoted : rest).push(text.slice(from, at));
  }
  return { quote: quoted.join("\n").trim() || null, rest: rest.join("\n") };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** The end of a line, and of the code that begins in it; a fence that is never closed is none. */
function endOfSaid(text: string, from: number): number {
  for (let at = from; ;) {
    const end = endOfLine(text, at);
    const opens = text.slice(at, end).indexOf(FENCE);
    const closes = opens < 0 ? -1 : text.indexOf(FENCE, at + opens + FENCE.length);
    if (closes < 0) return end;
    at = closes + FENCE.length;
  }
}
