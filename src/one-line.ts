/** What people wrote, to stand in the middle of a sentence of Redline's own: it cannot begin a new one. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The same, cut to `most` UTF-16 units; who wants the rest is told where it is. */
export function excerptLine(text: string, most: number): string {
  const line = oneLine(text);
  return line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line;
}
