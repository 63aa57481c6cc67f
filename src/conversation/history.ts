/**
 * The model's view of a thread: messages in order with role `user` or `assistant`, speakers named, cut from
 * the oldest to a budget of tokens. Pure.
 */
import type { ModelMessage, ModelUsage } from "../ports.ts";
import type { HistoryRow } from "../store/messages.ts";

/**
 * Tokens per byte of UTF-8 before a provider has counted any for this thread. Counted with OpenAI's o200k
 * tokenizer on ten RFCs: 0.23 at the median, 0.26 at most. Characters would undercount Chinese, Japanese and
 * Korean text threefold.
 */
const TOKENS_PER_BYTE = 0.3;
const MIN_TOKENS_PER_BYTE = 0.1;

/**
 * Tokens per byte of the last prompt, as the provider counted it. A request of its own for counting
 * would be a side request in every turn; the usage of the last answer costs nothing and is as exact.
 */
export function tokensPerByte(last: { usage: ModelUsage; promptBytes: number } | null): number {
  if (!last || last.promptBytes === 0) return TOKENS_PER_BYTE;
  const { input, cacheRead, cacheWrite } = last.usage;
  const counted = input + cacheRead + cacheWrite;
  if (counted === 0) return TOKENS_PER_BYTE;
  // A server that leaves cached tokens out of its counts must not make the budget a multiple of itself.
  return Math.min(Math.max(counted / last.promptBytes, MIN_TOKENS_PER_BYTE), 1);
}

/**
 * How a person's message reads to the model: the quote as quoted lines, then name and text. A further line
 * that begins like another speaker's message is marked, so that nobody can speak for somebody else.
 */
export function speak(
  row: Pick<HistoryRow, "author" | "text" | "quote">,
  speakers: ReadonlySet<string> = new Set(),
): string {
  const lines = row.text.split("\n").map((line, index) => {
    const name = line.slice(0, Math.max(0, line.indexOf(":"))).trim();
    return index > 0 && speakers.has(name.toLowerCase()) ? `| ${line}` : line;
  });
  const said = `${nameOf(row)}: ${lines.join("\n")}`;
  if (!row.quote) return said;
  const quoted = row.quote.split("\n").map((line) => `> ${line}`);
  return [...quoted, "", said].join("\n");
}

/** Between messages that are joined into one. */
const JOIN = "\n\n";

function nameOf(row: Pick<HistoryRow, "author">): string {
  return (row.author ?? "Someone").replace(/\s+/g, " ").trim();
}

export interface HistoryOptions {
  /** Messages that are older than `rows` and were not read. */
  older: number;
  budgetTokens: number;
  tokensPerByte: number;
}

/**
 * Messages for the model, oldest first, from `user` to `user`. Neighbours of one role are joined, because
 * some providers refuse two in a row. Empty answers are left out, and so is what was answered to the newest
 * question before. That question stays whatever the budget.
 */
export function buildHistory(rows: readonly HistoryRow[], options: HistoryOptions): ModelMessage[] {
  const told = rows.filter((row) => row.text.trim() !== "");
  while (told.at(-1)?.role === "assistant") told.pop();

  const speakers = new Set(["redline", ...rows.map((row) => nameOf(row).toLowerCase())]);
  const contents = told.map((row) => (row.role === "user" ? speak(row, speakers) : row.text));
  let bytes = 0;
  let first = told.length;
  while (first > 0) {
    bytes += Buffer.byteLength(contents[first - 1]! + JOIN);
    if (first < told.length && bytes * options.tokensPerByte > options.budgetTokens) break;
    first -= 1;
  }

  const leftOut = options.older + first;
  const messages: ModelMessage[] = [];
  if (leftOut > 0) {
    const noun = leftOut === 1 ? "message" : "messages";
    messages.push({
      role: "user",
      content: `[${leftOut} earlier ${noun} left out to save space.]`,
    });
  }
  for (const [index, row] of told.slice(first).entries()) {
    const content = contents[first + index]!;
    const previous = messages.at(-1);
    if (previous?.role === row.role) previous.content += JOIN + content;
    else messages.push({ role: row.role, content });
  }
  // Only a first message of the model's own is left here: nobody asked for it, so nothing is lost.
  if (messages[0]?.role === "assistant") messages.shift();
  return messages;
}
