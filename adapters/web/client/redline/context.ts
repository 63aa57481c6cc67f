/** What stands around a passage. Pure. */

/** Up to `reach` characters on each side: whole words, within the paragraph, marked where they are cut. */
export function contextAround(
  body: string,
  { start, end }: { start: number; end: number },
  reach: number,
): { before: string; after: string } {
  const lead = body.slice(Math.max(0, start - reach), start);
  const paragraph = lead.split(/\n[ \t]*\r?\n/).at(-1) ?? "";
  const cutLead = paragraph.length === reach && start > reach;
  const tail = body.slice(end, end + reach);
  const rest = tail.split(/\n[ \t]*\r?\n/)[0] ?? "";
  const cutTail = rest.length === reach && end + reach < body.length;
  return {
    before: cutLead ? `…${paragraph.slice(paragraph.indexOf(" ") + 1)}` : paragraph.trimStart(),
    after: cutTail ? `${rest.slice(0, rest.lastIndexOf(" ") + 1)}…` : rest.trimEnd(),
  };
}
