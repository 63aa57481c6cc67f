import { describe, expect, test } from "vitest";
import {
  ABC,
  FIELDS,
  GOOD,
  OPEN,
  parse,
  parseDeltas,
  type ParseSettings,
  units,
} from "./parser-support.ts";

const UNMARKED = `<change>${FIELDS}</change>`;

/** What a reply gives, in short: `live`, or why it is `quoted`, or `text`. */
function kindOf(reply: string, settings: ParseSettings = {}): string {
  const { changes, malformed, quoted, text } = parse(reply, settings);
  if (changes.length > 0) return "live";
  if (malformed.length > 0) return "malformed";
  expect(text).toBe(reply);
  return quoted[0]?.why ?? "text";
}

describe("the mark", () => {
  test.each([
    ["live", `<change k="7f3a">`],
    ["live", `<change k='7f3a'>`],
    ["live", `<change k=7f3a>`],
    ["live", `<change  K = "7f3a" >`],
    ["live", `<change\nid="1"\r\nk="7f3a">`],
    ["live", `<change new k="7f3a" id=2>`],
    ["live", `<change note="it's" k="7f3a">`],
    ["unmarked", `<change>`],
    ["unmarked", `<change >`],
    ["unmarked", `<change k>`],
    ["unmarked", `<change k="">`],
    ["unmarked", `<change k="7F3A">`],
    ["unmarked", `<change k="7f3a ">`],
    ["unmarked", `<change k="7f3">`],
    ["unmarked", `<change key="7f3a">`],
    ["unmarked", `<change note="k=7f3a">`],
    ["unmarked", `<change note="x k='7f3a'">`],
    ["unmarked", `<change k="0000" k="7f3a">`],
    ["unmarked", `<change "7f3a">`],
    ["unmarked", `<change k=“7f3a”>`],
  ])("%s: %s", (kind, tag) => {
    expect(kindOf(`${tag}${FIELDS}</change>\n`)).toBe(kind);
  });

  test("without a nonce, every block outside of fences is live", () => {
    expect(kindOf(UNMARKED, { nonce: undefined })).toBe("live");
    expect(kindOf(GOOD, { nonce: undefined })).toBe("live");
    expect(kindOf(`\`\`\`\n${UNMARKED}\n\`\`\``, { nonce: undefined })).toBe("fenced");
  });
});

describe("where a block may begin", () => {
  test.each([
    ["live", ""],
    ["live", "text\n"],
    ["live", "text\r\n"],
    ["live", "text\n   "],
    ["live", "- item\n   "],
    ["text", "    "],
    ["text", "\t"],
    ["text", "  \t"],
    ["text", "text "],
    ["text", "text\r"],
    ["text", "`"],
    ["text", "> "],
    ["text", "- "],
    ["text", "1. "],
    ["text", "\u00a0"],
    ["text", "\ufeff"],
  ])("%s after %j", (kind, before) => {
    expect(kindOf(before + GOOD)).toBe(kind);
  });

  test("what is plain text is not reported, but what follows it on a line of its own is", () => {
    const { quoted, changes } = parse(`see ${UNMARKED}\n${UNMARKED}\n${GOOD}\n`);
    expect(quoted.map((event) => event.at)).toEqual([`see ${UNMARKED}\n`.length]);
    expect(changes).toHaveLength(1);
  });
});

describe("code fences", () => {
  test.each([
    ["fenced", "```\n"],
    ["fenced", "```xml\n"],
    ["fenced", "~~~\n"],
    ["fenced", "   ```\n"],
    ["fenced", "````\n```\n"],
    ["fenced", "```\n~~~\n"],
    ["fenced", "```\n``` x\n"],
    ["fenced", "```\n    ```\n"],
    ["fenced", "```\n\t```\n"],
    ["fenced", "~~~ a ` b ~ c\n"],
    ["fenced", "```\r\ntext\r\n"],
    ["fenced", "text\n```\n\n\n"],
    ["fenced", "```\n```\n```\n"],
    ["live", "```\n```\n"],
    ["live", "```\r\n```\r\n"],
    ["live", "```\n   ```\n"],
    ["live", "```\n````` \t\n"],
    ["live", "~~~~\n~~~\n~~~~\n"],
    ["live", "``\n"],
    ["live", "``` a ` b\n"],
    ["live", "```code```\n"],
    ["live", "    ```\n"],
    ["live", "\t```\n"],
    ["live", "a ```\n"],
    // In lists: a fence on the marker's line, or in the item, ends with its closing line or with the item.
    ["fenced", "- ```\n  "],
    ["fenced", "-  ~~~\n\n   "],
    ["fenced", "1. ```xml\n   "],
    ["fenced", "2) ```xml\n   "],
    ["fenced", "* item\n\n  ```\n  "],
    ["fenced", "* item\n\n    ```\n  "],
    ["fenced", "- - x\n\n  ```\n  "],
    ["live", "- - x\n\n  ```\n"],
    ["live", "- - ```\n  a\n  ```\n  ```\n"],
    ["fenced", "- x\nlazy\n  ```\n"],
    ["fenced", "-\n```\n"],
    ["live", "- ```\n"],
    ["live", "1. ```\n  "],
    ["live", "- ```\n  ```\n"],
    ["live", "- ```\n     ```\n  "],
    ["live", "1. x\n   ```\n   y\n   ```\n"],
    ["live", "* item\n\n  ```\n"],
    ["live", "* item\n  ```\n  a\n\n  ```\n  b\n\nc\n"],
    ["live", "10. ```\n    a\n    ```\n"],
    ["live", "-     ```\n"],
    ["live", "-     ```\n  ```\n"],
    ["fenced", "- \n  ```\n"],
    ["fenced", "- x\n\n   \t```\n  "],
    ["live", "-\t```\n\ta\n\t```\n"],
    ["live", "-```\n"],
    ["live", "1.```\n"],
    // In block quotes: the quote ends with the first line that does not begin with `>`.
    ["live", "> ```\n"],
    ["live", "> - ```\n> a\n\n"],
  ])("%s after %j", (kind, before) => {
    expect(kindOf(before + GOOD)).toBe(kind);
    expect(kindOf((before + GOOD).replaceAll("\n", "\r\n"))).toBe(kind);
  });

  test("a live block leaves them as they are", () => {
    const inner = "<original>```\n</original><proposed>~~~\n</proposed><reason>c</reason>";
    expect(parse(`${OPEN}${inner}</change>\n${GOOD}`).changes).toHaveLength(2);
  });

  test("a whole unmarked block keeps its fences to itself", () => {
    const reply = `<change>\n<original>\n\`\`\`js\n</original><proposed>\n\`\`\`ts\n</proposed></change>\n${GOOD}`;
    expect(parse(reply)).toMatchObject({
      quoted: [{ why: "unmarked", fields: { original: "```js", proposed: "```ts" } }],
      changes: [{ fields: ABC }],
    });
  });

  test("a whole unmarked block keeps its lists to itself", () => {
    const reply = `<change>\n<original>\n- x</original><proposed>b</proposed></change>\n  \`\`\`\n${GOOD}`;
    expect(parse(reply).quoted).toMatchObject([{ why: "unmarked" }, { why: "fenced" }]);
  });

  test("a half unmarked block is prose, with its fences", () => {
    expect(parse(`<change>\n\`\`\`\n${GOOD}`)).toMatchObject({
      quoted: [{ why: "fenced" }],
      changes: [],
    });
  });
});

describe("blocks that are not live", () => {
  test("are prose, character for character as it comes, and reported behind their last one", () => {
    const reply = `a\n${UNMARKED} b`;
    const { events } = parse(reply);
    expect(events).toEqual([
      { type: "text", text: `a\n${UNMARKED}` },
      {
        type: "quoted",
        why: "unmarked",
        fields: ABC,
        warnings: [],
        at: 2,
        end: 2 + UNMARKED.length,
      },
      { type: "text", text: " b" },
    ]);
    expect(parseDeltas(units(reply)).events).toEqual(events);
  });

  test("have no ordinal", () => {
    expect(
      parse(`${UNMARKED}\n${GOOD}\n${UNMARKED}\n${GOOD}`).changes.map((c) => c.ordinal),
    ).toEqual([0, 1]);
  });

  test("have warnings", () => {
    const { quoted } = parse(`<change>x<original>a</original><proposed>b</proposed></change>`);
    expect(quoted).toMatchObject([{ warnings: ["stray_text", "missing_reason"] }]);
  });

  test.each([
    ["malformed", `<change>\n<original>a</original>\n</change>`],
    ["cut", `<change>\n${FIELDS}`],
    ["unclosed", `<change><original>a<proposed>b</proposed></change>`],
    ["another begins mid-line", `<change><original>a <change>${FIELDS}</change>`],
    ["too long a field", `<change>${FIELDS.replace("a", "a".repeat(65_537))}</change>`],
    ["too long a tag", `<change><original ${"x".repeat(120)}>a</original>${FIELDS}</change>`],
    [
      "its fence closes in it",
      `\`\`\`\n<change><original>a\n\`\`\`\nb</original><proposed>b</proposed></change>`,
    ],
    [
      "its fence closes, another opens",
      `\`\`\`\n<change><original>a\n\`\`\`\n\`\`\`\nb</original><proposed>b</proposed></change>`,
    ],
    [
      "its list item ends in it",
      `- ~~~\n  <change><original>a\nb</original><proposed>b</proposed></change>`,
    ],
  ])("are not reported: %s", (_, reply) => {
    expect(parse(reply).events).toEqual([{ type: "text", text: reply }]);
  });

  test("a fence inside a fenced block's body need not be its own", () => {
    const inner = "<original>\n~~~\nx\n~~~\n</original><proposed>\n````\n</proposed>";
    expect(kindOf(`\`\`\`\`\`\n<change>${inner}</change>\n\`\`\`\`\``)).toBe("fenced");
  });

  test("one that begins in another at a line's start takes its place", () => {
    expect(parse(`<change>\n<original>a\n${UNMARKED}`)).toMatchObject({
      malformed: [],
      quoted: [{ at: 21, fields: ABC }],
    });
  });

  test("a live one that begins in another at a line's start takes its place", () => {
    const rest = "</original><proposed>b</proposed></change>";
    expect(parse(`<change>\n<original>a\n${GOOD}\n${rest}`)).toMatchObject({
      text: `<change>\n<original>a\n\n${rest}`,
      quoted: [],
      changes: [{ fields: ABC }],
    });
  });

  test("an unmarked `<change>` between a live block's fields ends that, and is prose", () => {
    expect(parse(`${OPEN}\n<original>a</original>\n${UNMARKED}\n${GOOD}`)).toMatchObject({
      text: `${UNMARKED}\n`,
      malformed: [{ code: "unclosed_change", partial: { original: "a" }, ordinal: 0 }],
      quoted: [{ fields: ABC }],
      changes: [{ ordinal: 1 }],
    });
  });
});

describe("a document about change blocks", () => {
  /** Edits a passage to "new" and expects the passage to be taken to the letter. */
  function edit(passage: string): unknown {
    const inner = `<original>\n${passage}\n</original>\n<proposed>\nnew\n</proposed>\n<reason>r</reason>`;
    const { changes, malformed, text, quoted } = parse(`${OPEN}\n${inner}\n</change>\nAfter.`);
    expect(malformed).toEqual([]);
    expect(text + quoted.length).toBe("\nAfter.0");
    expect(changes).toHaveLength(1);
    expect(changes[0]?.fields).toEqual({ original: passage, proposed: "new", reason: "r" });
    return changes[0]?.warnings;
  }

  test.each([
    ["a block", UNMARKED],
    ["with another mark", `<change k="0000">\n${FIELDS}\n</change>`],
    [
      "laid out",
      "<change>\n<original>\na\n</original>\n<proposed>\nb\n</proposed>\n<reason>\nc\n</reason>\n</change>",
    ],
    ["in a fence", `As in:\n\n\`\`\`xml\n${UNMARKED}\n\`\`\`\n\nand so on.`],
    ["indented and quoted", `    ${UNMARKED}\n> ${UNMARKED}\n`],
    ["inline", `Write \`${UNMARKED}\`, not more.`],
    ["two", `${UNMARKED}\n${UNMARKED}`],
    [
      "one that lacks a field's end",
      `<change>\n<original>a\n<proposed>b</proposed>\n</change>\n\nEnd.`,
    ],
    [
      "one inside another",
      `<change>\n<original>\n${UNMARKED}\n</original><proposed>p</proposed></change>`,
    ],
    [
      "one that speaks of the end",
      `<change><original>the \`</change>\` tag</original><proposed>b</proposed></change>`,
    ],
    ["an empty one", "<change></change> and <change> </change>"],
    ["the opening tag", "A `<change>` opens, so does <change> at a line's start."],
  ])("%s", (_, passage) => {
    expect(edit(passage)).toEqual([]);
  });

  test.each([
    [
      "the closing tag",
      'It ends with `</change>`, "</change>" or (</change>).',
      "literal_close_tag",
    ],
    [
      "the opening tag, then a field's",
      "In `<change>` stands `<original>`, in `<change></change><original>` nothing.",
      "literal_open_tag",
    ],
    [
      "tags that touch",
      "Neither ` <reason></change>` nor `</reason><reason></change>`.",
      "literal_open_tag",
    ],
    [
      "a field's tags",
      "Between `<original>` and `</original>` stands the passage.",
      "literal_open_tag",
    ],
    [
      "the grammar",
      'block := "<change" attributes? ">" ( white space | field )* "</change>"',
      "literal_close_tag",
    ],
  ])("%s: taken for text, but told", (_, passage, warning) => {
    expect(edit(passage)).toContain(warning);
  });

  test("the closing tag, behind a field's that is not the last", () => {
    expect(edit('Write </reason>, then "</change>".')).toEqual(["literal_close_tag"]);
  });

  test("without a nonce, a `<change>` in a body begins a block", () => {
    expect(parse(`<change><original>\n${UNMARKED}`, { nonce: undefined })).toMatchObject({
      malformed: [{ code: "unclosed_original" }],
      changes: [{ fields: ABC, warnings: ["opened_inside_field"] }],
    });
  });

  test("a marked `<change>` begins a block, also inside a nested one", () => {
    expect(parse(`${OPEN}<original>\n<change><original>x\n${GOOD}`)).toMatchObject({
      malformed: [{ code: "unclosed_original", partial: { original: "<change><original>x" } }],
      changes: [{ fields: ABC }],
    });
  });

  test("a nested block without its end leaves the outer one malformed, not wrong", () => {
    const reply = `${OPEN}<original>\n<change>\n<original>x</original>\n<proposed>b</proposed>\n</original><proposed>b</proposed></change>\n\n`;
    expect(parse(reply)).toMatchObject({ malformed: [{ code: "unclosed_original" }], changes: [] });
  });
});

describe("a closing `</change>` in a body", () => {
  const head = `${OPEN}<original>a</original><proposed>b</proposed><reason>because`;
  test.each([
    ["ends the block before white space", "</change> More.", " More."],
    ["ends the block before a newline", "</change>\nMore.", "\nMore."],
    ["ends the block after a newline", "\n</change>: more", ": more"],
    ["ends the block before another tag", "</change></b>", "</b>"],
    ["ends the block after a field's closing tag", "</original></change>.", "."],
    ["ends the block at the reply's end", "</change>", ""],
  ])("%s", (_, tail, prose) => {
    expect(parse(head + tail)).toMatchObject({
      malformed: [{ code: "unclosed_reason", end: head.length + tail.length - prose.length }],
      text: prose,
    });
  });

  test("with the next block right behind it", () => {
    expect(parse(`${head}</change>${GOOD}`)).toMatchObject({
      malformed: [{ code: "unclosed_reason" }],
      changes: [{ fields: ABC, warnings: [] }],
      text: "",
    });
  });

  test("is text between other text", () => {
    expect(parse(`${head} of "</change>".</reason></change>`).changes).toMatchObject([
      { fields: { reason: 'because of "</change>".' }, warnings: ["literal_close_tag"] },
    ]);
  });
});
