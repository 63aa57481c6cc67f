/**
 * A model's answer as a stream of small deltas, the same for everybody who is measured: paragraphs, lists,
 * bold text and code. Each delta holds one word that names the stream and the delta, so that whoever sees the
 * text later knows when its word was made.
 */
import { setTimeout as pause } from "node:timers/promises";

const DELTAS_A_SECOND = 30;
const SECONDS = 45;
export const DELTAS = DELTAS_A_SECOND * SECONDS;

const WORD = /(?<![0-9A-Za-z])([q-z])([0-9a-z]{3})(?![0-9A-Za-z])/g;

/** Milliseconds of a clock that all processes of the machine share. */
const wallClock = (): number => performance.timeOrigin + performance.now();

/** The deltas' texts; `stream` from 0 to 9. */
function deltas(stream: number): string[] {
  return Array.from({ length: DELTAS }, (_, n) => {
    const { before = "", after = "" } = MARKUP[n % 150] ?? {};
    return `${before}${wordOf(stream, n)}${after} `;
  });
}

/** By the place in each five seconds. */
const MARKUP: Readonly<Record<number, { before?: string; after?: string }>> = {
  30: { before: "\n\n" },
  60: { before: "\n\n- **" },
  62: { after: "**" },
  72: { before: "\n- `" },
  73: { after: "`" },
  84: { before: "\n\n" },
  110: { before: "\n\n```ts\n" },
  122: { before: "\n" },
  130: { after: "\n```\n\n" },
};

function wordOf(stream: number, n: number): string {
  return String.fromCodePoint(0x71 + stream) + n.toString(36).padStart(3, "0");
}

/** Which deltas' words a text holds. */
export function wordsIn(text: string): { stream: number; delta: number }[] {
  return [...text.matchAll(WORD)].map(([, stream, n]) => ({
    stream: stream!.codePointAt(0)! - 0x71,
    delta: Number.parseInt(n!, 36),
  }));
}

/** When each delta was made, by stream. */
export type MadeAt = Record<number, number[]>;

/**
 * Makes the deltas at their time, whether they are taken or not: a model does not wait for whoever shows its
 * text.
 */
export async function* play(
  stream: number,
  made: MadeAt,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const times: number[] = (made[stream] = []);
  const start = wallClock();
  for (const [n, text] of deltas(stream).entries()) {
    const due = start + (n * 1_000) / DELTAS_A_SECOND;
    const early = due - wallClock();
    if (early > 0) await pause(early, undefined, { signal });
    times.push(due);
    yield text;
  }
}
