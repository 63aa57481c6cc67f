import { describe, expect, test } from "vitest";
import { ChangeParser } from "../../src/changes/parser.ts";
import { ABC, FIELDS, GOOD, NONCE, OPEN, parse } from "./parser-support.ts";

describe("limits", () => {
  test("50 blocks in a reply; the others are shown as malformed", () => {
    const { changes, malformed, text } = parse(`${GOOD}\n`.repeat(52));
    expect(changes).toHaveLength(50);
    expect(malformed).toMatchObject([
      { code: "limit_blocks", ordinal: 50, partial: ABC },
      { code: "limit_blocks", ordinal: 51, partial: ABC },
    ]);
    expect(text).toBe("\n".repeat(52));
  });

  test("64 Ki in a field, exactly", () => {
    const full = "x".repeat(65_536);
    const reply = (body: string): string =>
      `${OPEN}<original>\n${body}\n</original><proposed>b</proposed><reason>c</reason></change> after\n${GOOD}`;
    expect(parse(reply(full)).changes).toMatchObject([{ fields: { original: full } }, {}]);
    const { malformed, changes, text } = parse(reply(`${full}y`));
    expect(malformed).toMatchObject([{ code: "limit_field", partial: { ...ABC, original: full } }]);
    expect(changes).toMatchObject([{ ordinal: 1, fields: ABC }]);
    expect(text).toBe(" after\n");
  });

  test("a field that is too long may hold blocks and never close", () => {
    const limits = { field: 10 };
    const nested = `<change>${FIELDS}</change>`;
    const start = `${OPEN}<original>${nested} and ${nested}`;
    const partial = { original: "<change><o" };
    expect(parse(`${start}</original></change> after`, { limits })).toMatchObject({
      malformed: [{ code: "limit_field", partial }],
      text: " after",
    });
    expect(parse(`${start}\n</change> after`, { limits })).toMatchObject({
      malformed: [{ code: "limit_field", partial }],
      text: " after",
    });
    expect(parse(`${start}\n${GOOD} after`, { limits })).toMatchObject({
      malformed: [{ code: "limit_field", partial }],
      changes: [{ fields: ABC }],
      text: " after",
    });
    expect(parse(start, { limits, how: "max_tokens" })).toMatchObject({
      malformed: [{ code: "limit_field", partial, ended: "max_tokens" }],
      text: "",
    });
  });

  describe("of the whole reply", () => {
    test("prose is shown, whatever its length", () => {
      const reply = "Some prose.\n".repeat(100_000);
      expect(parse(reply).events).toEqual([{ type: "text", text: reply }]);
    });

    test("the block that passes it is reported, what follows is text", () => {
      const reply = `${GOOD}\n${OPEN}\n${FIELDS}\n</change> after\n${GOOD}\n<change>${FIELDS}</change>\n`;
      const whole = parse(reply);
      const at = GOOD.length + 1;
      const end = reply.indexOf(" after");
      expect(whole.changes).toHaveLength(3);
      // Wherever in the second block the limit is.
      for (let limit = at + OPEN.length; limit < end; limit++) {
        const { changes, malformed, text, quoted } = parse(reply, { limits: { reply: limit } });
        expect(changes).toEqual(whole.changes.slice(0, 1));
        expect(malformed).toMatchObject([{ code: "limit_reply", ordinal: 1, at, end }]);
        expect(text).toBe(`\n${reply.slice(end)}`);
        expect(quoted).toEqual([]);
      }
      expect(parse(reply, { limits: { reply: end } }).changes).toHaveLength(2);
    });

    test("keeps what came before it of the block", () => {
      const reply = `${OPEN}<original>abc</original><proposed>defghi</proposed>${FIELDS}</change>`;
      const limits = { reply: reply.indexOf("ghi") };
      expect(parse(reply, { limits }).malformed).toMatchObject([
        { code: "limit_reply", partial: { original: "abc", proposed: "def" } },
      ]);
      expect(parse(reply, { limits: { reply: OPEN.length } }).malformed[0]?.partial).toEqual({});
    });

    test("with no block open, the next one is reported, what follows is text", () => {
      const reply = `Long prose.\n${GOOD} after\n${GOOD}\n`;
      const { events } = parse(reply, { limits: { reply: 5 } });
      const end = "Long prose.\n".length + GOOD.length;
      expect(events).toMatchObject([
        { type: "text", text: "Long prose.\n" },
        { type: "open", ordinal: 0, at: 12 },
        { type: "malformed", ordinal: 0, code: "limit_reply", partial: {}, at: 12, end },
        { type: "text", text: ` after\n${GOOD}\n` },
      ]);
    });

    test("the block that passes it may be ended by another, which is text", () => {
      const reply = `${OPEN}<original>abc\n${GOOD}`;
      expect(parse(reply, { limits: { reply: OPEN.length + 12 } })).toMatchObject({
        malformed: [{ code: "limit_reply", partial: { original: "ab" } }],
        text: GOOD,
      });
    });

    test("a quoted block that passes it is not reported", () => {
      const reply = `<change>${FIELDS}</change>\n`;
      expect(parse(reply, { limits: { reply: 20 } }).events).toEqual([
        { type: "text", text: reply },
      ]);
    });

    test("is 512 Ki", () => {
      const reply = `${"x".repeat(524_287 - GOOD.length)}\n${GOOD}`;
      expect(parse(reply).changes).toHaveLength(1);
      expect(parse(`y${reply}`).malformed).toMatchObject([{ code: "limit_reply" }]);
    });
  });

  describe("128 characters in a tag", () => {
    const padded = (tag: string, length: number): string =>
      `${tag.slice(0, -1)} ${"x".repeat(length - tag.length - 1)}>`;

    test("an opening tag of the block", () => {
      expect(parse(GOOD.replace(OPEN, padded(OPEN, 128))).changes).toHaveLength(1);
      expect(parse(`${GOOD.replace(OPEN, padded(OPEN, 129))} after`)).toMatchObject({
        malformed: [{ code: "limit_tag", partial: ABC }],
        text: " after",
      });
    });

    test("what cannot be told to be live is text", () => {
      for (const reply of [
        padded("<change>", 129),
        `<change ${"x".repeat(120)} k="${NONCE}">`,
        `a ${padded(OPEN, 129)}`,
        `\`\`\`\n${padded(OPEN, 129)}`,
        `<change> and ${padded(OPEN, 129)}`,
      ]) {
        expect(parse(reply).events).toEqual([{ type: "text", text: reply }]);
      }
      const reply = `<change the following ${"words ".repeat(30)}>`;
      expect(parse(reply, { nonce: undefined }).text).toBe(reply);
    });

    test("a field's tag between the fields", () => {
      const tag = padded("<original>", 129);
      expect(parse(`${OPEN}${FIELDS.replace("<original>", tag)}</change> after`)).toMatchObject({
        malformed: [{ code: "limit_tag", partial: { proposed: "b", reason: "c" } }],
        text: " after",
      });
    });

    test("in a body it is text", () => {
      const tag = padded("</original>", 129);
      expect(
        parse(`${OPEN}<original>a${tag}</original><proposed>b</proposed></change>`),
      ).toMatchObject({
        changes: [{ fields: { original: `a${tag}` }, warnings: ["missing_reason"] }],
      });
    });
  });

  test("1 Ki of white space after a closing tag", () => {
    const reply = (space: number): string =>
      `${OPEN}<original>a</original>${" ".repeat(space)}<proposed>b</proposed><reason>c</reason></change>`;
    expect(parse(reply(1024)).changes).toMatchObject([{ fields: ABC, warnings: [] }]);
    expect(parse(reply(1025)).malformed).toMatchObject([
      { code: "unclosed_original", warnings: ["literal_close_tag", "literal_open_tag"] },
    ]);
  });
});

/** Replies of `size` parts, each slow for some way of parsing. */
const ATTACKS: Record<string, (size: number) => string> = {
  "blocks without </change>": (n) => `${OPEN}${FIELDS}\n`.repeat(n),
  "blocks without a reason": (n) => `${OPEN}<original>a</original></change>\n`.repeat(n),
  "opening tags only": (n) => `${OPEN}\n`.repeat(n),
  "unmarked opening tags": (n) => "<change>\n".repeat(n),
  "fields that never close": (n) => `${OPEN}<original>a<proposed>b<reason>c\n`.repeat(n),
  "closing tags in a body": (n) => `${OPEN}<original>${"</original>".repeat(n)}`,
  "`</change>` in a body": (n) => `${OPEN}<original>${"x</change>".repeat(n)}`,
  "white space after closing tags": (n) =>
    `${OPEN}<original>${`</original>${" ".repeat(1020)}x`.repeat(n / 50)}`,
  "half tags": (n) => `${OPEN}<original>${"</origina<chang<".repeat(n)}`,
  "only `<`": (n) => "<".repeat(n) + OPEN + "<".repeat(n),
  "attributes without end": (n) => `<change ${"a".repeat(110)}\n`.repeat(n / 10),
  "attributes that match badly": (n) => `<change ${"a=".repeat(55)}>\n`.repeat(n / 10),
  "nested blocks": (n) => `${OPEN}<original>${"<change><original>".repeat(n)}`,
  "fences that open and close": (n) => "- ```\n  <change>\n  ```\n~~~\n~~~\n".repeat(n),
  "runs of backticks": (n) => `${"`".repeat(n)} ${"`".repeat(n)}\n`.repeat(5),
  "newlines in a body": (n) => `${OPEN}<original>\n${"\r\n\r".repeat(n)}`,
  "one line of prose": (n) => "words ".repeat(n),
};

type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Counts what string methods and regular expressions look at while `work` runs: one for a character, the
 * length of what is copied or searched for the others. Counting does not depend on the machine.
 */
function countWork(work: () => void): number {
  let looked = 0;
  const restore: (() => unknown)[] = [];
  const watch = (owner: object, name: string, cost: (...all: unknown[]) => number): void => {
    const method = Reflect.get(owner, name) as Method;
    const watched: Method = function (this: unknown, ...given) {
      const result = method.apply(this, given);
      looked += cost(this, result, ...given);
      return result;
    };
    Reflect.set(owner, name, watched);
    restore.push(() => Reflect.set(owner, name, method));
  };
  const lengthOf = (value: unknown): number => String(value).length;
  watch(String.prototype, "charCodeAt", () => 1);
  watch(String.prototype, "slice", (_text, result) => lengthOf(result));
  watch(String.prototype, "startsWith", (_text, _result, wanted) => lengthOf(wanted));
  watch(String.prototype, "indexOf", (text, result, _wanted, from) => {
    return (Number(result) < 0 ? lengthOf(text) : Number(result) + 1) - Number(from);
  });
  watch(RegExp.prototype, "exec", (_pattern, _result, text) => lengthOf(text));
  try {
    work();
  } finally {
    for (const one of restore) one();
  }
  return looked;
}

describe("work", () => {
  test.each(Object.keys(ATTACKS))("is in proportion to the text: %s", (name) => {
    for (const size of [1, 10, Infinity]) {
      const counts = [500, 1000].map((n) => {
        const reply = ATTACKS[name]?.(n) ?? "";
        const deltas: string[] = [];
        for (let at = 0; at < reply.length; at += size) deltas.push(reply.slice(at, at + size));
        const limits = { reply: Infinity, field: Infinity };
        const parser = new ChangeParser({ nonce: NONCE, limits, emit: () => {} });
        const looked = countWork(() => {
          for (const delta of deltas) parser.write(delta);
          parser.end("complete");
        });
        expect(looked / reply.length).toBeLessThan(12);
        return looked;
      });
      expect((counts[1] ?? 0) / (counts[0] ?? 0)).toBeLessThan(2.1);
    }
  });

  test.each(Object.keys(ATTACKS))("keeps back no more than its limits: %s", (name) => {
    const limits = { tag: 20, hold: 30 };
    const reply = ATTACKS[name]?.(50) ?? "";
    for (let length = 0; length < Math.min(reply.length, 500); length++) {
      let shown = 0;
      const parser = new ChangeParser({
        nonce: NONCE,
        limits,
        emit: (event) => {
          if (event.type === "text" || event.type === "delta") shown += event.text.length;
        },
      });
      parser.write(reply.slice(0, length));
      const before = shown;
      // Confirms nothing, so all that was kept back shows.
      parser.write("x");
      parser.end("complete");
      expect(shown - before - 1).toBeLessThanOrEqual(2 + limits.tag + limits.hold + limits.tag);
    }
  });
});
