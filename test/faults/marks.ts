/** Each question carries a mark, and its answer the same one in other brackets. */

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
