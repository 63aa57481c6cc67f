/** Each question carries a mark, and its answer the same one in other brackets; the mark's number names a line. */
import type { ModelCall } from "../fakes/model-server.ts";

/** As in “question (q12)”. */
export const newMark = (number: number): string => `(q${number})`;

/** Marks of the questions in a text. */
export const questionsIn = (text: string): string[] =>
  [...text.matchAll(/\(q\d+\)/g)].map(([mark]) => mark);

/** How an answer names the question. */
export const answerTo = (mark: string): string => `{${mark.slice(1, -1)}}`;

/** Marks of the questions that a text answers. */
export const marksIn = (text: string): string[] =>
  [...text.matchAll(/\{(q\d+)\}/g)].map(([, name]) => `(${name})`);

/** Marks of all that was asked since the model last spoke, each once. */
export function marksToAnswer(messages: ModelCall["messages"]): string[] {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  return [...new Set(messages.slice(last + 1).flatMap(({ content }) => questionsIn(content)))];
}

export const numberOf = (mark: string): number => Number(/\d+/.exec(mark)?.[0]);

/** With a paragraph for each of so many lines, counted from 0. */
export const numberedDocument = (lines: number): string =>
  `# The RFC\n\n${Array.from({ length: lines }, (_, n) => `Line ${n} of the document.\n\n`).join("")}`;

/** A change to one line of such a document. */
export const lineEdit = (n: number) => ({
  original: `Line ${n} of`,
  proposed: `Row ${n} of`,
  reason: "Shorter.",
});
