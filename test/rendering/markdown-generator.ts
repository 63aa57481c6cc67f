import fc from "fast-check";

const WORDS = [
  "a",
  "retry",
  "the",
  "webhook",
  "`code`",
  "**bold**",
  "*it*",
  "[link](https://a.b/c)",
];
const MORE = [
  "日本語の文章です。",
  "👩‍👩‍👧‍👦",
  "é",
  "don't",
  "2 ** 3",
  "1.",
  "#",
  "- ",
  "end.",
  "Stop!",
  "a|b",
];

const sentence = fc
  .array(fc.constantFrom(...WORDS, ...MORE), { minLength: 1, maxLength: 30 })
  .map((words) => `W${words.join(" ")}`);
const paragraph = fc.array(sentence, { minLength: 1, maxLength: 4 }).map((all) => all.join("\n"));
const longLine = fc
  .tuple(sentence, fc.integer({ min: 1, max: 40 }))
  .map(([one, n]) => `${one}. `.repeat(n));
const heading = fc.tuple(fc.constantFrom("#", "##", "###"), sentence).map((both) => both.join(" "));

const codeLine = fc.constantFrom(
  "let x = 1;",
  "  if (a | b) {",
  "",
  "}",
  "# no heading",
  "- no item",
  "> x",
  "``",
);
const fenced = fc
  .tuple(
    fc.constantFrom("```", "````", "~~~"),
    fc.constantFrom("", "ts", "rust"),
    fc.array(codeLine, { minLength: 1, maxLength: 60 }),
  )
  .map(([fence, info, lines]) => [fence + info, ...lines, fence].join("\n"));

const table = fc
  .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 40 }))
  .map(([columns, rows]) => {
    const row = (word: string): string => `|${` ${word} |`.repeat(columns)}`;
    const body = Array.from({ length: rows }, (_, index) => row(`cell ${index}`));
    return [row("Head"), `|${" --- |".repeat(columns)}`, ...body].join("\n");
  });

const leaf = fc.oneof(paragraph, paragraph, fenced, table, longLine);

function indented(text: string, by: string): string {
  return text.replace(/\n(?!\n|$)/g, `\n${by}`);
}

const { block } = fc.letrec<{ block: string }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    heading,
    fc.array(tie("block"), { minLength: 1, maxLength: 5 }).map((all) => {
      return all.map((one) => `- ${indented(one, "  ")}`).join("\n");
    }),
    fc
      .tuple(
        fc.integer({ min: 1, max: 98 }),
        fc.array(tie("block"), { minLength: 1, maxLength: 5 }),
      )
      .map(([first, all]) =>
        all
          .map((one, index) => {
            const marker = `${first + index}. `;
            return marker + indented(one, " ".repeat(marker.length));
          })
          .join("\n"),
      ),
    tie("block").map((one) => `> ${one.replaceAll("\n", "\n> ")}`),
  ),
}));

/** Markdown as models write it, and a little worse. */
export const markdown = fc
  .tuple(fc.array(block, { minLength: 1, maxLength: 14 }), fc.constantFrom("\n", "\r\n"))
  .map(([blocks, end]) =>
    blocks.join("\n\n").slice(0, 12_000).replaceAll("\n", end).toWellFormed(),
  );
