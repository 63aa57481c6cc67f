/** Lines up to the next `---`, none of them blank, the first with a key; the byte order mark may stand before. */
const FRONT_MATTER =
  /^\uFEFF?---[ \t]*\r?\n(?=[^\n]*:)((?:(?!---[ \t]*(?:\r?\n|$))(?=[^\S\n]*\S)[^\n]*\n)+)---[ \t]*(?:\r?\n|$)/;

/**
 * YAML front matter at the beginning of a document: as Markdown it would be a rule and a heading. `raw` is all of
 * it, rules and the line break behind them included, `yaml` what is between the rules.
 */
export function readFrontMatter(text: string): { raw: string; yaml: string } | null {
  const match = FRONT_MATTER.exec(text);
  return match && { raw: match[0], yaml: match[1]! };
}
