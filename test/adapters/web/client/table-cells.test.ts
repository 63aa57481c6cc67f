import { describe, expect, it } from "vitest";
import { splitDocument } from "../../../../adapters/web/client/markdown/document-blocks.ts";
import { renderMarkdown } from "../../../../adapters/web/client/markdown/markdown.ts";
import { layOutUnit, planUnits } from "../../../../adapters/web/client/redline/layout.ts";

const BODY = `| name | value | notes |
| --- | ---: | --- |
| alpha | 1 | the \`first\` |
| beta \\| pipe | 2 | the second |
`;

/** Redlines as ⟦removed⟧ and ⟪added⟫, cells apart by bars. */
function show(from: string, to: string): string {
  const document = splitDocument(BODY);
  const start = BODY.indexOf(from);
  const edit = { changeId: "c", number: 1, start, end: start + from.length, replacement: to };
  const [unit] = planUnits(document, [edit]);
  return layOutUnit(unit!, document.links, (source) => renderMarkdown(source))
    .map((segment) => (segment.kind === "text" ? segment.html : `{${segment.kind}}`))
    .join("")
    .replace(/<button.*?<\/button>/g, "")
    .replace(/<del[^>]*>(.*?)<\/del>/g, "⟦$1⟧")
    .replace(/<ins[^>]*>(.*?)<\/ins>/g, "⟪$1⟫")
    .replace(/<\/t[dh]>/g, "|")
    .replace(/<[^>]*>/g, "")
    .replace(/\n+/g, "");
}

describe("a redline over several cells of a table", () => {
  it("stands in the cells that change", () => {
    expect(show("alpha | 1", "omega | 10")).toContain("⟦alpha⟧⟪omega⟫|⟦1⟧⟪10⟫|the first|");
    const row = "| beta \\| pipe | 2 | the second |";
    expect(show(row, "| gamma | 3 | the last |")).toContain(
      "⟦beta | pipe⟧⟪gamma⟫|⟦2⟧⟪3⟫|the ⟦second⟧⟪last⟫|",
    );
  });

  it("goes over rows too", () => {
    const rows = BODY.slice(BODY.indexOf("alpha"));
    const shown = show(rows, rows.replace("alpha", "omega").replace("second", "last"));
    expect(shown).toContain("⟦alpha⟧⟪omega⟫|1|the first|");
    expect(shown).toContain("beta | pipe|2|the ⟦second⟧⟪last⟫|");
  });

  it("shows a row that comes, and one that goes", () => {
    const row = "| beta \\| pipe | 2 | the second |\n";
    expect(show(row, `${row}| gamma | 3 | new |\n`)).toContain("⟪gamma⟫|⟪3⟫|⟪new⟫|");
    expect(show(row, "")).toContain("⟦beta | pipe⟧|⟦2⟧|⟦the second⟧|");
  });
});
