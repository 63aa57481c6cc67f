/** What people wrote, to stand in the middle of a sentence of Redline's own: it cannot begin a new one. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
