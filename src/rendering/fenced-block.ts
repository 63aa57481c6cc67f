/**
 * A fenced code block that nothing in its lines can end: its fence is longer than any run of backticks in
 * them, not only than those at a line's start.
 *
 * @param info what the block holds; letters, digits and dashes
 */
export function fencedBlock(info: string, lines: readonly string[]): string {
  const longest = lines
    .flatMap((line) => line.match(/`+/g) ?? [])
    .reduce((most, run) => Math.max(most, run.length), 2);
  const fence = "`".repeat(longest + 1);
  return [`${fence}${info}`, ...lines, fence].join("\n");
}
