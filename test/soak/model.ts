/** What the model says in a soak: long answers, piece by piece, and a change now and then. */
import { setTimeout as delay } from "node:timers/promises";
import { answerTo, lineEdit, marksToAnswer, numberedDocument, numberOf } from "../faults/marks.ts";
import type { ModelCall } from "../fakes/model-server.ts";
import type { Reply } from "../fakes/reply-script.ts";
import { changeBlock } from "../fakes/reply-script.ts";

/** Lines of the document. */
const LINES = 1_000;
/** Of an answer, and milliseconds before each: about as a model of today writes. */
const PIECES = 40;
const PIECE_MS = 550;
/** Every so many questions one is answered with a change. */
const CHANGES = 3;

export const DOCUMENT = numberedDocument(LINES);

export const proposesChange = (mark: string): boolean =>
  numberOf(mark) % CHANGES === 0 && numberOf(mark) < LINES;

/** How the last words of an answer name the question. */
export const endOf = (mark: string): string => `That is all about ${numberOf(mark)}.`;

/** Answers what was asked since it last spoke. */
export function answering({ messages, tag }: ModelCall): Reply {
  const marks = marksToAnswer(messages);
  const pause = (): Promise<void> => delay(PIECE_MS);
  const words = Array.from({ length: PIECES }, (_, n) => [pause, `It follows from line ${n}. `]);
  const changes = marks
    .filter(proposesChange)
    .map((mark) => changeBlock(tag, lineEdit(numberOf(mark))));
  return [
    ...marks.map((mark) => `An answer to ${answerTo(mark)}. `),
    ...words.flat(),
    "\n",
    ...changes,
    ...marks.map((mark) => `${endOf(mark)} `),
  ];
}
