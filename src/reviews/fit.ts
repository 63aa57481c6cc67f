/** Keeping within a length without cutting anything silently. Pure. */
import { LINE_BREAK, sanitiseMarkdown } from "./sanitise.ts";

/** What a comment on GitHub may have; counted there in code points, here in UTF-16 units, which are no fewer. */
export const MAX_BODY = 65_536;

/**
 * The text made harmless. Where that is longer than `room`, it ends with a line (or, in a very long one, with
 * a word), and `rest` stands below in place of what is left out.
 */
export function fitMarkdown(text: string, room: number, rest: string): string {
  const whole = sanitiseMarkdown(text);
  if (whole.length <= room) return whole;
  const left = room - rest.length - 2;
  const lines = text.split(LINE_BREAK);
  const count = mostThatFit(
    lines.length,
    (n) => sanitiseMarkdown(lines.slice(0, n).join("\n")).length <= left,
  );
  let kept = sanitiseMarkdown(lines.slice(0, count).join("\n"));
  if (kept === "") {
    const line = lines[count] ?? "";
    const length = mostThatFit(
      line.length,
      (n) => sanitiseMarkdown(line.slice(0, n)).length <= left,
    );
    const word = line.slice(0, length).replace(/(?<=\s)\S{0,100}$/, "");
    kept = sanitiseMarkdown(word.replace(/[\uD800-\uDBFF]$/, ""));
  }
  return kept === "" ? rest : `${kept}\n\n${rest}`;
}

/** As many items as there is room for, then `rest(left out)`; `separator` stands between all of them. */
export function fitItems(
  items: readonly string[],
  separator: string,
  room: number,
  rest: (leftOut: number) => string,
): string {
  const shown = (n: number): string =>
    [...items.slice(0, n), ...(n < items.length ? [rest(items.length - n)] : [])].join(separator);
  if (shown(items.length).length <= room) return shown(items.length);
  return shown(mostThatFit(items.length, (n) => shown(n).length <= room));
}

/** The largest number up to `limit` that fits, as far as halving finds it; 0 where none does. */
export function mostThatFit(limit: number, fits: (n: number) => boolean): number {
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
