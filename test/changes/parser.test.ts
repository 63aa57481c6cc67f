import { describe, expect, test } from "vitest";
import { ChangeParser, parseReply, type ParserEvent } from "../../src/changes/parser.ts";
import { ABC, FIELDS, GOOD, NONCE, OPEN, parse, units } from "./parser-support.ts";

/** The body that the markup of one `original` field gives. */
function bodyOf(markup: string): string | undefined {
  const { changes, malformed } = parse(`${OPEN}${markup}<proposed>other</proposed></change>`);
  return (changes[0]?.fields ?? malformed[0]?.partial)?.original;
}

/** The code and what is shown, for the inner markup of one block. */
function faultOf(inner: string): unknown[] {
  const { malformed, changes, text } = parse(`Before.\n${OPEN}${inner}\nAfter.`);
  expect(changes).toEqual([]);
  expect(malformed).toHaveLength(1);
  return [malformed[0]?.code, malformed[0]?.partial, text];
}

describe("a well-formed reply", () => {
  const reply = `Hello.\n\n${OPEN}\n<original>\nold\n</original>\n<proposed>new</proposed>\n<reason>why</reason>\n</change>\nBye.`;
  const block = { at: 8, end: 8 + reply.slice(8).indexOf("</change>") + 9 };

  test("gives prose, opening, pieces and the change, in order", () => {
    expect(parseReply(reply, { nonce: NONCE })).toEqual([
      { type: "text", text: "Hello.\n\n" },
      { type: "open", ordinal: 0, at: 8 },
      { type: "delta", ordinal: 0, field: "original", text: "old" },
      { type: "delta", ordinal: 0, field: "proposed", text: "new" },
      { type: "delta", ordinal: 0, field: "reason", text: "why" },
      {
        type: "change",
        ordinal: 0,
        fields: { original: "old", proposed: "new", reason: "why" },
        warnings: [],
        ...block,
      },
      { type: "text", text: "\nBye." },
    ]);
  });

  test("shows prose and fields as they come, and the change with its last character", () => {
    const seen: ParserEvent[] = [];
    const parser = new ChangeParser({ nonce: NONCE, emit: (event) => seen.push(event) });
    parser.write("Hel");
    expect(seen).toEqual([{ type: "text", text: "Hel" }]);
    parser.write(`lo.\n${OPEN}<original>ol`);
    expect(seen.slice(1)).toEqual([
      { type: "text", text: "lo.\n" },
      { type: "open", ordinal: 0, at: 7 },
      { type: "delta", ordinal: 0, field: "original", text: "ol" },
    ]);
    parser.write("d</original><proposed>n</proposed></change");
    expect(seen.at(-1)?.type).toBe("delta");
    parser.write(">");
    expect(seen.at(-1)?.type).toBe("change");
    parser.end("complete");
    expect(seen.at(-1)?.type).toBe("change");
  });

  test("ignores what comes after the end", () => {
    const seen: ParserEvent[] = [];
    const parser = new ChangeParser({ emit: (event) => seen.push(event) });
    parser.write("<change><original>");
    parser.end("abort");
    parser.write("more");
    parser.end("complete");
    expect(seen.map((event) => event.type)).toEqual(["open", "malformed"]);
  });

  test("an empty reply gives nothing", () => {
    expect(parseReply("", { nonce: NONCE })).toEqual([]);
  });

  test("counts live blocks, whatever became of them", () => {
    const { events } = parse(`${GOOD}\n${OPEN}</change>\n${GOOD}`);
    const steps = events.flatMap((event) =>
      "ordinal" in event && event.type !== "delta" ? `${event.type} ${event.ordinal}` : [],
    );
    expect(steps).toEqual(["open 0", "change 0", "open 1", "malformed 1", "open 2", "change 2"]);
  });
});

describe("the grammar", () => {
  test.each([
    [
      "upper case",
      `<CHANGE K="7f3a"><Original>a</ORIGINAL><PROPOSED>b</proposed><reAson>c</Reason></Change>`,
    ],
    [
      "another order",
      `${OPEN}<reason>c</reason><proposed>b</proposed><original>a</original></change>`,
    ],
    [
      "white space between",
      `${OPEN}\n\n  <original>a</original>\t\r\n<proposed>b</proposed><reason>c</reason>  \n </change>`,
    ],
    [
      "attributes",
      `<change id="1" k="7f3a" x><original lang='en'>a</original ><proposed\n x=1>b</proposed k="7f3a"><reason>c</reason></change k=7f3a>`,
    ],
    ["up to three spaces before", `   ${GOOD}`],
  ])("%s", (_, reply) => {
    const { changes, malformed } = parse(reply);
    expect(malformed).toEqual([]);
    expect(changes).toMatchObject([{ fields: ABC, warnings: [] }]);
  });

  test("several blocks on one line, the first at its start", () => {
    const { changes, text } = parse(`${GOOD} ${GOOD}${GOOD} and\n`);
    expect(changes).toHaveLength(3);
    expect(text).toBe("  and\n");
  });

  test.each([
    "<changes>",
    "<change.>",
    "< change>",
    "<change",
    "</change>",
    "<change/>",
    "<original>",
    "<",
    "<c<ch<<",
  ])("%s is text", (reply) => {
    expect(parse(`${reply}\n`, { nonce: undefined }).events).toEqual([
      { type: "text", text: `${reply}\n` },
    ]);
  });

  test("insertion, deletion, and the passages they hang on", () => {
    const { changes } = parse(
      `${OPEN}<original></original><after>here</after><proposed>new</proposed><reason>r</reason></change>\n` +
        `${OPEN}<original></original><before>\nthere\n</before><proposed>new</proposed><reason>r</reason></change>\n` +
        `${OPEN}<original>gone</original><proposed></proposed><reason>r</reason></change>\n`,
    );
    expect(changes.map((change) => change.fields)).toEqual([
      { original: "", after: "here", proposed: "new", reason: "r" },
      { original: "", before: "there", proposed: "new", reason: "r" },
      { original: "gone", proposed: "", reason: "r" },
    ]);
  });
});

describe("bodies", () => {
  test.each([
    ["one line", "<original>x</original>", "x"],
    ["one line keeps its outer space", "<original> x\t</original>", " x\t"],
    ["block", "<original>\nx\n</original>", "x"],
    ["block with indentation", "<original>\n    x = 1\n\n  - y\n</original>", "    x = 1\n\n  - y"],
    ["block whose last line has no newline", "<original>\nx</original>", "x"],
    ["no newline first: the last one belongs to the body", "<original>x\n</original>", "x\n"],
    ["a whole line with its newline", "<original>\nline\n\n</original>", "line\n"],
    ["empty", "<original></original>", ""],
    ["one newline is empty", "<original>\n</original>", ""],
    ["two newlines are empty", "<original>\n\n</original>", ""],
    ["three newlines are one", "<original>\n\n\n</original>", "\n"],
    ["CRLF block", "<original>\r\nx\r\n</original>", "x"],
    ["one CRLF is empty", "<original>\r\n</original>", ""],
    ["three CRLF are one", "<original>\r\n\r\n\r\n</original>", "\r\n"],
    ["CRLF inside stays", "<original>\r\nx\r\ny\r\n\r\n</original>", "x\r\ny\r\n"],
    ["a lone CR is no newline", "<original>\rx\r</original>", "\rx\r"],
    ["nothing but a CR", "<original>\r</original>", "\r"],
    ["a CR before the last newline's place", "<original>\nx\r</original>", "x\r"],
    ["space before the closing tag belongs to the body", "<original>\nx\n  </original>", "x\n  "],
    ["space after the opening tag does too", "<original> \nx\n</original>", " \nx\n"],
    ["entities stay", "<original>&lt;b&gt; &amp;amp;</original>", "&lt;b&gt; &amp;amp;"],
    [
      "other markup stays",
      "<original>a < b <b>c</b> <!-- d --> <orig</original>",
      "a < b <b>c</b> <!-- d --> <orig",
    ],
    ["any unit stays", "<original>\u0000\ud83d\u00a0\ufeff</original>", "\u0000\ud83d\u00a0\ufeff"],
  ])("%s", (_, markup, body) => {
    expect(bodyOf(markup)).toBe(body);
    expect(parse(`${OPEN}${markup}`).malformed[0]?.partial.original).toBe(body);
  });

  test("the pieces together are the body", () => {
    const seen: ParserEvent[] = [];
    const parser = new ChangeParser({ nonce: NONCE, emit: (event) => seen.push(event) });
    const reply = `${OPEN}<original>\r\na\r\n\r\nb</original> \n x\n\r\n</original><proposed>p</proposed></change>`;
    for (const unit of units(reply)) parser.write(unit);
    const pieces = seen.map((event) =>
      event.type === "delta" && event.field === "original" ? event.text : "",
    );
    expect(pieces.join("")).toBe("a\r\n\r\nb</original> \n x\n");
    expect(seen.at(-1)).toMatchObject({ fields: { original: "a\r\n\r\nb</original> \n x\n" } });
  });
});

describe("malformed blocks", () => {
  const a = "<original>a</original>";
  const b = "<proposed>b</proposed>";
  const c = "<reason>c</reason>";
  const shown = "Before.\n\nAfter.";

  test.each([
    ["missing_original", `${b}${c}</change>`, { proposed: "b", reason: "c" }],
    ["missing_original", "</change>", {}],
    ["missing_proposed", `${a}${c}</change>`, { original: "a", reason: "c" }],
    ["noop", `${a}<proposed>\na\n</proposed></change>`, { original: "a", proposed: "a" }],
    [
      "insertion_without_anchor",
      `<original></original>${b}</change>`,
      { original: "", proposed: "b" },
    ],
    [
      "insertion_without_anchor",
      `<original></original><after></after>${b}</change>`,
      { original: "", after: "", proposed: "b" },
    ],
    [
      "noop",
      "<original></original><after>x</after><proposed></proposed></change>",
      { original: "", after: "x", proposed: "" },
    ],
    ["duplicate_original", `${a}<original>a2</original>${b}${c}</change>`, ABC],
    ["duplicate_proposed", `${a}${b}<proposed>b2</proposed>${c}</change>`, ABC],
    ["duplicate_reason", `${a}${b}${c}<reason>c2</reason></change>`, ABC],
    [
      "duplicate_after",
      `${a}<after>x</after><after>y</after>${b}</change>`,
      { original: "a", after: "x", proposed: "b" },
    ],
    [
      "duplicate_before",
      `${a}<before>x</before><before>y</before>${b}</change>`,
      { original: "a", before: "x", proposed: "b" },
    ],
    ["unclosed_original", `<original>a${b}${c}</change>`, { original: `a${b}${c}` }],
    ["unclosed_proposed", `${a}<proposed>b\n</change>`, { original: "a", proposed: "b\n" }],
    [
      "unclosed_reason",
      `${a}${b}<reason>because</change>`,
      { original: "a", proposed: "b", reason: "because" },
    ],
    [
      "unclosed_reason",
      `${a}${b}<reason>\nbecause\n</change>`,
      { original: "a", proposed: "b", reason: "because" },
    ],
    ["unclosed_after", "<after>x </change>", { after: "x " }],
    ["unclosed_before", "<before></change>", { before: "" }],
    ["unclosed_original", "<original>a</orginal>\n</change>", { original: "a</orginal>\n" }],
  ])("%s: %s", (code, inner, partial) => {
    expect(faultOf(inner)).toEqual([code, partial, shown]);
  });

  test.each(["max_tokens", "error", "abort", "complete"] as const)("cut by the end: %s", (how) => {
    for (const [inner, code] of [
      ["", "unclosed_change"],
      [a, "unclosed_change"],
      [`${a}${b}${c}\n`, "unclosed_change"],
      ["<original>a", "unclosed_original"],
      ["<original>a</origin", "unclosed_original"],
      [`${a}<proposed>b`, "unclosed_proposed"],
      [`${a}${b}<reason>c</chan`, "unclosed_reason"],
      [`${a}${a}`, "duplicate_original"],
    ] as const) {
      const reply = `x\n${OPEN}${inner}`;
      const { malformed, text } = parse(reply, { how });
      expect(malformed).toMatchObject([{ code, ended: how, at: 2, end: reply.length }]);
      expect(text).toBe("x\n");
    }
  });

  test("is not said to be ended by the stream when its own tag ended it", () => {
    expect(
      parse(`${OPEN}${a}<proposed>b</change>`, { how: "abort" }).malformed[0],
    ).not.toHaveProperty("ended");
    expect(parse(`${OPEN}</change>`, { how: "abort" }).malformed[0]).not.toHaveProperty("ended");
  });

  test("a cut opening tag is prose", () => {
    expect(parse("x\n<change k=", { how: "max_tokens" }).events).toEqual([
      { type: "text", text: "x\n<change k=" },
    ]);
  });

  test("a block that begins inside another ends it, and is a block of its own", () => {
    for (const [inner, code, warnings] of [
      ["", "unclosed_change", []],
      [`${a}\n`, "unclosed_change", []],
      [`${a}<proposed>b</proposed>\n`, "unclosed_change", []],
      [`${a}<proposed>b\n`, "unclosed_proposed", ["opened_inside_field"]],
      [`${a}<proposed>in the middle `, "unclosed_proposed", ["opened_inside_field"]],
    ] as const) {
      const { events, text } = parse(`${OPEN}${inner}${GOOD}\nAfter.`);
      const blocks = events.filter(
        (event) => event.type === "malformed" || event.type === "change",
      );
      const at = OPEN.length + inner.length;
      expect(blocks).toMatchObject([
        { type: "malformed", ordinal: 0, code, at: 0, end: at },
        { type: "change", ordinal: 1, fields: ABC, warnings, at, end: at + GOOD.length },
      ]);
      expect(text).toBe("\nAfter.");
    }
  });

  test("a block without a reason does not take the next one's", () => {
    const { changes } = parse(`${OPEN}${a}${b}</change>\n${GOOD}`);
    expect(changes.map((change) => [change.fields, change.warnings])).toEqual([
      [{ original: "a", proposed: "b" }, ["missing_reason"]],
      [ABC, []],
    ]);
  });
});

describe("warnings", () => {
  const tail = "<proposed>b</proposed><reason>c</reason></change>";
  test.each([
    ["missing_reason", `${OPEN}<original>a</original><proposed>b</proposed></change>`],
    ["stray_text", `${OPEN}First: <original>a</original>${tail}`],
    ["stray_text", `${OPEN}<//change><original>a</original>${tail}`],
    ["stray_text", `${OPEN}<b><original>a</original>${tail}`],
    ["stray_close_tag", `${OPEN}\n</before>\n<original>a</original>${tail}`],
  ])("%s", (warning, reply) => {
    expect(parse(reply).changes).toMatchObject([{ warnings: [warning] }]);
  });

  test("a closing tag that what follows does not confirm is text", () => {
    for (const literal of [
      "</original> of",
      "</original></b>",
      "</original></original>x",
      "</original>\n</proposed>",
    ]) {
      const { changes } = parse(`${OPEN}<original>the ${literal} end</original>${tail}`);
      expect(changes).toMatchObject([
        { fields: { ...ABC, original: `the ${literal} end` }, warnings: ["literal_close_tag"] },
      ]);
    }
  });

  test("so with prose between the fields the first one never closes", () => {
    const inner = "<original>a</original> becomes <proposed>b</proposed>";
    expect(parse(`${OPEN}${inner}</change>`).malformed).toMatchObject([
      {
        code: "unclosed_original",
        partial: { original: "a</original> becomes <proposed>b</proposed>" },
        warnings: ["literal_close_tag", "literal_open_tag"],
      },
    ]);
  });

  test("a closing tag is confirmed by a field, the block's end, the next block, or the reply's end", () => {
    for (const next of ["<after>", "</change>", OPEN, "<change>", ""]) {
      const { malformed } = parse(`${OPEN}<original>a</original> \n\t${next}`);
      expect(malformed[0]).toMatchObject({ partial: { original: "a" }, warnings: [] });
    }
  });

  test("tags of this grammar that a body holds are told, each kind once", () => {
    const { changes } = parse(
      `${OPEN}<original>a</original><proposed>b<original>x</original><reason></proposed><reason>c</reason></change>`,
    );
    expect(changes).toMatchObject([
      {
        fields: { ...ABC, proposed: "b<original>x</original><reason>" },
        warnings: ["literal_open_tag", "literal_close_tag"],
      },
    ]);
  });

  test("belong to one block", () => {
    const { changes } = parse(`${OPEN}x${FIELDS}</change>\n${GOOD}`);
    expect(changes.map((change) => change.warnings)).toEqual([["stray_text"], []]);
  });
});
