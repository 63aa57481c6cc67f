/** Headings and code fences of a Markdown document, as far as placing changes needs them. */

/** One line of a document without its line break. */
export interface Line {
  start: number;
  /** Where the text ends and the line break begins. */
  end: number;
  text: string;
}

export interface Heading {
  start: number;
  level: number;
  title: string;
}

export interface Outline {
  headings: Heading[];
  /** For each line, whether it belongs to a fenced code block, its fences included. */
  fenced: boolean[];
}

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const ATX = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
/** A line that cannot be a heading's text above an underline: list item, quote, table, rule. */
const NO_TITLE = /^\s*(?:[-*+>|]|\d{1,9}[.)]\s|$)/;

export function outline(lines: readonly Line[]): Outline {
  const headings: Heading[] = [];
  const fenced: boolean[] = [];
  let fence: string | null = null;
  let previous: Line | null = null;
  const first = frontMatterLines(lines);
  for (const [number, line] of lines.entries()) {
    if (number < first) {
      fenced.push(false);
      continue;
    }
    const text = line.start === 0 ? line.text.replace(/^\uFEFF/, "") : line.text;
    const marker = FENCE.exec(text);
    if (fence !== null) {
      fenced.push(true);
      if (marker !== null && closes(marker, fence)) fence = null;
      previous = null;
      continue;
    }
    if (marker !== null && !(marker[1]!.startsWith("`") && marker[2]!.includes("`"))) {
      fence = marker[1]!;
      fenced.push(true);
      previous = null;
      continue;
    }
    fenced.push(false);
    const heading = headingOf(text, line, previous);
    if (heading !== null) headings.push(heading);
    previous = heading === null ? line : null;
  }
  return { headings, fenced };
}

/** Lines of YAML front matter at the beginning: as Markdown it would be a rule and a heading. */
function frontMatterLines(lines: readonly Line[]): number {
  const isRule = (line: Line | undefined): boolean => /^\uFEFF?---[ \t]*$/.test(line?.text ?? "");
  if (!isRule(lines[0]) || !lines[1]?.text.includes(":")) return 0;
  for (let number = 1; number < lines.length; number += 1) {
    if (isRule(lines[number])) return number + 1;
    if (lines[number]!.text.trim() === "") return 0;
  }
  return 0;
}

function closes(marker: RegExpExecArray, fence: string): boolean {
  return marker[1]!.startsWith(fence) && marker[2]!.trim() === "";
}

function headingOf(text: string, line: Line, previous: Line | null): Heading | null {
  const atx = ATX.exec(text);
  if (atx !== null)
    return { start: line.start, level: atx[1]!.length, title: (atx[2] ?? "").trim() };
  const underline = UNDERLINE.exec(text);
  if (underline === null || previous === null || NO_TITLE.test(previous.text)) return null;
  return {
    start: previous.start,
    level: underline[1]!.startsWith("=") ? 1 : 2,
    title: previous.text.trim(),
  };
}
