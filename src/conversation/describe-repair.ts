import type { LooseBlock } from "../changes/loose-block.ts";

/** What a person asks for when they have a malformed block repaired. Pure. */
export function describeRepair(block: LooseBlock): string {
  const fields = Object.entries(block.fields).map(([name, text]) => `${name}:\n${text}`);
  return [
    "Please write this edit again as one well-formed change block; the one in your answer was broken" +
      (block.code ? ` (${block.code.replaceAll("_", " ")}).` : "."),
    ...fields,
  ].join("\n\n");
}
