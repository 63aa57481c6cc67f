import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitDocument } from "../../../../adapters/web/client/markdown/document-blocks.ts";
import { renderMarkdown } from "../../../../adapters/web/client/markdown/markdown.ts";
import { layOutUnit, planUnits } from "../../../../adapters/web/client/redline/layout.ts";

const FRONT = "---\ntitle: Front matter\nstatus: draft\n---\n";
const BODY = `${FRONT}\n# Plan\n\nText.\n`;

describe("front matter", () => {
  it("is no heading, and shown as it is written", () => {
    for (const body of [BODY, `\uFEFF${BODY}`, BODY.replaceAll("\n", "\r\n")]) {
      const { blocks } = splitDocument(body);
      expect(blocks.flatMap(({ heading }) => heading?.text ?? [])).toEqual(["Plan"]);
      expect(blocks.map(({ start, end }) => body.slice(start, end)).join("")).toBe(body);
    }
    const html = renderMarkdown(FRONT);
    expect(html).toContain("title: Front matter\nstatus: draft");
    expect(html).toContain("<pre><code");
    expect(html).not.toContain("<h2");
  });

  it("shows its redlines inside", () => {
    const document = splitDocument(BODY);
    const start = BODY.indexOf("draft");
    const edit = { changeId: "c", number: 1, start, end: start + 5, replacement: "accepted" };
    const [unit] = planUnits(document, [edit]);
    const segments = layOutUnit(unit!, document.links, (source) => renderMarkdown(source));
    expect(segments.map(({ kind }) => kind)).toEqual(["text"]);
    expect(segments[0]).toHaveProperty("html", expect.stringMatching(/>draft<\/del>.*>accepted</));
  });

  it("stands at the very beginning only, and has a key", () => {
    for (const body of [
      "# Plan\n\n---\ntitle: x\n---\n",
      "---\nJust a line\n---\n",
      "---\n\nA rule: above.\n\n---\n",
      "- ---\n  title: x\n  ---\n",
      "---\ntitle: x\n",
    ]) {
      expect(renderMarkdown(body)).not.toContain("language-yaml");
    }
  });

  it("covers the document, however it ends", () => {
    const line = fc.constantFrom("---x\n", "a: b\n", "--\n", "\n", "--- \n");
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const body = `---\n${lines.join("")}`;
        const { blocks } = splitDocument(body);
        expect(blocks.map(({ start, end }) => body.slice(start, end)).join("")).toBe(body);
      }),
    );
  });
});
