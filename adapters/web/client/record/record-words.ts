/** The record in words. Pure. */
import type { RecordMarkJson } from "../../views/people-view.ts";

const CAUSES: Record<RecordMarkJson["cause"], string> = {
  merged: "The pull request was merged",
  closed: "The pull request was closed",
  export: "It was asked for",
};

export function causeWords({ cause, made_by: by }: RecordMarkJson): string {
  return cause === "export" && by !== null ? `${by} asked for it` : CAUSES[cause];
}

/** Characters after which a part ends at the next blank line. */
const LONG_PART = 3000;

/**
 * The transcript in parts that can be shown one after the other: before each heading, and at a blank line
 * where that would be long; never inside fenced code.
 */
export function transcriptParts(markdown: string): string[] {
  const parts: string[][] = [[]];
  let fence: string | null = null;
  let length = 0;
  for (const line of markdown.split("\n")) {
    const ends = /^#{1,6} /.test(line) || (line.trim() === "" && length > LONG_PART);
    if (fence === null && ends) {
      parts.push([]);
      length = 0;
    }
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/s.exec(line);
    if (mark?.[1] !== undefined) fence = nextFence(fence, mark[1], mark[2] ?? "");
    parts.at(-1)!.push(line);
    length += line.length + 1;
  }
  return parts.map((lines) => lines.join("\n")).filter((part) => part.trim() !== "");
}

/** A fence is closed by one of its own kind, as long or longer, with nothing after it. */
function nextFence(open: string | null, mark: string, rest: string): string | null {
  if (open === null) return mark;
  const closes = mark[0] === open[0] && mark.length >= open.length && rest.trim() === "";
  return closes ? null : open;
}
