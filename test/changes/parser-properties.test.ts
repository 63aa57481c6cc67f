import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/changes/parser-events.ts";
import type { BlockFields, FieldName, ParserLimits } from "../../src/changes/parser.ts";
import { NONCE, OPEN, parse, type Parsed, parseDeltas, units } from "./parser-support.ts";

const FIELD_NAMES: FieldName[] = ["original", "proposed", "reason", "after", "before"];

// ---------------------------------------------------------------- realistic replies, and what spoils them

const PROSE = [
  "I read section 3.\n\n",
  "Two remarks:\n\n- first\n- second, with `code`\n\n",
  "1. One\n   ",
  "- item\n  ",
  "Use a < b && c > d, or <b>bold</b>.\n",
  "```xml\n",
  "```\n",
  "~~~~\n",
  "- ```\n  ",
  "> quoted\n",
  "The `<change>` tag ends with `</change>`.\n",
  "naïve 🦔 text",
  "\n",
  "    ",
];
const BODIES = [
  "one line",
  "\nwhole lines\nof text\n",
  "\n\tx = 1\n\n",
  "\r\nCRLF\r\n\r\n",
  "",
  "\n",
  "a < b </b> <orig </original> x",
  "the `</change>` tag",
  "\n<change><original>a</original><proposed>b</proposed></change>\n",
  "\n```ts\ncode\n```\n",
  "\nlong enough to break a small limit of a field\n",
];
const OPENINGS = [OPEN, OPEN, OPEN, `<change id=1 k='${NONCE}'>`, "<change>", '<change k="0000">'];

const prose = fc.array(fc.constantFrom(...PROSE), { maxLength: 3 }).map((parts) => parts.join(""));
const field = (name: FieldName): fc.Arbitrary<string> =>
  fc.constantFrom(...BODIES).map((body) => `<${name}>${body}</${name}>`);
const block = fc
  .record({
    opening: fc.constantFrom(...OPENINGS),
    names: fc.shuffledSubarray(FIELD_NAMES, { minLength: 2 }),
    gap: fc.constantFrom("", "\n", "\r\n  "),
  })
  .chain(({ opening, names, gap }) =>
    fc
      .tuple(...names.map(field))
      .map((fields) => `${opening}${gap}${fields.join(gap)}${gap}</change>\n`),
  );
const realistic = fc
  .array(fc.tuple(prose, block), { minLength: 1, maxLength: 3 })
  .chain((pairs) => prose.map((last) => `${pairs.flat().join("")}${last}`));

const INSERTS = [
  [
    "</original>",
    "</reason> ",
    "</change>",
    "</change>.",
    "<change>",
    OPEN,
    "<reason>",
    "<proposed",
  ],
  [
    "```\n",
    "\n",
    "\r",
    " ",
    "    ",
    "\t",
    "<",
    ">",
    "</",
    "x",
    "\0",
    "\ud83e",
    "<CHANGE K=7f3a>\n",
  ],
].flat();

/** Changes one of the reply's tags, or one of what else the pattern matches. */
function changeOne(
  reply: string,
  where: number,
  change: (found: string) => string,
  pattern = /<[^<>]*>/g,
): string {
  const all = [...reply.matchAll(pattern)];
  const found = all[Math.floor(where * all.length)];
  if (found === undefined) return reply;
  return (
    reply.slice(0, found.index) + change(found[0]) + reply.slice(found.index + found[0].length)
  );
}

/** `where`: which of the tags, or which place in the reply, as a share. */
type Mutation = (reply: string, where: number, insert: string) => string;

const MUTATIONS: Mutation[] = [
  (reply, where) => changeOne(reply, where, () => ""),
  (reply, where) => changeOne(reply, where, (tag) => tag + tag),
  (reply, where) => changeOne(reply, where, (tag) => tag.toUpperCase()),
  (reply, where, insert) =>
    changeOne(reply, where, (tag) => `${tag.slice(0, -1)} ${insert}="${insert}"\n>`),
  (reply, where, insert) =>
    changeOne(reply, where, (tag) => `\n${insert.trim() === "" ? insert : "  "}${tag}`),
  (reply, where) => changeOne(reply, where, (tag) => `\n\`\`\`\n${tag}`),
  // A whole field again.
  (reply, where) => changeOne(reply, where, (whole) => whole + whole, /<([a-z]+)>[^<]*<\/\1>/g),
  (reply, where, insert) => {
    const at = Math.floor(where * reply.length);
    return reply.slice(0, at) + insert + reply.slice(at);
  },
  (reply, where) => reply.slice(0, Math.floor(where * reply.length)),
  (reply) => reply.replaceAll("\n", "\r\n"),
];

const mutation = fc.tuple(
  fc.constantFrom(...MUTATIONS),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
  fc.constantFrom(...INSERTS),
);

const spoiled = fc
  .tuple(realistic, fc.array(mutation, { maxLength: 5 }))
  .map(([reply, mutations]) =>
    mutations.reduce((text, [mutate, where, insert]) => mutate(text, where, insert), reply),
  );

/** Small limits, so that each of them is met now and then. */
const limits: fc.Arbitrary<Partial<ParserLimits>> = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      blocks: fc.constantFrom(0, 1),
      field: fc.integer({ min: 1, max: 30 }),
      reply: fc.integer({ min: 0, max: 600 }),
      tag: fc.integer({ min: 17, max: 40 }),
      hold: fc.integer({ min: 0, max: 4 }),
    },
    { requiredKeys: [] },
  ),
);

/** Ways of cutting: lengths of the deltas, over and over. */
const lengths = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
  fc.constantFrom([1], [2], [10]),
);

function cut(reply: string, sizes: readonly number[]): string[] {
  const deltas: string[] = [];
  for (let at = 0, i = 0; at < reply.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    deltas.push(reply.slice(at, at + size));
    at += size;
  }
  return deltas;
}

// ---------------------------------------------------------------- what must hold of every reply

/** What is wrong with the order and the places of the events: prose and live blocks are the reply. */
function placeFaults(reply: string, { events }: Parsed): string[] {
  const faults: string[] = [];
  let rebuilt = "";
  for (const event of events) {
    const expected = rebuilt.length;
    if (event.type === "text") rebuilt += event.text;
    if (event.type === "change" || event.type === "malformed") {
      rebuilt += reply.slice(event.at, event.end);
    }
    if (event.type === "quoted" && event.end !== expected) faults.push("quoted elsewhere");
    if (event.type !== "quoted" && "at" in event && event.at !== expected) {
      faults.push(`${event.type} at ${event.at} instead of ${expected}`);
    }
  }
  if (rebuilt !== reply) faults.push(`not the reply: ${rebuilt}`);
  return faults;
}

/** What is wrong with the fields of a block: they are what its pieces said, and its markup holds them. */
function fieldFaults(markup: string, fields: BlockFields, pieces: BlockFields): string[] {
  const faults: string[] = [];
  for (const name of FIELD_NAMES) {
    const body = fields[name] ?? "";
    if (body !== (pieces[name] ?? "")) faults.push(`${name} is not its pieces`);
    if (!markup.includes(body)) faults.push(`${name} is not in the block`);
  }
  return faults;
}

/** What is wrong with the live blocks: each opens, shows its fields' pieces, and ends. */
function blockFaults(reply: string, { events }: Parsed): string[] {
  const faults: string[] = [];
  let opened = 0;
  let closed = 0;
  let pieces: BlockFields = {};
  for (const event of events) {
    if (!("ordinal" in event)) continue;
    if (event.type === "open") {
      opened++;
      pieces = {};
    }
    if (event.ordinal !== closed || opened !== closed + 1)
      faults.push(`${event.type} out of order`);
    if (event.type === "delta") pieces[event.field] = (pieces[event.field] ?? "") + event.text;
    if (event.type !== "change" && event.type !== "malformed") continue;
    closed++;
    const markup = reply.slice(event.at, event.end);
    const fields: BlockFields = event.type === "change" ? event.fields : event.partial;
    faults.push(...fieldFaults(markup, fields, pieces));
    if (!/^<change[\s>]/i.test(markup)) faults.push("begins with no tag");
    const whole = /<\/change(\s[^<>]*)?>$/i.test(markup);
    if (event.type === "change" && !whole) faults.push("ends with no tag");
  }
  if (opened !== closed) faults.push("open at the end");
  return faults;
}

/** What is wrong with the changes: none of them may be one that proposes nothing. */
function changeFaults({ changes, quoted }: Parsed): string[] {
  const faults: string[] = [];
  for (const { fields, warnings } of [...changes, ...quoted]) {
    if (fields.original === fields.proposed) faults.push("noop");
    if (fields.original === "" && !fields.after && !fields.before) faults.push("no anchor");
    if (warnings.includes("missing_reason") !== (fields.reason === undefined))
      faults.push("reason");
    if (new Set(warnings).size !== warnings.length) faults.push("a warning twice");
  }
  return faults;
}

const faultsOf = (reply: string, parsed: Parsed): string[] => [
  ...placeFaults(reply, parsed),
  ...blockFaults(reply, parsed),
  ...changeFaults(parsed),
];

/** The kinds of events, faults and warnings that a reply gave. */
function kindsOf({ events }: Parsed): string[] {
  return events.flatMap((event) => [
    event.type === "malformed" ? event.code : event.type,
    ...("warnings" in event ? event.warnings : []),
  ]);
}

const KINDS =
  "text open delta change quoted unclosed_change missing_original missing_proposed noop " +
  "insertion_without_anchor limit_blocks limit_field limit_reply limit_tag missing_reason " +
  "literal_close_tag literal_open_tag stray_text stray_close_tag opened_inside_field";

describe("every reply", () => {
  test("gives the same events however it is cut, and none of it is lost", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(
        spoiled,
        lengths,
        limits,
        fc.constantFrom(NONCE, undefined),
        fc.constantFrom("complete", "max_tokens", "error", "abort"),
        (reply, sizes, given, nonce, how) => {
          const settings = { limits: given, nonce, how };
          const whole = parse(reply, settings);
          expect(parseDeltas(cut(reply, sizes), settings).events).toEqual(whole.events);
          expect(faultsOf(reply, whole)).toEqual([]);
          for (const kind of kindsOf(whole)) kinds.add(kind);
        },
      ),
      { numRuns: 25_000 },
    );
    // The replies are worth something: they reach every event, fault and warning.
    const faults = FIELD_NAMES.flatMap((name) => [`unclosed_${name}`, `duplicate_${name}`]);
    expect([...kinds].toSorted()).toEqual([...KINDS.split(" "), ...faults].toSorted());
  });

  test("of nothing but tags and white space gives the same events however it is cut", () => {
    const scraps = [
      [OPEN, "<change>", "</change>", "<original>", "</original>", "<proposed>", "</proposed>"],
      [" ", "\n", "\r", "x", "`", "```", "~~~", "- ", ">", "<", "<c", " k=", "/", "a"],
    ];
    const scrap = fc.constantFrom(...scraps.flat());
    const soup = fc.array(scrap, { maxLength: 40 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(soup, fc.constantFrom(NONCE, undefined), limits, (reply, nonce, given) => {
        const settings = { nonce, limits: given };
        const whole = parse(reply, settings);
        expect(parseDeltas(units(reply), settings).events).toEqual(whole.events);
        expect(faultsOf(reply, whole)).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });
});

// ---------------------------------------------------------------- well-formed replies

/** Any text without a `<`, as a body is written: on one line, or between newlines. */
const plainBody = fc
  .array(fc.constantFrom("word", " ", "\n", "\r\n", "é", "&lt;", ">", "```", "    ", "🦔"), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));

const layout = fc.constantFrom("\n", "\r\n");

interface Written {
  markup: string;
  fields: BlockFields;
}

const writtenField = (name: FieldName): fc.Arbitrary<Written> =>
  fc.tuple(plainBody, layout, fc.boolean()).map(([body, newline, oneLine]) => {
    const inline = oneLine && !/^\r?\n/.test(body);
    const inner = inline ? body : `${newline}${body}${newline}`;
    return { markup: `<${name}>${inner}</${name}>`, fields: { [name]: body } };
  });

const writtenBlock: fc.Arbitrary<Written> = fc
  .tuple(
    fc.shuffledSubarray<FieldName>(["reason", "after", "before"]),
    fc.tuple(writtenField("original"), writtenField("proposed")),
    layout,
  )
  .chain(([names, main, newline]) =>
    fc.tuple(...names.map(writtenField)).chain((others) =>
      fc.shuffledSubarray([...main, ...others], { minLength: names.length + 2 }).map((all) => ({
        markup: `${OPEN}${newline}${all.map((one) => one.markup).join(newline)}${newline}</change>${newline}`,
        fields: Object.assign({}, ...all.map((one) => one.fields)) as BlockFields,
      })),
    ),
  )
  .filter(({ fields }) => fields.original !== "" && fields.original !== fields.proposed);

const plainProse = fc
  .array(fc.constantFrom("Words.", "`code`", "- item", "# Title", "1. one", "> said"), {
    maxLength: 4,
  })
  .map((lines) => lines.map((line) => `${line}\n`).join(""));

/** The reading that everyone knows: expressions over the finished reply. */
function plainReading(reply: string): { text: string; changes: BlockFields[] } {
  const blocks = /<change k="7f3a">([^]*?)<\/change>/g;
  const fields = /<(\w+)>([^]*?)<\/\1>/g;
  const changes = [...reply.matchAll(blocks)].map(([, inner = ""]) => {
    const entries = [...inner.matchAll(fields)].map(([, name = "", body = ""]) => {
      const laidOut = /^\r?\n/.test(body);
      return [name, laidOut ? body.replace(/^\r?\n/, "").replace(/\r?\n$/, "") : body];
    });
    return Object.fromEntries(entries) as BlockFields;
  });
  return { text: reply.replace(blocks, ""), changes };
}

test("well-formed replies give what was written, and what a plain reading gives", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(plainProse, writtenBlock), { maxLength: 5 }),
      plainProse,
      lengths,
      (pairs, last, sizes) => {
        const reply = pairs.map(([before, { markup }]) => before + markup).join("") + last;
        const { changes, malformed, quoted, text } = parseDeltas(cut(reply, sizes));
        const read = { text, changes: changes.map((change) => change.fields) };
        expect(read).toEqual(plainReading(reply));
        expect(read.changes).toEqual(pairs.map(([, { fields }]) => fields));
        expect([...malformed, ...quoted]).toEqual([]);
        expect(changes.flatMap((change) => change.warnings)).toEqual(
          pairs.flatMap(([, { fields }]) =>
            fields.reason === undefined ? ["missing_reason"] : [],
          ),
        );
      },
    ),
    { numRuns: 5_000 },
  );
});

test("the limits are those of the protocol", () => {
  expect(DEFAULT_LIMITS).toEqual({
    blocks: 50,
    field: 64 * 1024,
    reply: 512 * 1024,
    tag: 128,
    hold: 1024,
  });
});
